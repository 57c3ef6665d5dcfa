// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/probes/internal/yamlfile"
)

const (
	maxStatements = 500
	maxText       = 200 // characters of a role or a reference
)

// topics lists what may be attested.
func topics() []string { return []string{"crisis-exercise", "pssi-approval"} }

// statement is one entry of the file.
type statement struct {
	Topic     cell `yaml:"topic"`
	Date      day  `yaml:"date"`
	Role      cell `yaml:"role"`
	Reference cell `yaml:"reference"`
	Document  cell `yaml:"document"`
}

// cell is one value and the line it stands on.
type cell struct {
	text string
	line int
}

// UnmarshalYAML keeps the line of the value.
func (c *cell) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return yamlfile.Fault{Line: node.Line, Text: "one value is expected here"}
	}
	c.text, c.line = strings.TrimSpace(node.Value), node.Line
	return nil
}

// day is a date written as 2006-01-02.
type day struct {
	time time.Time
	line int
}

// UnmarshalYAML reads the date, quoted or not.
func (d *day) UnmarshalYAML(node *yaml.Node) error {
	at, err := time.Parse(time.DateOnly, node.Value)
	if err != nil {
		return yamlfile.Fault{Line: node.Line, Text: "the date must be written as 2026-03-14", Field: "date", Expected: "2026-03-14"}
	}
	d.time, d.line = at, node.Line
	return nil
}

func read(path string) ([]statement, error) {
	data, err := yamlfile.Read(path)
	if err != nil {
		return nil, err
	}
	return parse(data)
}

// parse reads the statements; an unknown word is refused, never skipped.
func parse(data []byte) ([]statement, error) {
	var file struct {
		Attestations []statement `yaml:"attestations"`
	}
	if err := yamlfile.Decode(data, &file, "write attestations: and its list"); err != nil {
		return nil, err
	}
	if len(file.Attestations) > maxStatements {
		return nil, scanner.Cause{Code: scanner.CauseTooMany}.With(scanner.ValueLimit, strconv.Itoa(maxStatements)).
			Over(fmt.Errorf("at most %d attestations are read: archive the oldest ones", maxStatements))
	}
	for i, s := range file.Attestations {
		if err := s.validate(); err != nil {
			return nil, localfile.On(s.line(), fmt.Errorf("line %d (attestation %d): %w", s.line(), i+1, err))
		}
	}
	return file.Attestations, nil
}

func (s statement) validate() error {
	switch {
	case !slices.Contains(topics(), s.Topic.text):
		known := strings.Join(topics(), ", ")
		return scanner.NotSeen(scanner.CauseFieldWrong, field("topic", known), fmt.Errorf("the topic must be one of %s", known))
	case s.Date.time.IsZero():
		return scanner.NotSeen(scanner.CauseFieldMissing, field("date", "date: 2026-03-14"),
			errors.New("the date is missing: write it as date: 2026-03-14"))
	case s.Role.text == "":
		return scanner.NotSeen(scanner.CauseFieldMissing, field("role", "role: RSSI"),
			errors.New("the role is missing: write the function of who states it, such as role: RSSI"))
	case utf8.RuneCountInString(s.Role.text) > maxText, utf8.RuneCountInString(s.Reference.text) > maxText:
		return scanner.NotSeen(scanner.CauseTooLarge, scanner.Values{scanner.ValueLimit: strconv.Itoa(maxText), scanner.ValueWhere: "role, reference"},
			fmt.Errorf("role and reference must hold at most %d characters", maxText))
	}
	return nil
}

// field names a key of the file and what is expected there.
func field(name, expected string) scanner.Values {
	return scanner.Values{scanner.ValueField: name, scanner.ValueExpected: expected}
}

// line is the first line the statement is known to stand on.
func (s statement) line() int {
	return cmp.Or(s.Topic.line, s.Date.line, s.Role.line, s.Reference.line, s.Document.line)
}

func (s statement) item() fact.Attestation {
	return fact.Attestation{Topic: s.Topic.text, Date: s.Date.time, Role: s.Role.text, Reference: s.Reference.text}
}

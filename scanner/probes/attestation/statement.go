// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/yamlfile"
	"carescan/scanner/settings"
)

const (
	maxStatements = 500
	maxText       = 200 // characters of a role or a reference
)

// The topics that may be attested.
const (
	topicExercise = "crisis-exercise"
	topicPolicy   = "pssi-approval"
)

func topics() []string { return []string{topicExercise, topicPolicy} }

// file is the file as written.
type file struct {
	Attestations []statement `yaml:"attestations"`
}

// statement is one entry of the file.
type statement struct {
	Topic     cell         `yaml:"topic"`
	Date      yamlfile.Day `yaml:"date"`
	Role      cell         `yaml:"role"`
	Reference cell         `yaml:"reference"`
	Document  cell         `yaml:"document"`
}

// cell is one value and the line it stands on.
type cell struct {
	text string
	line int
}

// UnmarshalYAML keeps the line of the value.
func (c *cell) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return settings.InFile(node.Line, "une seule valeur est attendue ici", "one value is expected here")
	}
	c.text, c.line = strings.TrimSpace(node.Value), node.Line
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
	var f file
	needed := scanner.Text{FR: "écrivez attestations: et sa liste", EN: "write attestations: and its list"}
	if err := yamlfile.Decode(data, &f, needed); err != nil {
		return nil, err
	}
	if len(f.Attestations) > maxStatements {
		return nil, settings.InFile(0,
			fmt.Sprintf("au plus %d attestations sont lues : archivez les plus anciennes", maxStatements),
			fmt.Sprintf("at most %d attestations are read: archive the oldest ones", maxStatements))
	}
	for i, s := range f.Attestations {
		if faults := s.validate(); len(faults) > 0 {
			return nil, faults.Below("attestations" + settings.At(i))
		}
	}
	return f.Attestations, nil
}

func (s statement) validate() settings.Faults {
	switch {
	case !slices.Contains(topics(), s.Topic.text):
		list := strings.Join(topics(), ", ")
		return settings.InFile(s.line(), "le sujet (topic) doit être parmi "+list, "the topic must be one of "+list)
	case s.Date.Day.IsZero():
		return settings.InFile(s.line(), "la date manque : écrivez-la comme date: 2026-03-14", "the date is missing: write it as date: 2026-03-14")
	case s.Role.text == "":
		return settings.InFile(s.line(),
			"le rôle manque : écrivez la fonction de la personne qui atteste, par exemple role: RSSI",
			"the role is missing: write the function of who states it, such as role: RSSI")
	case utf8.RuneCountInString(s.Role.text) > maxText, utf8.RuneCountInString(s.Reference.text) > maxText:
		return settings.InFile(s.line(),
			fmt.Sprintf("role et reference doivent tenir en %d caractères", maxText),
			fmt.Sprintf("role and reference must hold at most %d characters", maxText))
	}
	return nil
}

// line is the first line the statement is known to stand on.
func (s statement) line() int {
	return cmp.Or(s.Topic.line, s.Date.Line, s.Role.line, s.Reference.line, s.Document.line)
}

func (s statement) item() fact.Attestation {
	return fact.Attestation{Topic: s.Topic.text, Date: s.Date.Day.Date(), Role: s.Role.text, Reference: s.Reference.text}
}

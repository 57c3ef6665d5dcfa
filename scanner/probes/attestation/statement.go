// SPDX-License-Identifier: Apache-2.0

package attestation

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
	Exercise  cell         `yaml:"type"`
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

// read returns the statements that could be read and the faults of the others, by
// their place in the list.
func read(path string) ([]statement, map[int]settings.Faults, error) {
	data, err := yamlfile.Read(path)
	if err != nil {
		return nil, nil, err
	}
	return parse(data)
}

// parse reads the statements. An unknown word is refused, never skipped: it voids
// its own statement, and a fault of no statement refuses the file.
func parse(data []byte) ([]statement, map[int]settings.Faults, error) {
	var f file
	needed := scanner.Text{FR: "écrivez attestations: et sa liste", EN: "write attestations: and its list"}
	void, err := ofStatements(yamlfile.Decode(data, &f, needed))
	if err != nil {
		return nil, nil, err
	}
	if len(f.Attestations) > maxStatements {
		return nil, nil, settings.InFile(0,
			fmt.Sprintf("au plus %d attestations sont lues : archivez les plus anciennes", maxStatements),
			fmt.Sprintf("at most %d attestations are read: archive the oldest ones", maxStatements))
	}
	for i, s := range f.Attestations {
		if faults := s.validate(); len(void[i]) == 0 && len(faults) > 0 {
			void[i] = faults.Below("attestations" + settings.At(i))
		}
	}
	return f.Attestations, void, nil
}

// inStatement is the key of a fault inside a statement, with the field when there
// is one.
var inStatement = regexp.MustCompile(`^attestations\[(\d+)\](?:\.([a-z_]+))?`)

// ofStatements sorts faults by the statement they are in. Whatever is in none is
// the error of the whole file.
func ofStatements(err error) (map[int]settings.Faults, error) {
	void := map[int]settings.Faults{}
	faults, ok := errors.AsType[settings.Faults](err)
	if err != nil && !ok {
		return nil, err
	}
	for _, fault := range faults {
		found := inStatement.FindStringSubmatch(fault.Key)
		if found == nil {
			return nil, err
		}
		i, err := strconv.Atoi(found[1])
		if err != nil {
			return nil, fmt.Errorf("read the place of a fault: %w", err)
		}
		if fault.Cause.Code == "" && found[2] != "" {
			fault.Cause = fieldWrong(found[2])
		}
		void[i] = append(void[i], fault)
	}
	return void, nil
}

func fieldWrong(field string) scanner.Cause {
	return scanner.Cause{Code: scanner.CauseFieldWrong, Values: scanner.Values{scanner.ValueField: field}}
}

func fieldMissing(field string) scanner.Cause {
	return scanner.Cause{Code: scanner.CauseFieldMissing, Values: scanner.Values{scanner.ValueField: field}}
}

func (s statement) validate() settings.Faults {
	switch {
	case !s.isKnown():
		list := strings.Join(topics(), ", ")
		return settings.InFile(s.line(), "le sujet (topic) doit être parmi "+list, "the topic must be one of "+list).Over(fieldWrong("topic"))
	case s.Date.Day.IsZero():
		return settings.InFile(s.line(),
			"la date manque : écrivez-la comme date: 2026-03-14", "the date is missing: write it as date: 2026-03-14").Over(fieldMissing("date"))
	case s.Exercise.text != "" && s.Topic.text != topicExercise:
		return settings.InFile(s.Exercise.line,
			"le type est celui d'un exercice : retirez cette ligne", "the type is that of an exercise: remove this line").Over(fieldWrong("type"))
	case s.Exercise.text != "" && !slices.Contains(fact.ExerciseTypes(), fact.ExerciseType(s.Exercise.text)):
		list := strings.Join(exerciseTypes(), ", ")
		return settings.InFile(s.Exercise.line, "le type doit être parmi "+list, "the type must be one of "+list).Over(fieldWrong("type"))
	case s.Role.text == "":
		return settings.InFile(s.line(),
			"le rôle manque : écrivez la fonction de la personne qui atteste, par exemple role: RSSI",
			"the role is missing: write the function of who states it, such as role: RSSI").Over(fieldMissing("role"))
	case utf8.RuneCountInString(s.Role.text) > maxText, utf8.RuneCountInString(s.Reference.text) > maxText:
		return settings.InFile(s.line(),
			fmt.Sprintf("role et reference doivent tenir en %d caractères", maxText),
			fmt.Sprintf("role and reference must hold at most %d characters", maxText)).Over(fieldWrong("role, reference"))
	}
	return nil
}

func exerciseTypes() (words []string) {
	for _, t := range fact.ExerciseTypes() {
		words = append(words, string(t))
	}
	return words
}

func (s statement) isKnown() bool { return slices.Contains(topics(), s.Topic.text) }

// malformed is what is left of a statement that could not be read.
func (s statement) malformed(faults settings.Faults) fact.UnreadAttestation {
	left := fact.UnreadAttestation{
		Line: cmp.Or(faults[0].Line, s.line()), Causes: scanner.CausesOf(faults).Bare(), Malformed: true,
	}
	if s.isKnown() {
		left.Topic = s.Topic.text
	}
	if !s.Date.Day.IsZero() {
		left.Date = s.Date.Day.Date()
	}
	return left
}

// line is the first line the statement is known to stand on.
func (s statement) line() int {
	return cmp.Or(s.Topic.line, s.Date.Line, s.Role.line, s.Reference.line, s.Document.line)
}

func (s statement) item() fact.Attestation {
	return fact.Attestation{
		Topic: s.Topic.text, Date: s.Date.Day.Date(), Role: s.Role.text, Reference: s.Reference.text,
		Exercise: fact.ExerciseType(s.Exercise.text),
	}
}

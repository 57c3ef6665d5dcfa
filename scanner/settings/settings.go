// SPDX-License-Identifier: Apache-2.0

// Package settings is what the parts of a configuration say of themselves:
// their keys, in both languages, and what is wrong in a file, with its place.
package settings

import (
	"fmt"
	"strings"

	"carescan/scanner"
)

// Key documents one key of a settings struct, one line in each language, with its
// unit where it has one.
type Key struct {
	FR, EN  string
	Default string // as written in YAML; empty when there is none
	Example string // as written in YAML, for the example file
	Needed  bool   // its absence is a fault
}

// Keys documents a settings struct: the dotted path of its yaml tags ("columns.word")
// gives the key. A test holds keys and struct together.
type Keys map[string]Key

// Section is one top-level key of a configuration, owned by the package that
// obeys it.
type Section struct {
	Name string       // key in the file
	Is   scanner.Text // what it is for, in one or two sentences
	Keys Keys
	// Model is the file that a person writes for it; nil when there is none.
	Model *Model
}

// Fault is one thing wrong in a configuration, with its place, its cause and what
// to do next.
type Fault struct {
	File         string
	Line, Column int    // from 1; 0 when the fault has no place of its own
	Key          string // "targets.sites[2]"; inside a Validate, below its own section
	What         scanner.Text
	Hint         scanner.Text
}

// Sentence is the fault in one line, place first.
func (f Fault) Sentence(l scanner.Lang) string {
	var place []string
	if f.File != "" {
		place = append(place, f.File)
	}
	if f.Line > 0 {
		line := map[scanner.Lang]string{scanner.French: "ligne", scanner.English: "line"}[l]
		place = append(place, fmt.Sprintf("%s %d", line, f.Line))
	}
	if f.Key != "" {
		place = append(place, f.Key)
	}
	colon := map[scanner.Lang]string{scanner.French: "\u00a0: ", scanner.English: ": "}[l]
	return strings.Join(place, ", ") + colon + f.What.In(l)
}

// Faults is every fault found in one reading.
type Faults []Fault

// Error lists the faults in English, for logs; people read Sentence.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f))
	for _, one := range f {
		lines = append(lines, one.Sentence(scanner.English))
	}
	return strings.Join(lines, "; ")
}

// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"carescan/scanner"
)

// Fault is one thing wrong in a configuration, with its place, its cause and what
// to do next. As an error of UnmarshalText it needs neither place nor key: the
// reader adds them.
type Fault struct {
	File         string // the file, or the flag or variable that gave the value
	Line, Column int    // from 1; 0 when the fault has no place of its own
	Key          string // "targets.sites[2]"; inside a Validate, below its own section
	What         scanner.Text
	Hint         scanner.Text
	// Detail is what a library or the system answered, in its own English words. It is
	// shown apart from the sentence.
	Detail string
	// Cause is why a look that needed the file saw nothing of it; empty means that
	// the file is malformed.
	Cause scanner.Cause
}

// Sentence is the fault in one line, place first.
func (f Fault) Sentence(l scanner.Lang) string {
	var place []string
	if f.File != "" {
		place = append(place, f.File)
	}
	if f.Line > 0 {
		place = append(place, fmt.Sprintf("%s %d", scanner.Text{FR: "ligne", EN: "line"}.In(l), f.Line))
	}
	if f.Key != "" {
		place = append(place, f.Key)
	}
	if len(place) == 0 {
		return f.What.In(l)
	}
	return strings.Join(place, ", ") + scanner.Typeset(l, scanner.Text{FR: " : ", EN: ": "}.In(l)) + f.What.In(l)
}

// Error is the English sentence with its detail, for logs.
func (f Fault) Error() string {
	if f.Detail == "" {
		return f.Sentence(scanner.English)
	}
	return f.Sentence(scanner.English) + " (" + f.Detail + ")"
}

// Faults is every fault found in one reading.
type Faults []Fault

// Add notes what is wrong with a key, and what to write instead.
func (f *Faults) Add(key string, what, hint scanner.Text) {
	*f = append(*f, Fault{Key: key, What: what, Hint: hint})
}

// below joins two parts of the path of a key.
func below(key, part string) string {
	if key == "" || part == "" || strings.HasPrefix(part, "[") {
		return key + part
	}
	return key + "." + part
}

// Err is the faults as an error in the order of the file, or nil when there is
// none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	sorted := slices.Clone(f)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Key, b.Key))
	})
	return sorted
}

// MostShown is how many faults a person is shown at once.
const MostShown = 20

// Shown is the first faults, and a last one that counts those left out.
func (f Faults) Shown() Faults {
	more := len(f) - MostShown
	if more <= 0 {
		return f
	}
	others := Say("et %d autres fautes", "and %d more faults", more)
	if more == 1 {
		others = Say("et une autre faute", "and one more fault")
	}
	return append(slices.Clone(f[:MostShown]), Fault{
		What: others,
		Hint: Say("corrigez d'abord celles qui précèdent", "correct those above first"),
	})
}

// Error lists the faults in English, for logs; people read Sentence.
func (f Faults) Error() string {
	shown := f.Shown()
	lines := make([]string, 0, len(shown))
	for _, one := range shown {
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "; ")
}

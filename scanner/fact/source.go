// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"time"

	"carescan/scanner"
)

// Source is the health of a source that people's accounts are counted from.
type Source struct {
	Kind string `json:"kind"` // "directory", "accounts", "register"
	// AsOf is the moment the content speaks of: now for a live directory, the
	// date of the export for a file.
	AsOf     time.Time `json:"as_of"`
	Received int       `json:"received"` // entries read
	Rejected int       `json:"rejected"` // entries that could not be understood
	// Duplicates, Nameless and Broken tell apart the rejected entries of an export:
	// another line about the same login, merged with it; a line without a login; a
	// line with more cells than the header. An entry is counted once.
	Duplicates int `json:"duplicates,omitempty"`
	Nameless   int `json:"nameless,omitempty"`
	Broken     int `json:"broken,omitempty"`
	// Unmapped are the words that nobody gave a meaning, each once, the most
	// frequent first; beyond the first 50, one entry counts the others as "…".
	Unmapped []Unmapped `json:"unmapped,omitempty"`
	Complete bool       `json:"complete"` // the last entry was reached
	Digest   string     `json:"digest,omitempty"`
	// Causes say why it could not be read rightly, Problem the technical text.
	Causes  scanner.Causes `json:"causes,omitempty"`
	Problem string         `json:"problem,omitempty"`
}

// Blamed is the source with what is wrong in it.
func (s Source) Blamed(causes scanner.Causes) Source {
	s.Problem = causes.Detail()
	s.Causes = causes.Bare()
	return s
}

// Why lists what is wrong in the source; none when nothing is.
func (s Source) Why() scanner.Causes {
	if s.Problem == "" && len(s.Causes) == 0 {
		return nil
	}
	return scanner.Observation{Causes: s.Causes, Error: s.Problem}.Why()
}

// FactKind names the fact.
func (Source) FactKind() string { return "source" }

// Unmapped is a word of an export that nobody gave a meaning.
type Unmapped struct {
	Column string `json:"column"` // usual name: "fonction"
	// Word is a pseudonym where few accounts share it, since it may be a name;
	// empty is an empty cell.
	Word     string `json:"word"`
	Accounts int    `json:"accounts"` // that have it and are not closed
}

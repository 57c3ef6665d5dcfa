// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// Source is the health of a source that people's accounts are counted from.
type Source struct {
	Kind string `json:"kind"` // "directory", "accounts", "register"
	// AsOf is the moment the content speaks of: now for a live directory, the
	// date of the export for a file.
	AsOf     time.Time `json:"as_of"`
	Received int       `json:"received"` // entries read
	Rejected int       `json:"rejected"` // entries that could not be understood
	Complete bool      `json:"complete"` // the last entry was reached
	Digest   string    `json:"digest,omitempty"`
	Problem  string    `json:"problem,omitempty"`
}

// FactKind names the fact.
func (Source) FactKind() string { return "source" }

// SPDX-License-Identifier: Apache-2.0

package scanner

import "encoding/json"

// Plan is a profile resolved for one scope: what will run.
type Plan struct {
	Establishment Establishment
	Scope         Scope
	Vantage       Vantage
	Profile       ProfileRef
	Tasks         []Task
	Checks        []PlannedCheck
	Controls      []Control
	Caveats       []Caveat
	Lists         []PublicList // that the probes consult
}

// Caveat is what a configuration says that has no effect, or more than was probably
// meant, and that a run was made with all the same.
type Caveat struct {
	Key  string `json:"key"` // of the configuration: "scope.excluded_names[0]"
	What Text   `json:"what"`
	Hint Text   `json:"hint"`
}

// Sentence is the caveat in words, with what to do about it.
func (c Caveat) Sentence() Text {
	return Text{
		FR: c.Key + "\u00a0: " + c.What.FR + ". " + capital(c.Hint.FR) + ".",
		EN: c.Key + ": " + c.What.EN + ". " + capital(c.Hint.EN) + ".",
	}
}

// ProfileRef names the profile a run was judged by.
type ProfileRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of the profile and its catalogs, as resolved
	Title   Text   `json:"title"`
	// Catalogs are the frameworks assessed, in reading order.
	Catalogs []CatalogRef `json:"catalogs"`
}

// CatalogRef names the version of a framework, as it was that day.
type CatalogRef struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Title   Text   `json:"title"`
	Source  string `json:"source"`
}

// Task is one look: a probe at a target.
type Task struct {
	Probe  string `json:"probe"`
	Target Target `json:"target"`
}

// PlannedCheck is a check with the parameters the profile sets; nil means the
// check's defaults.
type PlannedCheck struct {
	Check
	Params json.RawMessage
}

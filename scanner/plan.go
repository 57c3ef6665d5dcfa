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

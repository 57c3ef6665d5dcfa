// SPDX-License-Identifier: Apache-2.0

package scanner

import "time"

// RunSchema names the JSON form of a run; see docs/schema/run-1.json.
const RunSchema = "carescan.run/1"

// Run is one execution of a plan.
type Run struct {
	Schema        string          `json:"schema"` // RunSchema
	ID            string          `json:"id"`     // UUID version 7
	Establishment Establishment   `json:"establishment"`
	Scope         Scope           `json:"scope"`
	Vantage       Vantage         `json:"vantage"`
	Profile       ProfileRef      `json:"profile"`
	Software      string          `json:"software"` // name and version of the agent
	Started       time.Time       `json:"started"`
	Ended         time.Time       `json:"ended"`
	Status        RunStatus       `json:"status"`
	Controls      []ControlResult `json:"controls"`
	Findings      []Finding       `json:"findings"`
	Coverage      []Coverage      `json:"coverage"`
	Observations  []Observation   `json:"observations"`
	// Artifacts are the raw bytes behind the observations. They travel beside
	// the run in a bundle, not inside it.
	Artifacts []Artifact `json:"-"`
	// Names maps pseudonyms to people. It never leaves the establishment.
	Names map[string]string `json:"-"`
}

// RunStatus says how an execution ended.
type RunStatus string

// The ways a run ends.
const (
	RunComplete RunStatus = "complete" // every look ended
	RunPartial  RunStatus = "partial"  // some could not be made
	RunFailed   RunStatus = "failed"   // none could be made
)

// Label names the status on screen.
func (s RunStatus) Label() Text {
	switch s {
	case RunComplete:
		return Text{"complet", "complete"}
	case RunPartial:
		return Text{"partiel", "partial"}
	case RunFailed:
	}
	return Text{"en échec", "failed"}
}

// CountFindings counts findings by outcome.
func (r Run) CountFindings() map[Outcome]int {
	count := map[Outcome]int{}
	for _, f := range r.Findings {
		count[f.Outcome]++
	}
	return count
}

// CountControls counts controls by state.
func (r Run) CountControls() map[ControlState]int {
	count := map[ControlState]int{}
	for _, c := range r.Controls {
		count[c.State]++
	}
	return count
}

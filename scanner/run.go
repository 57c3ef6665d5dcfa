// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"slices"
	"time"
)

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
	Caveats       []Caveat        `json:"caveats,omitempty"` // about what was asked for, not about what was seen
	// Lists are the public lists that the probes consulted; absent from runs sealed
	// before it existed.
	Lists []PublicList `json:"lists,omitempty"`
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

// Identify gives every observation the identifier of its content, and makes the
// findings follow.
func (r *Run) Identify() {
	renamed := map[string]string{}
	for i, o := range r.Observations {
		r.Observations[i] = o.Identify()
		renamed[o.ID] = r.Observations[i].ID
	}
	for _, f := range r.Findings {
		for i, id := range f.Observations {
			if now, known := renamed[id]; known {
				f.Observations[i] = now
			}
		}
	}
}

// DropArtifacts lets go of the bytes with these digests. The observations that
// rest on them still name them, and say that they are not kept; the coverage of
// what was concluded from them names them too.
func (r *Run) DropArtifacts(digests map[string]bool) {
	r.Artifacts = slices.DeleteFunc(r.Artifacts, func(a Artifact) bool { return digests[a.Ref.Digest] })
	for _, o := range r.Observations {
		for i, ref := range o.Artifacts {
			o.Artifacts[i].Dropped = ref.Dropped || digests[ref.Digest]
		}
	}
	r.Identify()
	nameDropped(r.Coverage, r.Findings, r.Observations)
}

// Dropped lists the artifacts that the observations name and that are not kept,
// once each.
func (r Run) Dropped() []ArtifactRef {
	var list []ArtifactRef
	known := map[string]bool{}
	for _, o := range r.Observations {
		for _, ref := range o.Artifacts {
			if ref.Dropped && !known[ref.Digest] {
				known[ref.Digest] = true
				list = append(list, ref)
			}
		}
	}
	return list
}

// CountFindings counts findings by outcome.
func (r Run) CountFindings() map[Outcome]int {
	count := map[Outcome]int{}
	for _, f := range r.Findings {
		count[f.Outcome]++
	}
	return count
}

// CountTold counts by outcome the findings that are told one by one: those that
// nothing was declared for are told by source, and counted apart (Lacks).
func (r Run) CountTold() map[Outcome]int {
	count := r.CountFindings()
	for _, l := range Lacks(r.Findings) {
		for _, f := range l.Findings {
			count[f.Outcome]--
		}
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

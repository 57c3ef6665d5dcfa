// SPDX-License-Identifier: Apache-2.0

package scanner

import "slices"

// Coverage says how far one check looked at one target. Absence of a finding
// never closes one: every run states what it covered.
type Coverage struct {
	Check  string `json:"check"`
	Target Target `json:"target"`
	Status Status `json:"status"`
	// Causes say why it is not completed, Reason the technical text behind them.
	Causes Causes `json:"causes,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Dropped are the artifacts behind what was concluded that are not kept, for
	// want of room. The look itself may be complete: they were seen and judged.
	Dropped []ArtifactRef `json:"dropped,omitempty"`
}

// nameDropped says in the coverage of each check and target which artifacts its
// finding rests on and nobody keeps.
func nameDropped(coverage []Coverage, findings []Finding, observations []Observation) {
	dropped := map[string][]ArtifactRef{} // by observation
	for _, o := range observations {
		for _, ref := range o.Artifacts {
			if ref.Dropped {
				dropped[o.ID] = append(dropped[o.ID], ref)
			}
		}
	}
	if len(dropped) == 0 {
		return
	}
	of := map[string][]ArtifactRef{} // by check and target
	for _, f := range findings {
		for _, id := range f.Observations {
			for _, ref := range dropped[id] {
				if !slices.Contains(of[f.Fingerprint], ref) {
					of[f.Fingerprint] = append(of[f.Fingerprint], ref)
				}
			}
		}
	}
	for i, c := range coverage {
		coverage[i].Dropped = of[Fingerprint(c.Check, c.Target.Key())]
	}
}

// Why lists the causes for which the look is not completed; none when it is.
func (c Coverage) Why() Causes {
	if c.Status == StatusCompleted {
		return nil
	}
	return Observation{Causes: c.Causes, Error: c.Reason}.Why()
}

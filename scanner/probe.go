// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"fmt"
)

// Probe is a way of looking. It collects and never judges: a refused
// connection or an absent record is a fact, and an error means only that we
// could not look.
type Probe interface {
	// Name is the word used in plans: "dns", "tls".
	Name() string
	// TargetKind is the kind of target it looks at.
	TargetKind() TargetKind
	// Facts are the kinds of fact it may bring back.
	Facts() []string
	// Needs is what it takes to look, and what a look costs one target.
	Needs() Needs
	// Observe looks at a target through the network door and nowhere else. It
	// obeys its context, bounds everything it reads, and may return sightings
	// together with an error. Looks at many targets are under way at once, unless
	// Needs says otherwise.
	Observe(ctx context.Context, net Network, t Target) ([]Sighting, error)
}

// Sighting is what a probe brings back: a fact and the bytes behind it.
type Sighting struct {
	Target    Target // zero means the target of the task
	Fact      Fact
	Artifacts []Artifact
	// Missing says why something could not be seen; the observation is then partial.
	Missing Causes
	// Unread says the same of parts of the fact, when the others were wholly seen.
	Unread []Gap
	// Names maps the pseudonyms of the fact to people, for the local report.
	Names map[string]string
}

// WrongTarget is the error of a probe sent to a target it does not look at: a bug
// of the plan.
func WrongTarget(probe string, t Target) error {
	return NotSeen(CauseInternal, Values{ValueWhere: probe}, fmt.Errorf("look at %s: probe %s looks at nothing of that kind", t.Key(), probe))
}

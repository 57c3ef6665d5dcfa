// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"cmp"
	"slices"
)

// Reference is a fact that others may be judged against.
type Reference interface {
	Fact
	// FactName is what people call it where it is missing, article included, in
	// French and in English.
	FactName() (fr, en string)
}

// lack says why a run has no reference to offer; the zero value means that it
// has one.
type lack Text

// The ways a reference is missing. None of them tells more than one would know
// from another run: what was not seen proves nothing, and half a register does
// not prove what it lacks.
var (
	lackAbsent  = lack{"ce passage n'en contient pas", "this run holds none"}
	lackUnseen  = lack{"la lecture n'a pas abouti", "it could not be read"}
	lackPartial = lack{"la lecture est incomplète", "it was read in part only"}
	lackSeveral = lack{"ce passage en contient plusieurs, sans dire à quoi se fier", "this run holds several, and nothing tells which counts"}
)

// referenceFor finds, among the observations of a run, the reference of one kind
// for what was observed at a target: that of the same target when there is one,
// else the only one of the run, which is how a register, attestations or the past
// of the establishment serve every target. Several of them, none at the target
// itself, are no reference: choosing one would be chance. Of several looks at it,
// the newest that saw everything counts, for first looks and those that confirm
// alike, whatever the order of the observations.
func referenceFor(kind string, t Target, run []Observation) (Observation, lack) {
	groups := looksOf(kind, run)
	at := slices.IndexFunc(groups, func(looks []Observation) bool { return looks[0].Target == t })
	switch {
	case len(groups) == 0:
		return Observation{}, lackAbsent
	case at < 0 && len(groups) > 1:
		return Observation{}, lackSeveral
	}
	var whole []Observation
	missing := lackUnseen
	for _, o := range groups[max(at, 0)] {
		switch {
		case len(o.Fact) > 0 && o.Status == StatusCompleted:
			whole = append(whole, o)
		case len(o.Fact) > 0:
			missing = lackPartial
		}
	}
	if len(whole) == 0 {
		return Observation{}, missing
	}
	return slices.MaxFunc(whole, func(a, b Observation) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	}), lack{}
}

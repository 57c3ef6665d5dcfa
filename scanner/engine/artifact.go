// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"slices"

	"carescan/scanner"
)

// The budgets of artifacts, in bytes. A bundle holds 32 MiB of text, where an
// artifact takes four bytes for three, and 2 MiB once sealed
// (docs/adr/0028-evidence-budget.md): eight of the former leave two thirds to
// the facts, and sealing alone knows what becomes of the latter. One target may
// take a sixteenth, so that it takes nothing from the others.
const (
	maxOfTarget = 512 << 10
	maxOfRun    = 8 << 20
)

// afford drops the artifacts that are over budget, the largest first: of each
// target, then of the run. What several targets brought is kept when one of them
// can afford it.
func afford(run *scanner.Run) {
	ofTarget := map[string][]scanner.ArtifactRef{}
	for _, o := range run.Observations {
		ofTarget[o.Target.Key()] = append(ofTarget[o.Target.Key()], o.Artifacts...)
	}
	affordable := map[string]bool{}
	for _, refs := range ofTarget {
		for _, ref := range within(maxOfTarget, refs) {
			affordable[ref.Digest] = true
		}
	}
	var rest []scanner.ArtifactRef
	for _, a := range run.Artifacts {
		if affordable[a.Ref.Digest] {
			rest = append(rest, a.Ref)
		}
	}
	kept := map[string]bool{}
	for _, ref := range within(maxOfRun, rest) {
		kept[ref.Digest] = true
	}
	dropped := map[string]bool{}
	for _, a := range run.Artifacts {
		if !kept[a.Ref.Digest] {
			dropped[a.Ref.Digest] = true
		}
	}
	if len(dropped) > 0 {
		run.DropArtifacts(dropped)
	}
}

// within returns, once each, the smallest artifacts that a budget holds
// together.
func within(budget int, refs []scanner.ArtifactRef) []scanner.ArtifactRef {
	bySize := slices.SortedFunc(slices.Values(refs), func(a, b scanner.ArtifactRef) int {
		return cmp.Or(cmp.Compare(a.Size, b.Size), cmp.Compare(a.Digest, b.Digest))
	})
	bySize = slices.CompactFunc(bySize, func(a, b scanner.ArtifactRef) bool { return a.Digest == b.Digest })
	total := 0
	for i, ref := range bySize {
		if total += ref.Size; total > budget {
			return bySize[:i]
		}
	}
	return bySize
}

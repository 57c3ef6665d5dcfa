// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"cmp"
	"fmt"
	"slices"

	"carescan/scanner"
)

// shed makes a document that is too large lighter, so that its sealed bytes lose
// about as many as are over: artifacts first, then facts, the largest first.
// It tells whether anything was left to shed (docs/adr/0028-evidence-budget.md).
func (d *document) shed(over int) bool { return d.shedArtifacts(over) || d.shedFacts(over) }

// enough tells how many bytes are shed in one go. What does not compress weighs
// four bytes for three once sealed; a quarter of the whole at least, so that few
// attempts are needed when it compresses well.
func enough(over, whole int) int { return max(over/4*3, whole/4) }

func (d *document) shedArtifacts(over int) bool {
	whole := 0
	for _, a := range d.Artifacts {
		whole += a.Ref.Size
	}
	bySize := slices.SortedFunc(slices.Values(d.Artifacts), func(a, b artifact) int {
		return cmp.Or(cmp.Compare(b.Ref.Size, a.Ref.Size), cmp.Compare(a.Ref.Digest, b.Ref.Digest))
	})
	dropped, freed := map[string]bool{}, 0
	for _, a := range bySize {
		if freed >= enough(over, whole) && len(dropped) > 0 {
			break
		}
		dropped[a.Ref.Digest] = true
		freed += a.Ref.Size
	}
	d.Artifacts = slices.DeleteFunc(d.Artifacts, func(a artifact) bool { return dropped[a.Ref.Digest] })
	d.Run.DropArtifacts(dropped)
	return len(dropped) > 0
}

// shedFacts lets the largest facts go when artifacts were not enough. What was
// judged of them stays; whoever judges again cannot know, and says so.
func (d *document) shedFacts(over int) bool {
	whole := 0
	var bySize []*scanner.Observation
	for i, o := range d.Run.Observations {
		if whole += len(o.Fact); len(o.Fact) > 0 {
			bySize = append(bySize, &d.Run.Observations[i])
		}
	}
	slices.SortFunc(bySize, func(a, b *scanner.Observation) int {
		return cmp.Or(cmp.Compare(len(b.Fact), len(a.Fact)), cmp.Compare(a.ID, b.ID))
	})
	freed := 0
	for _, o := range bySize {
		if freed >= enough(over, whole) && freed > 0 {
			break
		}
		freed += len(o.Fact)
		d.shedFact(o)
	}
	d.Run.Identify()
	return freed > 0
}

// shedUnreadable lets go of facts that nobody would read back: one of them must
// not cost the run.
func (d *document) shedUnreadable() {
	for i := range d.Run.Observations {
		if o := &d.Run.Observations[i]; len(o.Fact) > 0 && CheckText(o.Fact, maxFactText) != nil {
			d.shedFact(o)
		}
	}
}

func (d *document) shedFact(o *scanner.Observation) {
	o.Status, o.Causes = scanner.StatusError, scanner.Causes{{Code: scanner.CauseNotKept}}
	o.Error = fmt.Sprintf("the fact was judged and is too large to be kept: %d bytes, %s", len(o.Fact), scanner.Digest(o.Fact))
	o.Causes = scanner.Causes{{Code: scanner.CauseNotKept}}
	o.Fact = nil
	if d.Run.Status == scanner.RunComplete {
		d.Run.Status = scanner.RunPartial
	}
}

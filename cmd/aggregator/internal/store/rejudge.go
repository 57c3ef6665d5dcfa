// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"slices"

	"carescan/scanner"
)

// Turn is a finding or a control that stands otherwise since the bundles were judged
// again.
type Turn struct {
	FINESS      scanner.FINESS
	About       string // AboutFinding or AboutControl
	Name        string // id of the check or of the control
	Target      string // asset key, or the catalog
	Was, Became Verdict
}

// Rejudge derives every projection again as Rebuild does, and tells what stands
// otherwise since and how many bundles were read. A dry run changes nothing.
func (s *Store) Rejudge(ctx context.Context, judge Judging, dry bool) (turns []Turn, n int, err error) {
	end := (*replay).rewrite
	if dry {
		end = (*replay).compare
	}
	turns, n, err = s.replayAll(ctx, judge, end)
	slices.SortFunc(turns, func(a, b Turn) int {
		return cmp.Or(cmp.Compare(a.FINESS, b.FINESS), cmp.Compare(a.About, b.About), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Target, b.Target))
	})
	return turns, n, err
}

// compare tells what would stand otherwise.
func (r *replay) compare(ctx context.Context) ([]Turn, error) {
	kept := newProjection(r.finess)
	err := kept.read(ctx, r.store.view(Only(r.finess)), place{})
	return r.turns(kept), err
}

// turns pairs where things stand with where they stood, and keeps what differs.
func (r *replay) turns(kept *projection) (turns []Turn) {
	was, became := kept.verdicts(), r.verdicts()
	for t := range differing(became, was) {
		t.Was, t.Became = was[t], became[t]
		turns = append(turns, t)
	}
	return turns
}

// verdicts tells where each finding and control stands.
func (p *projection) verdicts() map[Turn]Verdict {
	verdicts := map[Turn]Verdict{}
	for _, s := range p.stands {
		verdicts[Turn{FINESS: p.finess, About: AboutFinding, Name: s.check, Target: s.target}] = Verdict{string(s.outcome), s.severity}
	}
	for key, c := range p.controls {
		verdicts[Turn{FINESS: p.finess, About: AboutControl, Name: key[1], Target: key[0]}] = Verdict{Outcome: string(c.state)}
	}
	return verdicts
}

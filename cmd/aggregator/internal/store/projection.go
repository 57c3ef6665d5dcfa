// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"carescan/scanner"
)

// Judged is what the region concludes from the facts of a bundle.
type Judged struct {
	Profile  string // it was judged by
	Findings []scanner.Finding
	Coverage []scanner.Coverage
	// Controls are those of the profile that the region gives the establishment.
	Controls      []scanner.Control
	Disagreements []Disagreement
}

// projection is what pages show of an establishment, while one bundle changes it. All
// that is known is read at once, the changes are computed, and only they are written.
type projection struct {
	bundle Bundle
	looks  map[string]map[scanner.Vantage]look // by fingerprint
	stands map[string]standing
	before runBefore
	late   bool // a newer run is known

	changedLooks  []look
	words         map[string]wording // of those that are new
	changedStands []standing
	events        []change
}

// news is what somebody should hear of, in a bundle that was derived from.
type news struct {
	disputed int // claims that the region disputes since then
	odd      []Oddity
}

// project derives from one bundle all that pages show of it.
func project(ctx context.Context, tx *transaction, b Bundle, looks []said, judged Judged) (told news, err error) {
	p, err := readProjection(ctx, tx, b)
	if err != nil {
		return told, err
	}
	p.hear(looks)
	p.settle()
	if err := p.write(ctx, tx); err != nil || p.late {
		return told, err
	}
	told.odd = p.before.odd(b, judged.Coverage)
	if err := keepRun(ctx, tx, b, completed(judged.Coverage)); err != nil {
		return told, err
	}
	if err := projectCoverage(ctx, tx, b, judged.Coverage); err != nil {
		return told, err
	}
	if err := projectControls(ctx, tx, b.FINESS, judged.Profile, p.fold(judged.Controls)); err != nil {
		return told, err
	}
	told.disputed, err = projectDisagreements(ctx, tx, b, judged.Disagreements)
	return told, err
}

func readProjection(ctx context.Context, tx *transaction, b Bundle) (*projection, error) {
	p := &projection{
		bundle: b, looks: map[string]map[scanner.Vantage]look{}, stands: map[string]standing{}, words: map[string]wording{},
	}
	looks, err := many(ctx, tx, scanLook, `SELECT `+lookColumns+` FROM finding_look WHERE finess = $1`, b.FINESS)
	if err != nil {
		return nil, wrap(err, "read looks of %s", b.FINESS)
	}
	for _, l := range looks {
		p.keep(l)
	}
	stands, err := many(ctx, tx, scanStanding, `SELECT `+standingColumns+` FROM finding WHERE finess = $1`, b.FINESS)
	if err != nil {
		return nil, wrap(err, "read findings of %s", b.FINESS)
	}
	for _, s := range stands {
		p.stands[s.fp] = s
	}
	p.before, err = one(ctx, tx, scanRunBefore, selectRunBefore, b.AgentID, b.Vantage)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, wrap(err, "find the run before of agent %s", b.AgentID)
	}
	p.late = p.before.ended.After(b.EndedAt)
	return p, nil
}

func (p *projection) keep(l look) {
	if p.looks[l.fp] == nil {
		p.looks[l.fp] = map[scanner.Vantage]look{}
	}
	p.looks[l.fp][l.vantage] = l
}

// hear takes in what a run says. One that comes late, older than what is known,
// changes nothing: it tells only of what nobody ever spoke of.
func (p *projection) hear(looks []said) {
	heard := map[string]bool{}
	for _, said := range looks {
		heard[said.fp] = true
		known, ok := p.looks[said.fp][p.bundle.Vantage]
		if p.late {
			said.seenUntil = p.bundle.EndedAt
		}
		now, changed := said.look, !ok
		if ok && !p.late {
			now, changed = known.hears(said, p.since(known))
		}
		if !changed {
			continue
		}
		p.change(now)
		if now.wording == said.wording {
			p.words[now.wording] = said.words
		}
	}
	p.miss(heard)
}

// since is the end of the last run that said what a look says.
func (p *projection) since(l look) time.Time {
	if l.agent == p.bundle.AgentID && !p.before.ended.IsZero() {
		return p.before.ended
	}
	return l.statedAt
}

// miss marks what the agent spoke of before and does not any more.
func (p *projection) miss(heard map[string]bool) {
	if p.late {
		return
	}
	for fp, looks := range p.looks {
		l, ok := looks[p.bundle.Vantage]
		if !ok || heard[fp] || l.agent != p.bundle.AgentID {
			continue
		}
		if now, changed := l.misses(p.since(l)); changed {
			p.change(now)
		}
	}
}

func (p *projection) change(l look) {
	p.keep(l)
	p.changedLooks = append(p.changedLooks, l)
}

// settle finds where the findings stand whose looks changed.
func (p *projection) settle() {
	slices.SortFunc(p.changedLooks, func(a, b look) int { return cmp.Compare(a.fp, b.fp) })
	for _, l := range p.changedLooks {
		known, born := p.stands[l.fp]
		now := known.moved(best(p.looks[l.fp]), p.bundle)
		if born && now == known {
			continue
		}
		p.stands[l.fp] = now
		p.changedStands = append(p.changedStands, now)
		if now.observed != known.observed {
			p.events = append(p.events, change{was: known.life, now: now})
		}
	}
}

// fold concludes on every control from where all the findings stand.
func (p *projection) fold(controls []scanner.Control) []scanner.ControlResult {
	findings := make([]scanner.Finding, 0, len(p.looks))
	for _, looks := range p.looks {
		findings = append(findings, best(looks).folded())
	}
	slices.SortFunc(findings, func(a, b scanner.Finding) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	results := make([]scanner.ControlResult, 0, len(controls))
	for _, c := range controls {
		results = append(results, c.Fold(findings))
	}
	return results
}

func (p *projection) write(ctx context.Context, tx *transaction) error {
	finess := p.bundle.FINESS
	stands := batch{
		into: "finding", columns: "finess, " + standingColumns, key: "finess, fp",
		set: []string{"vantage", "outcome", "severity", "severity_rank", "undeclared", "observed", "observed_since", "episode", "failing"},
	}
	for _, s := range p.changedStands {
		stands.add(s.values(finess)...)
	}
	looks := batch{
		into: "finding_look", columns: "finess, " + lookColumns, key: "finess, fp, vantage",
		set: []string{
			"agent_id", "bundle_id", "outcome", "severity", "strength", "sight", "stated_at", "seen_until", "doubt", "detail", "wording", "observations",
		},
	}
	for _, l := range p.changedLooks {
		looks.add(l.values(finess)...)
	}
	for _, b := range []batch{writeWordings(p.words), stands, looks} {
		if err := b.write(ctx, tx); err != nil {
			return err
		}
	}
	return writeChanges(ctx, tx, p.bundle, p.events)
}

// keepRun keeps what was the newest run of an agent from one place.
func keepRun(ctx context.Context, tx *transaction, b Bundle, looks int) error {
	run := batch{
		into: "agent_run", columns: runColumns, key: "agent_id, vantage",
		set: []string{"finess", "bundle_id", "status", "started_at", "ended_at", "completed"},
	}
	run.add(b.AgentID, b.Vantage, b.FINESS, b.ID, b.RunStatus, stamp(b.StartedAt), stamp(b.EndedAt), looks)
	return run.write(ctx, tx)
}

const runColumns = "agent_id, vantage, finess, bundle_id, status, started_at, ended_at, completed"

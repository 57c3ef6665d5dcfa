// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
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

// projection is what pages show of an establishment, while bundles change it. What is
// known is read at once, the changes are computed in memory, and only they are written.
type projection struct {
	finess   scanner.FINESS
	looks    map[string]map[scanner.Vantage]look // by fingerprint
	stands   map[string]standing                 // by fingerprint
	runs     map[place]run                       // the newest of each agent from each place
	covered  map[coverageKey]covered
	controls map[[2]string]controlRow // by catalog and id
	disputes map[disputeKey]Disagreement
	history  history

	// Of the bundle that is lived through.
	bundle  Bundle
	before  run  // of its agent, from its place
	late    bool // a newer run is known
	touched []look

	changed projectionChanges
}

// projectionChanges names what differs from what was read.
type projectionChanges struct {
	looks    map[lookKey]bool
	stands   map[string]bool
	words    map[string]wording // of looks that are new
	runs     map[place]bool
	covered  map[coverageKey]bool
	controls map[[2]string]bool
	disputes map[disputeKey]bool
	past     bool // the history is not what followed only: it is all of it
}

// place is from where an agent looked.
type place struct {
	agent   string
	vantage scanner.Vantage
}

// lookKey is a finding and the place that it was seen from.
type lookKey struct {
	fp      string
	vantage scanner.Vantage
}

// news is what somebody should hear of, in a bundle that was derived from.
type news struct {
	disputed int // claims that the region disputes since then
	odd      []Oddity
}

// project derives from one bundle all that pages show of it.
func project(ctx context.Context, tx *transaction, b Bundle, looks []said, judged Judged) (told news, err error) {
	p := newProjection(b.FINESS)
	if err := p.read(ctx, tx, place{b.AgentID, b.Vantage}); err != nil {
		return told, err
	}
	if told, err = p.live(b, looks, judged); err != nil {
		return told, err
	}
	return told, p.write(ctx, tx)
}

// newProjection is that of an establishment that nobody ever looked at.
func newProjection(finess scanner.FINESS) *projection {
	return &projection{
		finess: finess, looks: map[string]map[scanner.Vantage]look{}, stands: map[string]standing{}, runs: map[place]run{},
		covered: map[coverageKey]covered{}, controls: map[[2]string]controlRow{}, disputes: map[disputeKey]Disagreement{},
		history: newHistory(finess),
		changed: projectionChanges{
			looks: map[lookKey]bool{}, stands: map[string]bool{}, words: map[string]wording{}, runs: map[place]bool{},
			covered: map[coverageKey]bool{}, controls: map[[2]string]bool{}, disputes: map[disputeKey]bool{},
		},
	}
}

// read reads what an agent may change that looked from one place; the zero place stands
// for all of them.
func (p *projection) read(ctx context.Context, from source, at place) error {
	looks, err := many(ctx, from, scanLook, `SELECT `+lookColumns+` FROM finding_look WHERE finess = $1`, p.finess)
	if err != nil {
		return wrap(err, "read looks of %s", p.finess)
	}
	for _, l := range looks {
		p.keep(l)
	}
	stands, err := many(ctx, from, scanStanding, `SELECT `+standingColumns+` FROM finding WHERE finess = $1`, p.finess)
	if err != nil {
		return wrap(err, "read findings of %s", p.finess)
	}
	for _, s := range stands {
		p.stands[s.fp] = s
	}
	for _, read := range []func(context.Context, source, place) error{p.readRuns, p.readCoverage, p.readControls, p.readDisagreements} {
		if err := read(ctx, from, at); err != nil {
			return err
		}
	}
	return nil
}

// live lives through a bundle.
func (p *projection) live(b Bundle, looks []said, judged Judged) (told news, err error) {
	here := place{b.AgentID, b.Vantage}
	p.bundle, p.before, p.touched = b, p.runs[here], nil
	p.late = p.before.ended.After(b.EndedAt)
	p.hear(looks)
	p.settle()
	if p.late {
		return told, nil
	}
	told.odd = p.before.odd(b, judged.Coverage)
	p.runs[here] = runOf(b, completed(judged.Coverage))
	p.changed.runs[here] = true
	p.cover(judged.Coverage)
	told.disputed = p.dispute(judged.Disagreements)
	return told, p.control(judged.Profile, p.fold(judged.Controls))
}

func (p *projection) eachLook() map[lookKey]look {
	all := make(map[lookKey]look, len(p.looks))
	for _, looks := range p.looks {
		for _, l := range looks {
			all[lookKey{l.fp, l.vantage}] = l
		}
	}
	return all
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
			p.changed.words[now.wording] = said.words
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
	p.touched = append(p.touched, l)
	p.changed.looks[lookKey{l.fp, l.vantage}] = true
}

// settle finds where the findings stand whose looks changed.
func (p *projection) settle() {
	slices.SortFunc(p.touched, func(a, b look) int { return cmp.Compare(a.fp, b.fp) })
	for _, l := range p.touched {
		known, born := p.stands[l.fp]
		now := known.moved(best(p.looks[l.fp]), p.bundle)
		if born && now == known {
			continue
		}
		p.stands[l.fp] = now
		p.changed.stands[l.fp] = true
		if now.observed != known.observed {
			p.history.step(p.bundle, known.life, now)
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
	return scanner.FoldAll(controls, findings)
}

// write writes what changed.
func (p *projection) write(ctx context.Context, tx *transaction) error {
	for _, write := range []func(context.Context, *transaction) error{
		p.writeLooks, p.writeStandings, p.writeRuns, p.writeCoverage, p.writeControls, p.writeDisagreements,
	} {
		if err := write(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// run is the newest run of an agent from one place.
type run struct {
	bundle         string
	status         scanner.RunStatus
	started, ended time.Time
	completed      int // looks
	profile        scanner.ProfileRef
}

func runOf(b Bundle, looks int) run {
	return run{b.ID, b.RunStatus, b.StartedAt, b.EndedAt, looks, b.Profile}
}

func (p *projection) readRuns(ctx context.Context, from source, at place) error {
	read := func(r row) (struct{}, error) {
		var by place
		var known run
		err := r.Scan(&by.agent, &by.vantage, &known.bundle, &known.status, (*moment)(&known.started), (*moment)(&known.ended), &known.completed,
			document[scanner.ProfileRef]{&known.profile})
		p.runs[by] = known
		return struct{}{}, err
	}
	_, err := many(ctx, from, read, `
		SELECT agent_run.agent_id, agent_run.vantage, bundle_id, agent_run.status, agent_run.started_at, agent_run.ended_at,
		    completed, profile_ref.content
		FROM agent_run JOIN bundle ON bundle.finess = agent_run.finess AND bundle.id = agent_run.bundle_id
		JOIN profile_ref ON profile_ref.id = profile_id
		WHERE agent_run.finess = $1 AND $2 IN ('', agent_run.agent_id) AND $3 IN ('', agent_run.vantage)`, p.finess, at.agent, at.vantage)
	return wrap(err, "read runs at %s", p.finess)
}

func (p *projection) writeRuns(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "agent_run", columns: runColumns, key: "agent_id, vantage",
		set: []string{"finess", "bundle_id", "status", "started_at", "ended_at", "completed"},
	}
	for by := range p.changed.runs {
		r := p.runs[by]
		rows.add(by.agent, by.vantage, p.finess, r.bundle, r.status, stamp(r.started), stamp(r.ended), r.completed)
	}
	return rows.write(ctx, tx)
}

const runColumns = "agent_id, vantage, finess, bundle_id, status, started_at, ended_at, completed"

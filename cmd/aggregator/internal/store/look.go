// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"

	"carescan/scanner"
)

// look is what was last seen of a finding from one place, by whoever looked there last.
type look struct {
	fp       string
	vantage  scanner.Vantage
	agent    string
	bundle   string // whose facts say so
	check    string
	target   string // asset key
	outcome  scanner.Outcome
	severity scanner.Severity
	strength scanner.Strength
	sight    sight
	// statedAt is the end of the run that said so first.
	statedAt time.Time
	// seenUntil is the end of the last run that said so, when a later one of the same
	// agent did not; zero while the newest does.
	seenUntil time.Time
	// doubt is what the newest run says of a failure that it did not see again, in JSON.
	doubt string
	// detail is the finding in JSON, without the observations, which change at each run,
	// nor the wording.
	detail       string
	wording      string // digest of its title, headline and remedy
	observations string // in JSON
}

// said is what a run says of a finding.
type said struct {
	look
	message string  // in JSON, of one that concludes nothing
	words   wording // that its digest names
}

// sight tells how far a finding was looked at.
type sight int64

const (
	sightNone   sight = iota // nothing was declared
	sightFailed              // nobody could look, or from the wrong place only
	sightTaken
)

// lookOf is what a run says of a finding.
func lookOf(b Bundle, f scanner.Finding, known wordings) (said, error) {
	l := said{look: look{
		fp: f.Fingerprint, vantage: b.Vantage, agent: b.AgentID, bundle: b.ID, check: f.Check, target: f.Target.Key(),
		outcome: f.Outcome, severity: f.Severity, strength: f.Strength, statedAt: b.EndedAt, sight: sightOf(f),
	}}
	var err error
	if l.observations, err = encode(f.Observations); err != nil {
		return l, err
	}
	if f.Outcome == scanner.Inconclusive {
		if l.message, err = encode(f.Message); err != nil {
			return l, err
		}
	}
	if l.words, err = known.of(f); err != nil {
		return l, err
	}
	l.wording = l.words.digest
	f.Observations, f.Title, f.Headline, f.Fix = nil, scanner.Text{}, scanner.Text{}, scanner.Text{}
	l.detail, err = encode(f)
	return l, err
}

// looksOf is what a bundle says, encoded before anybody has to wait for it.
func looksOf(b Bundle, findings []scanner.Finding) ([]said, error) {
	list, known := make([]said, 0, len(findings)), wordings{}
	for _, f := range findings {
		l, err := lookOf(b, f, known)
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

func sightOf(f scanner.Finding) sight {
	if _, undeclared := f.Undeclared(); undeclared {
		return sightNone
	}
	if !f.Looked() {
		return sightFailed
	}
	return sightTaken
}

// hears lives through what a newer run from the same place says, and tells whether
// anything changed. before is the end of the run that said the former.
//
// A failure that is not seen again stays one: only a pass or an exemption closes it.
// Who could not look, or had nothing declared, displaces nothing that another agent saw.
func (l look) hears(said said, before time.Time) (look, bool) {
	switch {
	case l.outcome == scanner.Fail && said.outcome == scanner.Inconclusive:
		if !l.seenUntil.IsZero() && l.doubt == said.message {
			return l, false
		}
		l, _ = l.misses(before)
		l.doubt = said.message
		return l, true
	case l.agent != said.agent && l.sight > said.sight:
		return l, false
	case l.seenUntil.IsZero() && l.agent == said.agent && l.detail == said.detail && l.wording == said.wording:
		return l, false
	}
	return said.look, true
}

// misses tells that the newest run of its agent does not say so any more.
func (l look) misses(before time.Time) (look, bool) {
	if !l.seenUntil.IsZero() {
		return l, false
	}
	l.seenUntil = before
	return l, true
}

// weight tells how much a look has to say, among those from several places. A failure
// outweighs all, and not having looked nothing; what is not seen any more comes
// behind what is.
func (l look) weight() int {
	gone := !l.seenUntil.IsZero()
	switch {
	case l.outcome == scanner.Fail:
		return 7
	case l.sight != sightTaken:
		return int(l.sight)
	case gone && l.outcome == scanner.Inconclusive:
		return 2
	case gone:
		return 3
	case l.outcome == scanner.Inconclusive:
		return 4
	case l.outcome == scanner.NotApplicable:
		return 5
	}
	return 6
}

// best is the look that says where a finding stands. Equal ones are told apart by
// their place, so that two agents in turn change nothing.
func best(looks map[scanner.Vantage]look) (chosen look) {
	for _, l := range looks {
		w := l.weight() - chosen.weight()
		if chosen.fp == "" || w > 0 || w == 0 && l.vantage < chosen.vantage {
			chosen = l
		}
	}
	return chosen
}

// folded is what a look says to a control. One that is not made any more satisfies
// nothing.
func (l look) folded() scanner.Finding {
	f := scanner.Finding{Fingerprint: l.fp, Check: l.check, Outcome: l.outcome, Strength: l.strength}
	if !l.seenUntil.IsZero() && l.outcome != scanner.Fail {
		f.Outcome, f.Strength = scanner.Inconclusive, ""
	}
	return f
}

const lookColumns = `fp, vantage, agent_id, bundle_id, check_id, target, outcome, severity, strength, sight,
	stated_at, seen_until, doubt, detail, wording, observations`

func scanLook(r row) (l look, err error) {
	err = r.Scan(&l.fp, &l.vantage, &l.agent, &l.bundle, &l.check, &l.target, &l.outcome, &l.severity, &l.strength, &l.sight,
		(*moment)(&l.statedAt), (*moment)(&l.seenUntil), &l.doubt, &l.detail, &l.wording, &l.observations)
	return l, err
}

func (l look) values(finess scanner.FINESS) []any {
	return []any{
		finess, l.fp, l.vantage, l.agent, l.bundle, l.check, l.target, l.outcome, l.severity, l.strength, l.sight,
		stamp(l.statedAt), stamp(l.seenUntil), l.doubt, l.detail, l.wording, l.observations,
	}
}

// String names a look in an error.
func (l look) String() string { return fmt.Sprintf("%s on %s from %s", l.check, l.target, l.vantage) }

func (p *projection) writeLooks(ctx context.Context, tx *transaction) error {
	rows := batch{
		into: "finding_look", columns: "finess, " + lookColumns, key: "finess, fp, vantage",
		set: []string{
			"agent_id", "bundle_id", "outcome", "severity", "strength", "sight", "stated_at", "seen_until", "doubt", "detail", "wording", "observations",
		},
	}
	for key := range p.changed.looks {
		if l, kept := p.looks[key.fp][key.vantage]; kept {
			rows.add(l.values(p.finess)...)
			continue
		}
		const gone = `finess = $1 AND fp = $2 AND vantage = $3`
		if err := tx.changeRows(ctx, "finding_look", gone, []any{p.finess, key.fp, key.vantage}, `DELETE FROM finding_look WHERE `+gone); err != nil {
			return err
		}
	}
	if err := writeWordings(p.changed.words).write(ctx, tx); err != nil {
		return err
	}
	return rows.write(ctx, tx)
}

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"

	"carescan/scanner"
	"carescan/scanner/guard"
)

// KindUnknownProbe is the kind of the observation that stands for a task whose
// probe this program does not have: nobody knows which facts it would bring.
const KindUnknownProbe = "unknown-probe"

const (
	maxArtifact = 64 << 10 // bytes kept of one artifact
	maxError    = 500      // bytes kept of one error
	// grace is how long a probe may take to hand over what it saw after its
	// time is up; its connections are closed by then.
	grace = time.Second
)

// look is one task under way.
type look struct {
	assignment
	probe   scanner.Probe // nil when unknown
	vantage scanner.Vantage
	at      time.Time
}

// seen is what a look brought back.
type seen struct {
	task         scanner.Task
	at           time.Time // it began
	observations []scanner.Observation
	artifacts    []scanner.Artifact
	names        map[string]string
	err          error
}

// look makes one look. Whatever the probe does, it costs that look only.
func (e Engine) look(ctx context.Context, plan scanner.Plan, assigned assignment) seen {
	probe, err := e.find(assigned.task)
	l := look{assignment: assigned, probe: probe, vantage: plan.Vantage, at: e.Clock().UTC()}
	if err != nil {
		return l.completed(seen{err: err}, scanner.StatusError)
	}
	if ctx.Err() != nil {
		return l.completed(seen{err: stoppedLook("before")}, scanner.StatusSkipped)
	}
	result := l.watch(assigned.context(ctx), e.Network, e.Timeout)
	return l.completed(result, failure(ctx, result.err))
}

// failure says which status stands for what an error hid: our own restraint is
// a choice, all the rest is not.
func failure(run context.Context, err error) scanner.Status {
	if run.Err() != nil || errors.As(err, new(*scanner.Refusal)) {
		return scanner.StatusSkipped
	}
	return scanner.StatusError
}

// watch runs the probe in a goroutine of its own and gives it up when it does
// not come back in time. Its connections are then closed and its later ones
// refused, so an abandoned probe cannot speak any more.
func (l look) watch(run context.Context, network scanner.Network, timeout time.Duration) seen {
	ctx, cancel := scanner.WithPatience(run, timeout)
	defer cancel()
	leash := guard.NewLeash(ctx, network, l.probe.Needs())
	defer leash.Release()
	ended := make(chan seen, 1)
	go func() { ended <- l.observe(ctx, leash) }()
	select {
	case result := <-ended:
		return result
	case <-ctx.Done():
		return late(ended, lateness(run, timeout))
	}
}

func lateness(run context.Context, timeout time.Duration) error {
	if run.Err() != nil {
		return stoppedLook("during")
	}
	limit := scanner.Values{scanner.ValueLimit: fmt.Sprintf("%.0f s", timeout.Seconds())}
	return scanner.NotSeen(scanner.CauseLate, limit, fmt.Errorf("the look did not end within %s", timeout))
}

func stoppedLook(when string) error {
	return scanner.NotSeen(scanner.CauseStopped, nil, fmt.Errorf("the run was stopped %s this look", when))
}

// mistake is a bug of a probe or of a plan.
func (l look) mistake(err error) error {
	return scanner.NotSeen(scanner.CauseInternal, scanner.Values{scanner.ValueWhere: l.task.Probe}, err)
}

// late takes what a probe still hands over after its time was up.
func late(ended <-chan seen, why error) seen {
	select {
	case result := <-ended:
		if result.err != nil {
			result.err = why
		}
		return result
	case <-time.After(grace):
		return seen{err: why}
	}
}

// observe runs the probe and seals what it saw. A panic becomes an error.
func (l look) observe(ctx context.Context, network scanner.Network) (result seen) {
	defer func() {
		if crash := recover(); crash != nil {
			result = seen{err: l.mistake(fmt.Errorf("probe %s stopped on an internal error: %v", l.task.Probe, crash))}
		}
	}()
	sightings, err := l.probe.Observe(ctx, network, l.task.Target)
	result = seen{names: map[string]string{}, err: err}
	for _, s := range sightings {
		if err := l.seal(&result, s); err != nil {
			result.err = errors.Join(result.err, err)
		}
	}
	return result
}

// seal turns a sighting into an observation and its artifacts.
func (l look) seal(result *seen, s scanner.Sighting) error {
	if s.Fact == nil {
		return l.mistake(fmt.Errorf("probe %s brought a sighting without a fact", l.task.Probe))
	}
	o, err := scanner.Saw(cmp.Or(s.Target, l.task.Target), s.Fact)
	if err != nil {
		return l.mistake(err)
	}
	if missing := s.Missing; len(missing)+len(s.Unread) > 0 {
		for _, gap := range s.Unread {
			missing = append(missing, gap.Causes...)
		}
		o = lacking(o, scanner.StatusPartial, missing)
	}
	if len(s.Missing) == 0 {
		for _, gap := range s.Unread {
			o.Unread = append(o.Unread, scanner.Gap{Part: gap.Part, Causes: bare(gap.Causes)})
		}
	}
	for _, a := range s.Artifacts {
		a = bounded(a)
		o.Artifacts = append(o.Artifacts, a.Ref)
		result.artifacts = append(result.artifacts, a)
	}
	maps.Copy(result.names, s.Names)
	result.observations = append(result.observations, l.place(o))
	return nil
}

// bounded keeps the beginning of a large artifact, and says so in its name.
func bounded(a scanner.Artifact) scanner.Artifact {
	data, name := a.Data, a.Ref.Name
	if len(data) > maxArtifact {
		data, name = data[:maxArtifact], fmt.Sprintf("%s (first %d of %d bytes)", name, maxArtifact, len(data))
	}
	return scanner.NewArtifact(name, a.Ref.MediaType, data)
}

// completed adds an observation for every kind of fact that the probe announces
// and did not bring, so that nothing unseen goes unsaid. An error that no such
// observation can carry makes what was seen partial.
func (l look) completed(result seen, status scanner.Status) seen {
	result.task, result.at = l.task, l.at
	why := scanner.Causes{{Code: scanner.CauseNothing, Detail: "the probe brought nothing back"}}
	if result.err != nil {
		why = scanner.CausesOf(result.err)
	}
	missing := l.missing(result)
	for _, kind := range missing {
		o := lacking(scanner.Observation{Kind: kind, Target: l.task.Target}, status, why)
		result.observations = append(result.observations, l.place(o))
	}
	if result.err != nil && len(missing) == 0 {
		for i, o := range result.observations {
			result.observations[i] = doubted(o, why)
		}
	}
	return result
}

// missing lists the kinds that were announced and not seen. After an error a
// kind counts only at the target of the task; without one, at any target: the
// probe knew where to look.
func (l look) missing(result seen) []string {
	if l.probe == nil {
		return []string{KindUnknownProbe}
	}
	brought := map[string]bool{}
	for _, o := range result.observations {
		if result.err == nil || o.Target == l.task.Target {
			brought[o.Kind] = true
		}
	}
	var missing []string
	for _, kind := range l.probe.Facts() {
		if _, doubted := l.again[kind]; l.again != nil && !doubted {
			continue // nothing of it had to be confirmed
		}
		if !brought[kind] {
			missing = append(missing, kind)
		}
	}
	return missing
}

func doubted(o scanner.Observation, why scanner.Causes) scanner.Observation {
	if o.Status == scanner.StatusCompleted {
		o = lacking(o, scanner.StatusPartial, why)
	}
	o.Unread = nil // the look was cut short: any part may be missing
	return o.Identify()
}

// lacking says of an observation why something is missing. The technical text
// is kept once, beside the causes; what both hold may come from outside.
func lacking(o scanner.Observation, status scanner.Status, why scanner.Causes) scanner.Observation {
	o.Status, o.Error = status, sentence(scanner.Technical(why.Detail()))
	o.Causes = bare(why)
	return o
}

// bare are causes as they are sealed: without details, their values in one line.
func bare(why scanner.Causes) scanner.Causes {
	kept := why.Bare()
	for i := range kept {
		kept[i].Values = maps.Clone(kept[i].Values)
		for name, value := range kept[i].Values {
			kept[i].Values[name] = sentence(value)
		}
	}
	return kept
}

// place says where, when and by whom an observation was made.
func (l look) place(o scanner.Observation) scanner.Observation {
	o.Vantage, o.At, o.Probe = l.vantageOf(o.Target.Kind), l.at, l.task.Probe
	return o.Identify()
}

// vantageOf says where a target is seen from: what is read in the
// establishment's own papers is declared, its directory is asked from inside,
// and the rest is seen from where the plan runs.
func (l look) vantageOf(kind scanner.TargetKind) scanner.Vantage {
	if l.probe != nil {
		if v := l.probe.Needs().Vantage; v != "" {
			return v
		}
	}
	switch kind {
	case scanner.KindApplication, scanner.KindRegister, scanner.KindEstablishment:
		return scanner.VantageDeclared
	case scanner.KindDirectory:
		return scanner.VantageInside
	case scanner.KindDomain, scanner.KindService, scanner.KindHost, scanner.KindSite:
	}
	return l.vantage
}

// sentence makes one bounded line of an error, which may quote foreign bytes.
func sentence(text string) string {
	line := strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(text, "?"))), " ")
	if len(line) > maxError {
		line = strings.ToValidUTF8(line[:maxError], "") + "…"
	}
	return line
}

// printable replaces what a terminal or a database could take amiss.
func printable(r rune) rune {
	if unicode.IsPrint(r) || unicode.IsSpace(r) {
		return r
	}
	return '?'
}

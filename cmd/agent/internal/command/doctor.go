// SPDX-License-Identifier: Apache-2.0

package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/uplink"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/settings"
)

// health is how one part of the agent is.
type health int

const (
	healthy health = iota
	degraded
	broken
)

func (h health) label() scanner.Text {
	switch h {
	case healthy:
		return scanner.Text{FR: "bon", EN: "good"}
	case degraded:
		return scanner.Text{FR: "attention", EN: "attention"}
	case broken:
	}
	return scanner.Text{FR: "à corriger", EN: "to correct"}
}

// sign is one part looked at, what was seen, and what to do when it is not good.
type sign struct {
	part   scanner.Text
	health health
	seen   scanner.Text
	hint   scanner.Text
	detail string // what a library or the system answered, in English
}

func (a *app) doctor() *cobra.Command {
	var s selection
	command := &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs,
		Short: a.say("Vérifie que l'agent peut travailler, sans rien contacter", "Check that the agent can work, contacting nothing"),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if c, err = s.apply(c); err != nil {
				return err
			}
			d, err := openDesk(c, a.warn)
			if err != nil {
				return err
			}
			signs, err := examine(command.Context(), d, time.Now())
			if err != nil {
				return err
			}
			return a.showHealth(signs)
		},
	}
	a.selectFlags(command, &s)
	return command
}

func (a *app) showHealth(signs []sign) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	worst := healthy
	for _, s := range signs {
		worst = max(worst, s.health)
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.health.label().In(a.lang.Lang), s.part.Typeset().In(a.lang.Lang), s.seen.Typeset().In(a.lang.Lang))
		if s.detail != "" {
			fmt.Fprintf(w, "\t\t%s %s\n", a.say("détail :", "detail:"), strings.ReplaceAll(s.detail, "\n", " "))
		}
		if hint := s.hint.Typeset().In(a.lang.Lang); hint != "" {
			fmt.Fprintf(w, "\t\t→ %s\n", hint)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if worst == broken {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}

// examine prepares a run exactly as scan would, and looks at everything it needs.
func examine(ctx context.Context, d *desk, now time.Time) ([]sign, error) {
	r, err := d.runner()
	if err != nil {
		return nil, err
	}
	ready, err := r.Prepare(now)
	var signs []sign
	for _, problem := range joined(err) {
		signs = append(signs, signsOf(problem)...)
	}
	if err == nil {
		defer ready.Door.Stop()
		signs = append(signs, signScope(ready.Plan, now))
		signs = append(signs, signExclusions(ready.Plan.Scope)...)
		signs = append(signs, signProviders(ready.Plan.Scope.Providers)...)
		for _, c := range d.config.Place(runner.Caveats(d.config, now)) {
			signs = append(signs, sign{placeOf(settings.Fault{File: c.File, Line: c.Line, Key: c.Key}), degraded, c.What, c.Hint, ""})
		}
		signs = append(signs, signTargets(ready)...)
	}
	signs = append(signs, signSpace(d.config.State), signEnrolment(d.identity, now))
	signs = append(signs, signSpool(d, now)...)
	signs = append(signs, signLog(d)...)
	for _, probe := range needed(ready) {
		signs = append(signs, signSystem(probe)...)
	}
	for _, probe := range ready.Probes {
		for _, file := range probe.Needs().Files {
			signs = append(signs, d.signFile(ctx, file)...)
		}
	}
	return signs, nil
}

// joined lists the errors that errors.Join put together.
func joined(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return several.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// signsOf shows what keeps a run from being prepared: a sign for each fault of the
// configuration, or the sentence and the hint of a problem.
func signsOf(err error) []sign {
	part := scanner.Text{FR: "passage", EN: "run"}
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		var signs []sign
		for _, f := range faults {
			place := settings.Fault{File: f.File, Line: f.Line, Key: f.Key}
			signs = append(signs, sign{placeOf(place), broken, f.What, f.Hint, f.Detail})
		}
		return signs
	}
	if problem, ok := errors.AsType[*cli.Problem](err); ok {
		s := sign{part: part, health: broken, seen: problem.Sentence, hint: problem.Hint}
		if problem.Cause != nil {
			s.detail = problem.Cause.Error()
		}
		return []sign{s}
	}
	return []sign{signOf(part, err)}
}

// signOf is the sign of an error that nobody worded.
func signOf(part scanner.Text, err error) sign {
	return sign{part: part, health: broken, seen: scanner.CausesOf(err).Text(), detail: err.Error()}
}

// placeOf is the place of a fault in words.
func placeOf(f settings.Fault) scanner.Text {
	word := func(l scanner.Lang) string {
		f.What = scanner.Text{}
		return strings.TrimRight(f.Sentence(l), ": \u00a0")
	}
	return scanner.Text{FR: word(scanner.French), EN: word(scanner.English)}
}

// soon is how long before an end a person is told.
const soon = 30 * 24 * time.Hour

func signScope(plan scanner.Plan, now time.Time) sign {
	s := sign{part: scanner.Text{FR: "périmètre autorisé", EN: "authorised scope"}}
	until := plan.Scope.Authorisation.Until
	_, last := plan.Scope.Authorisation.Days()
	day := settings.DayText(last)
	if until.Sub(now) < soon {
		s.health, s.seen = degraded, settings.Say("expire le %s", "expires on %s", day)
		s.hint = scanner.Text{FR: "renouvelez l'autorisation dans scope.authorisation", EN: "renew the authorisation in scope.authorisation"}
		return s
	}
	s.seen = settings.Say("jusqu'au %s", "until %s", day)
	return s
}

// signExclusions tells what each entry keeps from being contacted: a person who reads
// a name that no target has sees a slip of the pen.
func signExclusions(s scanner.Scope) []sign {
	var signs []sign
	for _, words := range exclusions(s) {
		signs = append(signs, sign{part: scanner.Text{FR: "exclu", EN: "excluded"}, seen: words})
	}
	return signs
}

// signProviders shows the third parties that are met beside the scope.
func signProviders(p scanner.Providers) []sign {
	if p.IsZero() {
		return nil
	}
	return []sign{{
		part: scanner.Text{FR: "prestataires", EN: "providers"},
		seen: settings.Say("%s, rencontrés en simple client", "%s, met as an ordinary client", strings.Join(p.List(), ", ")),
	}}
}

// signTargets tells that a run would look at nothing.
func signTargets(ready runner.Prepared) []sign {
	if slices.ContainsFunc(needed(ready), func(p scanner.Probe) bool { return !p.Needs().Recalls }) {
		return nil
	}
	return []sign{{
		part: scanner.Text{FR: "cibles", EN: "targets"}, health: degraded,
		seen: scanner.Text{FR: "rien n'est déclaré : un passage n'examinerait rien", EN: "nothing is declared: a run would look at nothing"},
		hint: scanner.Text{FR: "écrivez par exemple targets.domains et targets.sites", EN: "write for example targets.domains and targets.sites"},
	}}
}

// fewBytes is what a year of daily bundles may need.
const fewBytes = 512 << 20

func signSpace(folder string) sign {
	s := sign{part: scanner.Text{FR: "place sur le disque", EN: "disk space"}}
	free, err := durable.Free(folder)
	if err != nil {
		return signOf(s.part, err)
	}
	s.seen = settings.Say("%d Mio libres", "%d MiB free", free>>20)
	switch {
	case free < 4<<20:
		s.health = broken
	case free < fewBytes:
		s.health = degraded
	}
	return s
}

func signEnrolment(id *identity.Identity, now time.Time) sign {
	s := sign{part: scanner.Text{FR: "enrôlement", EN: "enrolment"}}
	e, err := id.Enrolment()
	if errors.Is(err, identity.ErrNotEnrolled) {
		return sign{
			part: s.part, health: degraded,
			seen: scanner.Text{FR: "agent non enrôlé : les dossiers restent ici", EN: "agent not enrolled: bundles stay here"},
			hint: scanner.Text{FR: "demandez un jeton à votre centre régional, puis « carescan-agent enrol »", EN: "ask your regional centre for a token, then carescan-agent enrol"},
		}
	}
	_, until, errCertificate := e.Validity()
	if err := errors.Join(err, errCertificate); err != nil {
		return signOf(s.part, err)
	}
	day := settings.DayText(until)
	s.seen = settings.Say("%s, certificat jusqu'au %s", "%s, certificate until %s", e.URL, day)
	if !now.Before(until) {
		s.health, s.seen = broken, settings.Say("certificat expiré le %s", "certificate expired on %s", day)
		s.hint = scanner.Text{
			FR: "lancez l'agent : dans les trente jours il le renouvelle de lui-même ; au-delà, demandez un nouveau jeton au centre régional",
			EN: "start the agent: within thirty days it renews it by itself; beyond, ask the regional centre for a new token",
		}
		return s
	}
	if problem := uplink.StateProblem(id, e, nil); problem != nil {
		s.health, s.seen, s.hint = degraded, problem.Sentence, problem.Hint
	}
	return s
}

func signSpool(d *desk, now time.Time) []sign {
	waiting, errWaiting := d.spool.Waiting()
	rejected, errRejected := d.spool.Rejected()
	age, errAge := d.spool.Age(now)
	part := scanner.Text{FR: "dossiers en attente", EN: "bundles waiting"}
	if err := errors.Join(errWaiting, errRejected, errAge); err != nil {
		return []sign{signOf(part, err)}
	}
	queue := sign{part: part, seen: scanner.Text{FR: strconv.Itoa(len(waiting)), EN: strconv.Itoa(len(waiting))}}
	if age > soon/10 {
		queue.health = degraded
		queue.seen = scanner.Text{
			FR: fmt.Sprintf("%d, le plus ancien depuis %d jours", len(waiting), int(age.Hours()/24)),
			EN: fmt.Sprintf("%d, the oldest for %d days", len(waiting), int(age.Hours()/24)),
		}
	}
	refused := sign{part: scanner.Text{FR: "dossiers refusés", EN: "bundles refused"}, seen: scanner.Text{FR: "aucun", EN: "none"}}
	if n := len(rejected); n > 0 {
		refused.health = broken
		refused.seen = scanner.Text{
			FR: fmt.Sprintf("%d : lire le motif à côté de %s", n, rejected[n-1].Path),
			EN: fmt.Sprintf("%d: read the reason beside %s", n, rejected[n-1].Path),
		}
	}
	return []sign{queue, refused}
}

// needed are the probes that would run, each once, in the order of the plan.
func needed(ready runner.Prepared) []scanner.Probe {
	var list []scanner.Probe
	for _, probe := range ready.Probes {
		if slices.ContainsFunc(ready.Plan.Tasks, func(t scanner.Task) bool { return t.Probe == probe.Name() }) {
			list = append(list, probe)
		}
	}
	return list
}

// signSystem tells that a probe does not work on this system.
func signSystem(probe scanner.Probe) []sign {
	systems := probe.Needs().Systems
	if len(systems) == 0 || slices.Contains(systems, runtime.GOOS) {
		return nil
	}
	list := strings.Join(systems, ", ")
	return []sign{{
		part:   scanner.Text{FR: "sonde " + probe.Name(), EN: "probe " + probe.Name()},
		health: broken,
		seen:   scanner.Text{FR: "ne fonctionne que sur " + list, EN: "only works on " + list},
		hint:   scanner.Text{FR: "retirez ses cibles, ou installez l'agent sur un autre système", EN: "remove its targets, or install the agent on another system"},
	}}
}

// signFile reads one declared file as a look would read it. What is wrong is told at
// its line, or at the key that names the file when nothing of it was read.
func (d *desk) signFile(ctx context.Context, file scanner.File) []sign {
	good := sign{part: scanner.Text{FR: "fichier " + file.Path, EN: "file " + file.Path}, seen: scanner.Text{FR: "lu", EN: "read"}}
	info, err := os.Stat(file.Path)
	switch {
	case err != nil && !file.Optional: // what is optional tells itself what it means to lack it
		err = d.config.Place(named(file, settings.Unreadable(err)))
	case err == nil && !info.IsDir() && !info.Mode().IsRegular():
		err = d.config.Place(named(file, settings.Unreadable(bounded.ErrNotRegular)))
	case file.Parse != nil:
		err = file.Parse(ctx)
	}
	health := broken
	if file.Optional {
		health = degraded
	}
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		var signs []sign
		for _, f := range faults {
			f.File = cmp.Or(f.File, file.Path)
			signs = append(signs, sign{placeOf(f), health, f.What, withModel(f.Hint, file.Key), f.Detail})
		}
		return signs
	}
	if err != nil {
		s := signOf(good.part, err)
		s.health, s.hint = health, scanner.Text{FR: "corrigez ce fichier, ou la clé " + file.Key, EN: "correct this file, or the key " + file.Key}
		return []sign{s}
	}
	if file.Secret && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		good.health = broken
		good.seen = scanner.Text{FR: "ce secret est lisible par tous les comptes de la machine", EN: "every account of the machine may read this secret"}
		good.hint = scanner.Text{FR: "chmod 600, et le compte de l'agent pour propriétaire", EN: "chmod 600, and the account of the agent as its owner"}
	}
	return []sign{good}
}

// named puts faults of a file as a whole at the key that names it.
func named(file scanner.File, faults settings.Faults) settings.Faults {
	for i, f := range faults {
		faults[i].Key, faults[i].What = file.Key, settings.Say("%s : %s", "%s: %s", file.Path, f.What)
	}
	return faults
}

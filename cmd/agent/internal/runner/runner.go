// SPDX-License-Identifier: Apache-2.0

// Package runner turns a configuration into one run: it resolves the plan, opens
// the guarded door, hands it to the probes, and seals what came back.
package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/memory"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/profiles"
	"carescan/scanner"
	"carescan/scanner/engine"
	"carescan/scanner/settings"
)

// Program is the name of the agent in bundles and requests.
const Program = "carescan-agent"

// lookTimeout bounds one look once it has begun, waits for our own courtesy apart. The
// longest is the recognition of applications on one site (templates.timeout bounds it
// too).
const lookTimeout = 25 * time.Minute

// Runner runs one configuration.
type Runner struct {
	Config config.Config
	// Pseudonyms stand for people in facts.
	Pseudonyms scanner.Pseudonyms
	// Memory, when set, tells what is new among exposed services.
	Memory *memory.Memory
	// Past, when set, is what earlier runs concluded.
	Past *memory.Past
	// Progress, when set, is told how far the run is each time that changes.
	Progress func(engine.Progress)
	// Spent, when set, is told at the end how many connections each address cost.
	Spent func(map[string]int)
}

// Profiles loads the profiles this configuration may use.
func Profiles(c config.Config) (*profiles.Set, error) {
	if c.ProfilesFolder == "" {
		return profiles.Load(checks.All(), nil)
	}
	set, err := profiles.Load(checks.All(), os.DirFS(c.ProfilesFolder))
	if err != nil {
		return nil, badProfile(c.Place(settings.Faults{{
			Key:    "profiles_folder",
			What:   scanner.Text{FR: "un profil ou un référentiel de ce dossier n'est pas valable", EN: "a profile or a catalog of this folder is not valid"},
			Hint:   scanner.Text{FR: "corrigez le fichier nommé, ou retirez profiles_folder", EN: "correct the file named, or remove profiles_folder"},
			Detail: err.Error(),
		}}))
	}
	return set, nil
}

// Plan resolves what would run, and refuses what may not.
func Plan(c config.Config, now time.Time) (scanner.Plan, error) {
	tasks, err := sources.Tasks(c)
	if err != nil {
		return scanner.Plan{}, fmt.Errorf("plan: %w", err)
	}
	set, err := Profiles(c)
	if err != nil {
		return scanner.Plan{}, err
	}
	if _, err := set.Profile(c.Profile); err != nil {
		var known []string
		for _, p := range set.Profiles() {
			known = append(known, p.ID)
		}
		return scanner.Plan{}, badProfile(c.Place(settings.Faults{settings.Among("profile", c.Profile, known)}))
	}
	plan, err := set.Resolve(c.Profile, scanner.Plan{
		Establishment: c.Establishment.Identity(), Scope: scopeOf(c), Vantage: c.Vantage, Tasks: tasks,
	})
	if err != nil {
		return scanner.Plan{}, badProfile(err)
	}
	plan.Caveats = sealed(Caveats(c, now))
	return plan, requireAuthority(c, now)
}

func badProfile(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le profil n'est pas utilisable", EN: "the profile cannot be used"},
		Hint:     scanner.Text{FR: "voir « carescan-agent profiles list »", EN: "see carescan-agent profiles list"},
		Cause:    cause,
	}
}

// Prepared is a run that is ready to begin: nothing was sent.
type Prepared struct {
	Plan   scanner.Plan
	Door   *door.Door // stopped by whoever prepared it
	Probes []scanner.Probe
}

// Prepare makes everything a run needs, or says all that keeps it from being
// made: what is joined in the error are *cli.Problem, and what could be made comes
// along with its door closed. Whoever scans, shows a plan or examines the agent
// prepares the same.
func (r Runner) Prepare(now time.Time) (Prepared, error) {
	var p Prepared
	var errPlan, errDoor, errProbes error
	p.Plan, errPlan = Plan(r.Config, now)
	p.Door, errDoor = door.Open(r.Config, scopeOf(r.Config), sources.Endpoints(r.Config.Targets))
	p.Probes, p.Plan.Lists, errProbes = r.probes()
	err := errors.Join(errPlan, errDoor, errProbes)
	if err != nil && p.Door != nil {
		p.Door.Stop()
	}
	return p, err
}

func (r Runner) probes() ([]scanner.Probe, []scanner.PublicList, error) {
	probes, consulted, err := sources.Probes(sources.Shared{
		Config: r.Config, Pseudonyms: r.Pseudonyms, Memory: r.Memory, Past: r.Past,
	})
	if err == nil {
		return probes, consulted, nil
	}
	problem := &cli.Problem{Sentence: scanner.Text{FR: "une sonde n'a pas pu être préparée", EN: "a probe could not be prepared"}, Cause: err}
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		problem.Cause = r.Config.Place(faults)
	} else {
		problem.Hint = scanner.Text{FR: "installez de nouveau l'agent, ou signalez-le à votre centre régional", EN: "install the agent again, or tell your regional centre"}
	}
	return probes, nil, problem
}

// Run plans, looks and judges. When its context ends, all traffic stops within
// two seconds and what was seen is still judged.
func (r Runner) Run(ctx context.Context) (scanner.Run, error) {
	p, err := r.Prepare(time.Now())
	if err != nil {
		return scanner.Run{}, err
	}
	defer p.Door.Stop()
	return r.Follow(ctx, p), nil
}

// Follow looks and judges as was prepared. The door is stopped with the context.
func (r Runner) Follow(ctx context.Context, p Prepared) scanner.Run {
	defer context.AfterFunc(ctx, p.Door.Stop)()
	// Whether they could be asked for is told by whatever is contacted later.
	if found, err := p.Door.Exclusions(ctx); err == nil {
		p.Plan.Caveats = append(p.Plan.Caveats, sealed(unfoundExclusions(p.Plan.Scope, found))...)
	}
	e := engine.Engine{
		Probes: p.Probes, Network: p.Door, Timeout: lookTimeout, ConfirmAfter: r.Config.Network.ConfirmAfter,
		Software: cli.Software(Program), Progress: r.Progress,
	}
	run := e.Run(ctx, p.Plan)
	if r.Spent != nil {
		r.Spent(p.Door.Spent())
	}
	return run
}

// SPDX-License-Identifier: Apache-2.0

// Package runner turns a configuration into one run: it resolves the plan, opens
// the guarded door, hands it to the probes, and seals what came back.
package runner

import (
	"context"
	"fmt"
	"os"
	"time"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/door"
	"carescan/cmd/agent/internal/memory"
	"carescan/cmd/internal/cli"
	"carescan/profiles"
	"carescan/scanner"
	"carescan/scanner/engine"
)

// Program is the name of the agent in bundles and requests.
const Program = "carescan-agent"

// lookTimeout bounds one look. The longest is the recognition of applications on
// one site, at one request per second (templates.timeout bounds it too).
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
	// Progress, when set, is told of each look that ended.
	Progress func(engine.Progress)
	// Spent, when set, is told at the end how many connections each address cost.
	Spent func(map[string]int)
}

// Profiles loads the profiles this configuration may use.
func Profiles(c config.Config) (*profiles.Set, error) {
	if c.ProfilesFolder == "" {
		return profiles.Load(checks.All(), nil)
	}
	return profiles.Load(checks.All(), os.DirFS(c.ProfilesFolder))
}

// Plan resolves what would run, and refuses what may not.
func Plan(c config.Config, now time.Time) (scanner.Plan, error) {
	tasks, err := tasksOf(c)
	if err != nil {
		return scanner.Plan{}, fmt.Errorf("plan: %w", err)
	}
	set, err := Profiles(c)
	if err != nil {
		return scanner.Plan{}, badProfile(err)
	}
	plan, err := set.Resolve(c.Profile, scanner.Plan{
		Establishment: establishmentOf(c), Scope: scopeOf(c), Vantage: c.Vantage, Tasks: tasks,
	})
	if err != nil {
		return scanner.Plan{}, badProfile(err)
	}
	return plan, requireAuthority(plan, now)
}

func badProfile(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le profil n'est pas utilisable", EN: "the profile cannot be used"},
		Hint:     scanner.Text{FR: "voir « carescan-agent profiles list »", EN: "see carescan-agent profiles list"},
		Cause:    cause,
	}
}

// establishmentOf trusts that Validate accepted the numbers.
func establishmentOf(c config.Config) scanner.Establishment {
	number, _, _ := scanner.ParseFINESS(c.Establishment.FINESS)
	legal, _, _ := scanner.ParseFINESS(c.Establishment.LegalFINESS)
	return scanner.Establishment{FINESS: number, LegalFINESS: legal, Name: c.Establishment.Name, Region: c.Establishment.Region}
}

// Run plans, looks and judges. When its context ends, all traffic stops within
// two seconds and what was seen is still judged.
func (r Runner) Run(ctx context.Context) (scanner.Run, error) {
	plan, err := Plan(r.Config, time.Now())
	if err != nil {
		return scanner.Run{}, err
	}
	network, err := door.Open(r.Config, plan.Scope)
	if err != nil {
		return scanner.Run{}, err
	}
	defer network.Stop()
	defer context.AfterFunc(ctx, network.Stop)()
	probes, err := r.Probes()
	if err != nil {
		return scanner.Run{}, err
	}
	e := engine.Engine{
		Probes: probes, Network: network, Timeout: lookTimeout, ConfirmAfter: r.Config.Network.ConfirmAfter,
		Software: cli.Software(Program), Progress: r.Progress,
	}
	run := e.Run(ctx, plan)
	if r.Spent != nil {
		r.Spent(network.Spent())
	}
	return run, nil
}

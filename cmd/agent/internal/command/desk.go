// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"path/filepath"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/memory"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/engine"
	"carescan/scanner/probes/history"
	"carescan/scanner/settings"
)

// desk is an opened configuration: its keys, its spool, who it is.
type desk struct {
	config   config.Config
	identity *identity.Identity
	spool    *spool.Spool
	past     *memory.Past
	agentID  string // empty when not enrolled
	warn     func(*cli.Problem)
}

// openDesk opens a configuration. What goes wrong later and stops nothing goes to
// warn.
func openDesk(c config.Config, warn func(*cli.Problem)) (*desk, error) {
	id, err := identity.Open(c.State)
	if err != nil {
		return nil, badState(c, err)
	}
	s, err := spool.Open(spoolFolder(c))
	if err != nil {
		return nil, badState(c, err)
	}
	d := &desk{config: c, identity: id, spool: s, past: memory.OpenPast(c.State), warn: warn}
	return d, d.recogniseEstablishment()
}

// recogniseEstablishment makes the agent speak for the establishment it was
// enrolled for, and no other.
func (d *desk) recogniseEstablishment() error {
	enrolment, err := d.identity.Enrolment()
	if errors.Is(err, identity.ErrNotEnrolled) {
		return nil
	}
	if err != nil {
		return badState(d.config, err)
	}
	d.agentID = enrolment.AgentID
	known := enrolment.Establishment
	if d.config.Establishment.FINESS == "" {
		d.config.Establishment = config.Establishment{
			FINESS: string(known.FINESS), LegalFINESS: string(known.LegalFINESS), Name: known.Name, Region: known.Region,
		}
		return nil
	}
	if number, _, err := scanner.ParseFINESS(d.config.Establishment.FINESS); err != nil || number != known.FINESS {
		return enrolledElsewhere(known, d.config.Establishment.FINESS)
	}
	return nil
}

func enrolledElsewhere(known scanner.Establishment, configured string) error {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "l'agent est enrôlé pour " + string(known.FINESS) + ", mais la configuration dit " + configured,
			EN: "the agent is enrolled for " + string(known.FINESS) + ", but the configuration says " + configured,
		},
		Hint: scanner.Text{
			FR: "corrigez establishment.finess, ou enrôlez un autre agent avec un autre dossier d'état",
			EN: "correct establishment.finess, or enrol another agent with another state folder",
		},
	}
}

// runner makes what runs this configuration.
func (d *desk) runner() (runner.Runner, error) {
	seen, err := memory.Open(d.config.State)
	if err != nil {
		return runner.Runner{}, badState(d.config, err)
	}
	return runner.Runner{
		Config: d.config, Memory: seen, Past: d.past, Pseudonyms: d.identity.Pseudonyms,
	}, nil
}

// look runs once, telling of its progress and of what it cost, when asked to.
func (d *desk) look(ctx context.Context, progress func(engine.Progress), spent func(map[string]int)) (scanner.Run, error) {
	d.catchUp()
	r, err := d.runner()
	if err != nil {
		return scanner.Run{}, err
	}
	r.Progress, r.Spent = progress, spent
	run, err := r.Run(ctx)
	if err != nil {
		return run, err
	}
	if err := r.Memory.Save(); err != nil {
		d.warn(notRemembered(settings.Say(
			"ce qui vient d'être vu n'a pas pu être noté : ce qui est nouveau le sera encore au prochain passage",
			"what was just seen could not be noted: what is new will be new again at the next run"), err))
	}
	return run, nil
}

// recorded tells whether a run of the establishment is known here: remembered, or
// sealed.
func (d *desk) recorded() (bool, error) {
	past, err := d.past.Recall(d.config.Establishment.Identity().Target())
	if err == nil && past.Known > 0 {
		return true, nil
	}
	// A memory that cannot be read is made again of the bundles.
	entries, err := d.spool.All()
	return len(entries) > 0, err
}

// keep seals a run, puts it in the spool and remembers it for the runs to come.
func (d *desk) keep(run scanner.Run) (spool.Sealed, error) {
	d.catchUp()
	sealed, err := runner.Seal(d.spool, d.identity.Key, d.agentID, run)
	if err != nil {
		return sealed, err
	}
	d.remember(history.Sealed{Run: run, Bundle: sealed.Digest, Seq: sealed.Seq})
	return sealed, nil
}

// claim keeps every other program that looks out of the state folder: two would
// give their runs one past, and look at one site at twice the rate that was agreed.
func (d *desk) claim() (release func(), err error) {
	if release, err = cli.Claim(d.config.State); err != nil {
		return nil, badState(d.config, err)
	}
	return release, nil
}

// badState says why the state folder is of no use; what has its own words keeps
// them.
func badState(c config.Config, cause error) error {
	if problem, ok := errors.AsType[*cli.Problem](cause); ok {
		return problem
	}
	return c.Place(settings.Faults{{
		Key:  "state",
		What: settings.Say("le dossier d'état de l'agent n'est pas utilisable (%s)", "the state folder of the agent cannot be used (%s)", c.State),
		Hint: scanner.Text{
			FR: "vérifiez l'existence, les droits et la place de ce dossier",
			EN: "check that this folder exists, its rights and its space",
		},
		Detail: cause.Error(),
	}})
}

func spoolFolder(c config.Config) string { return filepath.Join(c.State, "spool") }

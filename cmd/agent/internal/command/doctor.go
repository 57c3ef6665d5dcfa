// SPDX-License-Identifier: Apache-2.0

package command

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/probes/nuclei"
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

// sign is one part looked at, and what was seen.
type sign struct {
	part   scanner.Text
	health health
	detail scanner.Text
}

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs,
		Short: a.say("Vérifie que l'agent peut travailler, sans rien contacter", "Check that the agent can work, contacting nothing"),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			d, err := openDesk(c)
			if err != nil {
				return err
			}
			return a.showHealth(examine(d, time.Now()))
		},
	}
}

func (a *app) showHealth(signs []sign) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	worst := healthy
	for _, s := range signs {
		worst = max(worst, s.health)
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.health.label().In(a.lang.Lang), s.part.Typeset().In(a.lang.Lang), s.detail.Typeset().In(a.lang.Lang))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if worst == broken {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}

func examine(d *desk, now time.Time) []sign {
	signs := []sign{signScope(d.config, now), signTemplates(d.config.Templates), signSpace(d.config.State), signEnrolment(d.identity, now)}
	signs = append(signs, signSpool(d, now)...)
	return append(signs, signFiles(d.config)...)
}

// soon is how long before an end a person is told.
const soon = 30 * 24 * time.Hour

func signScope(c config.Config, now time.Time) sign {
	s := sign{part: scanner.Text{FR: "périmètre autorisé", EN: "authorised scope"}}
	_, err := runner.Plan(c, now)
	until := c.Scope.Authorisation.Until.End()
	day := settings.LastDay(until).Format(time.DateOnly)
	switch problem := (*cli.Problem)(nil); {
	case errors.As(err, &problem):
		s.health, s.detail = broken, problem.Sentence
	case err != nil:
		s.health, s.detail = broken, scanner.Text{FR: err.Error(), EN: err.Error()}
	case until.Sub(now) < soon:
		s.health, s.detail = degraded, scanner.Text{FR: "expire le " + day, EN: "expires on " + day}
	default:
		s.detail = scanner.Text{FR: "jusqu'au " + day, EN: "until " + day}
	}
	return s
}

// signTemplates tells whether applications can be recognised. Without that, the
// rest of a run goes on.
func signTemplates(c config.Templates) sign {
	s := sign{part: scanner.Text{FR: "reconnaissance d'applications", EN: "recognition of applications"}}
	program, err := runner.TemplateProgram(c)
	if err == nil {
		err = program.Verify()
	}
	if unusable, ok := errors.AsType[*nuclei.Unusable](err); ok {
		s.health = degraded
		s.detail = scanner.Text{FR: unusable.Sentence.FR + " ; " + unusable.Hint.FR, EN: unusable.Sentence.EN + "; " + unusable.Hint.EN}
		return s
	}
	if err != nil {
		return sign{s.part, degraded, scanner.Text{FR: err.Error(), EN: err.Error()}}
	}
	s.detail = scanner.Text{FR: program.Path + " est le programme attendu", EN: program.Path + " is the program expected"}
	return s
}

// fewBytes is what a year of daily bundles may need.
const fewBytes = 512 << 20

func signSpace(folder string) sign {
	s := sign{part: scanner.Text{FR: "place sur le disque", EN: "disk space"}}
	free, err := durable.Free(folder)
	if err != nil {
		return sign{s.part, broken, scanner.Text{FR: err.Error(), EN: err.Error()}}
	}
	s.detail = scanner.Text{FR: fmt.Sprintf("%d Mio libres", free>>20), EN: fmt.Sprintf("%d MiB free", free>>20)}
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
		return sign{s.part, degraded, scanner.Text{FR: "agent non enrôlé : les dossiers restent ici", EN: "agent not enrolled: bundles stay here"}}
	}
	_, until, errCertificate := e.Validity()
	if err := errors.Join(err, errCertificate); err != nil {
		return sign{s.part, broken, scanner.Text{FR: err.Error(), EN: err.Error()}}
	}
	day := until.Format(time.DateOnly)
	s.detail = scanner.Text{FR: e.URL + ", certificat jusqu'au " + day, EN: e.URL + ", certificate until " + day}
	if !now.Before(until) {
		s.health, s.detail = broken, scanner.Text{FR: "certificat expiré le " + day, EN: "certificate expired on " + day}
	}
	return s
}

func signSpool(d *desk, now time.Time) []sign {
	waiting, errWaiting := d.spool.Waiting()
	rejected, errRejected := d.spool.Rejected()
	age, errAge := d.spool.Age(now)
	part := scanner.Text{FR: "dossiers en attente", EN: "bundles waiting"}
	if err := errors.Join(errWaiting, errRejected, errAge); err != nil {
		return []sign{{part, broken, scanner.Text{FR: err.Error(), EN: err.Error()}}}
	}
	queue := sign{part, healthy, scanner.Text{FR: strconv.Itoa(len(waiting)), EN: strconv.Itoa(len(waiting))}}
	if age > soon/10 {
		queue.health = degraded
		queue.detail = scanner.Text{
			FR: fmt.Sprintf("%d, le plus ancien depuis %d jours", len(waiting), int(age.Hours()/24)),
			EN: fmt.Sprintf("%d, the oldest for %d days", len(waiting), int(age.Hours()/24)),
		}
	}
	refused := sign{scanner.Text{FR: "dossiers refusés", EN: "bundles refused"}, healthy, scanner.Text{FR: "aucun", EN: "none"}}
	if n := len(rejected); n > 0 {
		refused.health = broken
		refused.detail = scanner.Text{
			FR: fmt.Sprintf("%d : lire le motif à côté de %s", n, rejected[n-1].Path),
			EN: fmt.Sprintf("%d: read the reason beside %s", n, rejected[n-1].Path),
		}
	}
	return []sign{queue, refused}
}

// signFiles tells which declared files cannot be read.
func signFiles(c config.Config) []sign {
	var signs []sign
	for _, path := range c.Files() {
		s := sign{part: scanner.Text{FR: "fichier " + path, EN: "file " + path}, detail: scanner.Text{FR: "lisible", EN: "readable"}}
		file, err := os.Open(path)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			s.health, s.detail = broken, scanner.Text{FR: err.Error(), EN: err.Error()}
		}
		signs = append(signs, s)
	}
	return signs
}

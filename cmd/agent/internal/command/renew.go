// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/uplink"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) renew() *cobra.Command {
	return &cobra.Command{
		Use: "renew", Args: cobra.NoArgs,
		Short: a.say("Renouvelle le certificat de cet agent sans attendre", "Renew the certificate of this agent without waiting"),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := a.configuration()
			if err != nil {
				return err
			}
			d, err := openDesk(c, once(a.warn))
			if err != nil {
				return err
			}
			return a.renewNow(command.Context(), d)
		},
	}
}

// renewNow asks for a certificate; a daemon that runs takes it over at its next sending.
func (a *app) renewNow(ctx context.Context, d *desk) error {
	if d.agentID == "" {
		return notEnrolled()
	}
	u, err := uplink.New(d.identity, d.spool, cli.Software(runner.Program), d.config.Uplink.Proxy)
	if err != nil {
		return err
	}
	if err := u.Renew(ctx); err != nil {
		return renewalRefused(err)
	}
	e, err := d.identity.Enrolment()
	if err != nil {
		return badState(d.config, err)
	}
	_, until, err := e.Validity()
	if err == nil {
		_, err = fmt.Fprintf(a.out, a.say("Certificat renouvelé, valable jusqu'au %s.\n", "Certificate renewed, valid until %s.\n"), settings.DayText(until).In(a.lang.Lang))
	}
	return err
}

// renewalRefused says why no certificate was given; what has its own words keeps them.
func renewalRefused(cause error) error {
	if problem, ok := errors.AsType[*cli.Problem](cause); ok {
		return problem
	}
	return &cli.Problem{
		Sentence: scanner.Text{FR: "le certificat n'a pas été renouvelé", EN: "the certificate was not renewed"},
		Hint: scanner.Text{
			FR: "vérifiez l'accès à l'agrégateur ; si l'agent est révoqué, ou son certificat échu depuis plus de trente jours, demandez un nouveau jeton au centre régional",
			EN: "check access to the aggregator; if the agent is revoked, or its certificate ended more than thirty days ago, ask the regional centre for a new token",
		},
		Cause: cause,
	}
}

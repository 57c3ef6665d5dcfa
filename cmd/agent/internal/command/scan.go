// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/agent/internal/uplink"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// selection is what the flags change of a configuration.
type selection struct {
	domains         []string
	profile         string
	vantage         string
	authorisedBy    string
	authorisedUntil string
}

func (a *app) selectFlags(command *cobra.Command, s *selection) {
	flags := command.Flags()
	flags.StringArrayVar(&s.domains, "domain", nil, a.say("domaine à examiner (répétable)", "domain to look at (repeatable)"))
	flags.StringVar(&s.profile, "profile", "", a.say("profil à appliquer", "profile to apply"))
	flags.StringVar(&s.vantage, "vantage", "", a.say("d'où l'on regarde : internet ou inside", "where the look is from: internet or inside"))
	flags.StringVar(&s.authorisedBy, "authorised-by", "", a.say("fonction de la personne qui autorise l'examen", "function of the person who authorises the look"))
	flags.StringVar(&s.authorisedUntil, "authorised-until", "", a.say("dernier jour autorisé, compris (heure de Paris), AAAA-MM-JJ", "last day authorised, included (Paris time), YYYY-MM-DD"))
}

// vantages are where an agent may stand.
var vantages = []string{string(scanner.VantageInternet), string(scanner.VantageInside)}

// apply narrows a configuration to what the flags say.
func (s selection) apply(c config.Config) (config.Config, error) {
	if s.profile != "" {
		c.Profile = s.profile
		c = c.From("--profile", "profile")
	}
	if s.vantage != "" {
		c.Vantage = scanner.Vantage(s.vantage)
		if err := oneOf(s.vantage, vantages, scanner.Text{FR: "point de vue", EN: "vantage"}); err != nil {
			return c, err
		}
	}
	c, err := s.authorise(c)
	if err != nil || len(s.domains) == 0 {
		return c, err
	}
	return s.narrow(c)
}

func (s selection) authorise(c config.Config) (config.Config, error) {
	if s.authorisedBy == "" && s.authorisedUntil == "" {
		return c, nil
	}
	if s.authorisedBy == "" || s.authorisedUntil == "" {
		return c, badAuthorisation()
	}
	last, err := settings.ParseDay(s.authorisedUntil)
	if fault, ok := errors.AsType[settings.Fault](err); ok {
		fault.File = "--authorised-until"
		return c, fault
	}
	c.Scope.Authorisation = config.Authorisation{By: s.authorisedBy, Until: last}
	return c.From("--authorised-until", "scope.authorisation"), nil
}

func (s selection) narrow(c config.Config) (config.Config, error) {
	c, err := runner.Narrow(c.From("--domain", "targets"), s.domains)
	if err == nil && len(c.Scope.Names) == 0 && s.authorisedBy != "" {
		// The person who authorises on the command line declares these names.
		for _, name := range c.Targets.Domains {
			c.Scope.Names = append(c.Scope.Names, name, "*."+name)
		}
	}
	return c, err
}

func badAuthorisation() error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "l'autorisation donnée est incomplète", EN: "the authorisation given is incomplete"},
		Hint: scanner.Text{
			FR: "donnez ensemble --authorised-by \"RSSI\" et --authorised-until AAAA-MM-JJ",
			EN: "give --authorised-by \"CISO\" and --authorised-until YYYY-MM-DD together",
		},
	}
}

func (a *app) scan() *cobra.Command {
	var s selection
	var o output
	var send bool
	command := &cobra.Command{
		Use: "scan", Args: cobra.NoArgs,
		Short: a.say("Examine le périmètre autorisé et rend compte", "Look at the authorised scope and report"),
		RunE: func(command *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			c, err := a.configuration()
			if err != nil {
				return err
			}
			if c, err = s.apply(c); err != nil {
				return err
			}
			return a.scanOnce(command.Context(), c, o, send)
		},
	}
	a.selectFlags(command, &s)
	a.outputFlags(command, &o)
	command.Flags().BoolVar(&send, "send", false, a.say("envoyer aussitôt à l'agrégateur ; un envoi qui échoue est dit à part, et le code de sortie reste celui de l'examen", "send to the aggregator at once; a failure to send is told apart, and the exit code stays that of the look"))
	return command
}

func (a *app) scanOnce(ctx context.Context, c config.Config, o output, send bool) error {
	desk, err := openDesk(c, once(a.warn))
	if err != nil {
		return err
	}
	release, err := desk.claim()
	if err != nil {
		return err
	}
	defer release()
	run, err := a.look(ctx, desk)
	if err != nil {
		return err
	}
	sealed, err := desk.keep(run)
	if err != nil {
		// What was seen is shown all the same: it must not be lost with its seal.
		return errors.Join(err, a.write(document(run, nil, run.Names), nil, o))
	}
	if sealed.Beside != nil {
		a.warn(notBeside(sealed.Beside))
	}
	if err := a.deliver(desk, run, sealed.Entry, o); err != nil {
		return err
	}
	if send {
		a.sendApart(ctx, desk, sealed.Entry)
	}
	return exitOf(run)
}

// look runs once, and tells how far it is.
func (a *app) look(ctx context.Context, d *desk) (scanner.Run, error) {
	if a.quiet {
		return d.look(ctx, nil, nil)
	}
	f := a.follow()
	defer f.end()
	return d.look(ctx, f.tell, f.spent)
}

// sendApart sends, and tells what kept it from doing so beside the result of the
// scan, which the exit code says: the run is sealed, and will be sent.
func (a *app) sendApart(ctx context.Context, d *desk, sealed spool.Entry) {
	err := a.send(ctx, d, func(e spool.Entry) bool { return e.ID == sealed.ID })
	if err == nil {
		return
	}
	problem, ok := errors.AsType[*cli.Problem](err)
	if !ok {
		problem = notSent(err)
	}
	a.warn(problem)
}

func notBeside(cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "le passage est scellé et gardé, mais pas tout ce qui l'accompagne : un rapport refait plus tard peut montrer des pseudonymes à la place des noms",
			EN: "the run is sealed and kept, but not all that goes beside it: a report made later may show pseudonyms instead of names",
		},
		Hint: scanner.Text{
			FR: "vérifiez la place et les droits du dossier d'état (state) ; le dossier scellé n'est pas à refaire",
			EN: "check the space and rights of the state folder; the sealed bundle need not be made again",
		},
		Cause: cause,
	}
}

// exitOf is the exit code of a run (architecture.md, Commands): not knowing is
// never passing.
func exitOf(run scanner.Run) error {
	count := run.CountControls()
	switch {
	case count[scanner.NotSatisfied] > 0:
		return cli.Exit(cli.ExitFailed)
	case count[scanner.Satisfied]+count[scanner.ControlNotApplicable] < len(run.Controls) || run.Status != scanner.RunComplete:
		return cli.Exit(cli.ExitIncomplete)
	}
	return nil
}

// send empties the spool. Not to be taken is an error of the bundles that are meant,
// and a warning of others.
func (a *app) send(ctx context.Context, d *desk, meant func(spool.Entry) bool) error {
	u, err := uplink.New(d.identity, d.spool, cli.Software(runner.Program), d.config.Uplink.Proxy)
	if errors.Is(err, identity.ErrNotEnrolled) {
		return notEnrolled()
	}
	if err != nil {
		return err
	}
	u.Tell = a.warn
	before, err := d.spool.Rejected()
	if err != nil {
		return badState(d.config, err)
	}
	if err := u.Flush(ctx); err != nil {
		return notSent(err)
	}
	if err := a.setAside(d, before, meant); err != nil {
		return err
	}
	if alarm, err := d.alarm(); err != nil || alarm != nil {
		return errors.Join(err, asError(alarm))
	}
	if !a.quiet {
		fmt.Fprintln(a.err, a.say("envoyé à l'agrégateur, accusé reçu", "sent to the aggregator, receipt kept"))
	}
	return nil
}

// setAside tells of the bundles that the aggregator did not take since then: an error
// when one that is meant is among them.
func (a *app) setAside(d *desk, before []spool.Entry, meant func(spool.Entry) bool) error {
	after, err := d.spool.Rejected()
	if err != nil {
		return badState(d.config, err)
	}
	var own *cli.Problem
	for _, entry := range after {
		switch {
		case slices.ContainsFunc(before, func(known spool.Entry) bool { return known.ID == entry.ID }):
		case meant(entry):
			if own != nil {
				a.warn(own)
			}
			own = refusedBundle(entry)
		default:
			a.warn(refusedBundle(entry))
		}
	}
	if own == nil {
		return nil
	}
	return own
}

// refusedBundle is for a bundle that will never be sent again as it is.
func refusedBundle(entry spool.Entry) *cli.Problem {
	return &cli.Problem{
		Sentence: settings.Say("l'agrégateur ne prend pas le dossier %s : il est mis de côté", "the aggregator does not take bundle %s: it is set aside", entry.ID),
		Hint:     settings.Say("lisez le motif à côté de %s, et montrez-le à votre centre régional", "read the reason beside %s, and show it to your regional centre", entry.Path),
	}
}

// notSent says why nothing went up, in the words of what kept it when it has some.
func notSent(cause error) *cli.Problem {
	told := cli.Problem{
		Sentence: scanner.Text{FR: "l'envoi à l'agrégateur a échoué ; le dossier scellé est gardé", EN: "sending to the aggregator failed; the sealed bundle is kept"},
		Hint:     scanner.Text{FR: "« carescan-agent run » réessaiera sans fin", EN: "carescan-agent run will try again without end"},
		Cause:    cause,
	}
	if problem, ok := errors.AsType[*cli.Problem](cause); ok {
		told.Sentence = settings.Say("%s : %s", "%s: %s", told.Sentence, problem.Sentence)
		told.Hint, told.Cause = problem.Hint, problem.Cause
	}
	return &told
}

func notEnrolled() error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "cet agent n'est pas enrôlé", EN: "this agent is not enrolled"},
		Hint:     scanner.Text{FR: "demandez un jeton à votre centre régional, puis « carescan-agent enrol --token-file FICHIER »", EN: "ask your regional centre for a token, then carescan-agent enrol --token-file FILE"},
	}
}

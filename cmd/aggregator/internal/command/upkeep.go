// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/cli"
	"carescan/reports"
	"carescan/scanner"
	"carescan/scanner/settings"
)

func (a *app) rebuild() *cobra.Command {
	return &cobra.Command{
		Use: "rebuild", Args: cobra.NoArgs,
		Short: a.say("Recalcule constats et exigences à partir des dossiers scellés", "Derive findings and controls again from the sealed bundles"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error {
			n, err := ingest.Rebuild(ctx, r.store, r.judge)
			if err == nil {
				a.tell("Dossiers relus : %d", "Bundles read: %d", n)
			}
			return err
		}),
	}
}

func (a *app) rejudge() *cobra.Command {
	var dry bool
	command := &cobra.Command{
		Use: "rejudge", Args: cobra.NoArgs,
		Short: a.say("Rejuge tous les dossiers reçus avec les vérifications et référentiels d'aujourd'hui", "Judge all the bundles received again with today's checks and catalogs"),
		RunE: a.inRegion(func(ctx context.Context, r *region) error {
			turns, n, err := ingest.Rejudge(ctx, r.store, r.judge, dry)
			if err != nil {
				return err
			}
			if err := a.tellTurns(turns); err != nil {
				return err
			}
			if dry {
				a.tell("Dossiers relus : %d. Rien n'a été changé : c'était un essai.", "Bundles read: %d. Nothing was changed: this was a trial.", n)
				return nil
			}
			a.tell("Dossiers rejugés : %d", "Bundles judged again: %d", n)
			return nil
		}),
	}
	command.Flags().BoolVar(&dry, "dry-run", false, a.say("dire ce qui changerait, sans rien changer", "tell what would change, and change nothing"))
	return command
}

// tellTurns lists what stands otherwise, one line each.
func (a *app) tellTurns(turns []store.Turn) error {
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, t := range turns {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s → %s\n", t.FINESS, t.Name, t.Target, a.stood(t.About, t.Was), a.stood(t.About, t.Became))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write what changed: %w", err)
	}
	a.tell("Constats et exigences qui changent : %d", "Findings and controls that change: %d", len(turns))
	return nil
}

// stood is where something stood, in words.
func (a *app) stood(about string, v store.Verdict) string {
	switch {
	case v.Outcome == "":
		return a.say("rien", "nothing")
	case about == store.AboutControl:
		return scanner.ControlState(v.Outcome).Label().In(a.lang.Lang)
	}
	words := scanner.Outcome(v.Outcome).Label().In(a.lang.Lang)
	if scanner.Outcome(v.Outcome) == scanner.Fail {
		words += " (" + v.Severity.Label().In(a.lang.Lang) + ")"
	}
	return words
}

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Args: cobra.NoArgs,
		Short: a.say("Examine la base, les dossiers et les clés", "Examine the database, the bundles and the keys"),
		RunE:  a.inRegion(a.examine),
	}
}

// examine stops at the first thing that keeps it from looking further; opening the region has
// already checked the rights of its files.
func (a *app) examine(ctx context.Context, r *region) error {
	if err := r.store.Verify(ctx); err != nil {
		return badFolder(err)
	}
	if err := r.store.CheckIntegrity(ctx); err != nil {
		return badFolder(err)
	}
	a.tell("Base de données : saine, écriture durable", "Database: sound, writes are durable")
	engine, err := r.store.Engine(ctx)
	if err != nil {
		return badFolder(err)
	}
	a.tellEngine(engine)
	n, err := r.store.CheckBlobs(ctx)
	if err != nil {
		return badFolder(err)
	}
	a.tell("Dossiers scellés : %d, tous conformes à leur empreinte", "Sealed bundles: %d, all match their digest", n)
	altered, err := a.examineEvidence(ctx, r)
	if err != nil {
		return badFolder(err)
	}
	if err := a.examineChains(ctx, r); err != nil {
		return badFolder(err)
	}
	disputed, err := r.store.Disagreements(ctx, store.Region(), "")
	if err != nil {
		return badFolder(err)
	}
	a.tellDisputed(disputed)
	if err := a.examineOddities(ctx, r); err != nil {
		return badFolder(err)
	}
	if err := a.examineRounds(ctx, r); err != nil {
		return badFolder(err)
	}
	end := r.authority.NotAfter()
	a.tell("Autorité de certification : valable jusqu'au %s", "Certificate authority: valid until %s", settings.DayText(end).In(a.lang.Lang))
	if altered {
		return cli.Exit(cli.ExitFailed)
	}
	return nil
}

// tellEngine says what keeps the region, and what of it asks for care.
func (a *app) tellEngine(e store.Engine) {
	a.tell("Moteur : %s %s", "Engine: %s %s", e.Name, e.Version)
	if e.Role == "" {
		return
	}
	a.tell("Cloisonnement des établissements : %d tables gardées, le rôle « %s » n'y échappe pas",
		"Separation of establishments: %d tables guarded, the role %s does not escape it", e.Guarded, e.Role)
	a.tell("Place prête jusqu'au %s", "Room ready until %s", settings.DayText(e.Until).In(a.lang.Lang))
	if e.Rest > 0 {
		a.tell("Attention : %d lignes ne sont rangées dans aucun mois ; la tâche « add-months » les range chaque nuit.",
			"Warning: %d rows are kept in no month; the round add-months puts them in theirs each night.", e.Rest)
	}
}

// tellDisputed says which agents claim what the region does not conclude.
func (a *app) tellDisputed(disputed []store.Disagreement) {
	type author struct {
		agent  string
		finess scanner.FINESS
	}
	count := map[author]int{}
	for _, d := range disputed {
		count[author{d.AgentID, d.FINESS}]++
	}
	for who, n := range count {
		a.tell("Attention : l'agent %s (établissement %s) annonce %d verdicts que la région ne conclut pas des mêmes faits ; la page de l'établissement les montre.",
			"Warning: agent %s (establishment %s) announces %d verdicts that the region does not conclude from the same facts; the page of the establishment shows them.",
			who.agent, who.finess, n)
	}
	if len(disputed) == 0 {
		a.tell("Verdicts des agents : la région conclut de même", "Verdicts of the agents: the region concludes the same")
	}
}

// examineOddities tells what no agent that is well does, the newest of each kind.
func (a *app) examineOddities(ctx context.Context, r *region) error {
	const most = 1000
	list, err := r.store.Oddities(ctx, store.Region(), "", time.Now().Add(-store.OddSince), most)
	if err != nil {
		return err
	}
	for _, o := range store.Newest(list) {
		said := o.Sentence()
		a.tell("Attention : agent %s (établissement %s), %s.", "Warning: agent %s (establishment %s), %s.", o.AgentID, o.FINESS, said.In(a.lang.Lang))
	}
	if len(list) == 0 {
		a.tell("Conduite des agents : rien d'inhabituel depuis trente jours", "Conduct of the agents: nothing unusual in thirty days")
	}
	return nil
}

// examineChains tells which bundles an agent sealed and the region lacks, and which
// numbers came twice: a folder put back from an older copy is as sound as another.
func (a *app) examineChains(ctx context.Context, r *region) error {
	chains, err := r.store.Chains(ctx, store.Region(), "")
	if err != nil {
		return err
	}
	for _, c := range chains {
		if len(c.Missing) > 0 {
			a.tell("Attention : agent %s (établissement %s), numéros de dossiers manquants : %s. L'agent renvoie de lui-même, à son prochain envoi, ce qu'il garde encore ; s'il en manque après cela, lancez « carescan-agent resend --from %d » sur place.",
				"Warning: agent %s (establishment %s), numbers of missing bundles: %s. The agent sends again by itself, with its next one, what it still keeps; if some are missing after that, run carescan-agent resend --from %d on site.",
				c.AgentID, c.FINESS, c.Missing, c.Missing[0].From)
		}
		if len(c.Twice) > 0 {
			a.tell("Attention : l'agent %s (établissement %s) a scellé deux dossiers sous un même numéro (%s) : son état a été restauré d'une copie, ou la machine a été clonée. Tous ces dossiers sont gardés.",
				"Warning: agent %s (establishment %s) sealed two bundles under one number (%s): its state was restored from a copy, or the machine was cloned. All these bundles are kept.",
				c.AgentID, c.FINESS, c.Twice)
		}
	}
	if len(chains) == 0 {
		a.tell("Numéros des dossiers : sans manque ni doublon", "Numbers of bundles: none missing, none twice")
	}
	return nil
}

// examineRounds tells which rounds fail, and since when each was last done: nobody
// may be there to do them.
func (a *app) examineRounds(ctx context.Context, r *region) error {
	known, err := r.store.Rounds(ctx, store.Region())
	if err != nil {
		return err
	}
	for _, round := range r.rounds() {
		title, was := round.Title.Typeset().In(a.lang.Lang), known[round.Name]
		switch {
		case was.Failing():
			a.tell("Attention : « %s » a échoué le %s, et sera refait (détail : %s).", "Warning: “%s” failed on %s, and will be done again (detail: %s).",
				title, reports.Moment(was.FailedAt, a.lang.Lang), was.Failure)
		case was.DoneAt.IsZero():
			a.tell("%s : pas encore fait ; « serve » ou « worker » s'en charge.", "%s: not done yet; serve or worker will.", title)
		case time.Since(was.DoneAt) > 2*round.Every:
			a.tell("Attention : « %s » n'a plus été fait depuis le %s ; « serve » ou « worker » tourne-t-il ?",
				"Warning: “%s” has not been done since %s; is serve or worker running?", title, reports.Moment(was.DoneAt, a.lang.Lang))
		default:
			a.tell("%s : fait le %s", "%s: done on %s", title, reports.Moment(was.DoneAt, a.lang.Lang))
		}
	}
	return nil
}

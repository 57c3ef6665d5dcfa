// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/settings"
)

// How the list of checks may be shown.
const (
	asTable = "table"
	asJSON  = "json"
)

func (a *app) checks() *cobra.Command {
	command := &cobra.Command{Use: "checks", Short: a.say("Les vérifications et leur explication", "The checks and their explanation")}
	var format string
	list := &cobra.Command{
		Use: "list", Args: cobra.NoArgs, Short: a.say("Liste les vérifications", "List the checks"),
		RunE: func(*cobra.Command, []string) error { return a.listChecks(format) },
	}
	list.Flags().StringVar(&format, "format", asTable, asTable+"|"+asJSON)
	show := &cobra.Command{
		Use: "show ID", Args: cobra.ExactArgs(1), Short: a.say("Explique une vérification", "Explain a check"),
		RunE: func(_ *cobra.Command, args []string) error { return a.showCheck(args[0]) },
	}
	command.AddCommand(list, show)
	return command
}

// listedCheck is a check as its list shows it.
type listedCheck struct {
	ID         string           `json:"id"`
	Revision   int              `json:"revision"`
	Severity   scanner.Severity `json:"severity"`
	Title      scanner.Text     `json:"title"`
	Fact       string           `json:"fact"`
	Against    string           `json:"against,omitempty"` // kind of the reference fact
	References []string         `json:"references"`
	// Lists are the public lists that the fact is compared with.
	Lists []scanner.PublicList `json:"lists,omitempty"`
}

func (a *app) listChecks(format string) error {
	if err := oneOf(format, []string{asTable, asJSON}, scanner.Text{FR: "format", EN: "format"}); err != nil {
		return err
	}
	consulted := a.publicLists()
	var list []listedCheck
	for _, c := range checks.All() {
		listed := listedCheck{
			ID: c.ID, Revision: c.Revision, Severity: c.Severity, Title: c.Papers.Title(),
			Fact: c.Judge.Fact, Against: c.Judge.Reference, References: c.References,
		}
		if c.Judge.Fact == (fact.Products{}).FactKind() {
			listed.Lists = consulted
		}
		list = append(list, listed)
	}
	if format == asJSON {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(list)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range list {
		fmt.Fprintf(w, "%s/%d\t%s\t%s\n", c.ID, c.Revision, c.Severity.Label().In(a.lang.Lang), c.Title.In(a.lang.Lang))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var sentences []string
	for _, l := range consulted {
		sentences = append(sentences, l.Sentence(time.Now()).In(a.lang.Lang))
	}
	a.section(a.say("Listes publiques consultées", "Public lists consulted"), strings.Join(sentences, "\n"))
	return nil
}

// publicLists are those of the configuration. One that cannot be read is told, and
// the copies of the program are listed instead: the checks need no configuration.
func (a *app) publicLists() []scanner.PublicList {
	c, err := a.configuration()
	if err == nil {
		var consulted []scanner.PublicList
		if consulted, err = sources.Consulted(c.Lists); err == nil {
			return consulted
		}
		if faults, ok := errors.AsType[settings.Faults](err); ok {
			err = badLists(c.Place(faults))
		}
	}
	if problem, ok := errors.AsType[*cli.Problem](err); ok {
		a.warn(problem)
	}
	consulted, err := sources.Consulted(config.Lists{})
	if err != nil {
		return nil // a test reads the copies of the program
	}
	return consulted
}

func badLists(cause error) *cli.Problem {
	return &cli.Problem{
		Sentence: scanner.Text{
			FR: "une liste publique déclarée n'est pas utilisable : celles du programme sont montrées à sa place",
			EN: "a public list that is declared cannot be used: those of the program are shown instead",
		},
		Hint:  scanner.Text{FR: "corrigez la clé nommée ci-dessus, ou retirez-la", EN: "correct the key named above, or remove it"},
		Cause: cause,
	}
}

func (a *app) showCheck(id string) error {
	c, ok := checks.ByID(id)
	if !ok {
		var known []string
		for _, c := range checks.All() {
			known = append(known, c.ID)
		}
		return oneOf(id, known, scanner.Text{FR: "vérification", EN: "check"})
	}
	paper := c.Papers.FR
	if a.lang.Lang == scanner.English {
		paper = c.Papers.EN
	}
	fmt.Fprintf(a.out, "%s\n%s/%d · %s · %s\n", paper.Title, c.ID, c.Revision, c.Severity.Label().In(a.lang.Lang), strings.Join(c.References, ", "))
	a.section(a.say("Pourquoi", "Why"), paper.Why)
	a.section(a.say("Comment c'est jugé", "How it is judged"), paper.How)
	a.section(a.say("Comment corriger", "How to correct"), paper.Fix)
	if paper.Conclude != "" {
		a.section(a.say("Comment conclure", "How to conclude"), paper.Conclude)
	}
	var reasons []string
	for _, key := range slices.Sorted(maps.Keys(paper.Reasons)) {
		reason := paper.Reasons[key]
		if reason.Headline != "" {
			reasons = append(reasons, key+a.say(" : ", ": ")+reason.Headline+".")
			key = "  →"
		}
		reasons = append(reasons, key+a.say(" : ", ": ")+scanner.Outline(reason.Message))
	}
	a.section(a.say("Motifs", "Reasons"), strings.Join(reasons, "\n"))
	a.section(a.say("Paramètres par défaut", "Default parameters"), string(c.Judge.Defaults))
	a.section(a.say("Références", "References"), strings.Join(paper.References, "\n"))
	return nil
}

func (a *app) section(title, body string) {
	fmt.Fprintf(a.out, "\n%s\n  %s\n", title, strings.ReplaceAll(body, "\n", "\n  "))
}

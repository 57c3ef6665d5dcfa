// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"carescan/checks"
	"carescan/scanner"
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
}

func (a *app) listChecks(format string) error {
	if err := oneOf(format, []string{asTable, asJSON}, scanner.Text{FR: "format", EN: "format"}); err != nil {
		return err
	}
	var list []listedCheck
	for _, c := range checks.All() {
		list = append(list, listedCheck{c.ID, c.Revision, c.Severity, c.Papers.Title(), c.Judge.Fact, c.Judge.Reference, c.References})
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
	return w.Flush()
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

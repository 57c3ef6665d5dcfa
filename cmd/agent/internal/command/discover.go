// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/probes/providers"
	"carescan/scanner/settings"
)

// discover finds the servers of providers that serve the declared domains, and
// writes the lines to add. Only resolvers are asked.
func (a *app) discover(ctx context.Context, declared config.Scope, ready runner.Prepared) error {
	var domains []string
	seen := map[string]bool{}
	for _, task := range ready.Plan.Tasks {
		if t := task.Target; t.Kind == scanner.KindDomain && !seen[t.ID] {
			seen[t.ID] = true
			domains = append(domains, t.ID)
		}
	}
	found, err := providers.Find(ctx, ready.Door, domains)
	if err != nil {
		return err
	}
	lines := a.providerLines(declared, found.Servers)
	if lines == "" && len(found.Unknown) == 0 {
		lines = a.say("# Aucun serveur d'un prestataire n'est à déclarer.\n", "# No server of a provider is to be declared.\n")
	}
	fmt.Fprint(a.out, lines)
	if len(found.Unknown) == 0 {
		return nil
	}
	unknown := found.Unknown.Merge()
	a.warn(&cli.Problem{
		Sentence: settings.Say("les serveurs de certains domaines n'ont pas pu être trouvés : %s", "the servers of some domains could not be found: %s", unknown.Text()),
		Hint:     unknown.Remedy(),
	})
	return cli.Exit(cli.ExitIncomplete)
}

// providerLines are the whole of scope.providers, what is written already and what
// is missing, as they can be put in agent.yaml. They are empty when nothing is.
func (a *app) providerLines(declared config.Scope, servers []providers.Server) string {
	var missing, refused strings.Builder
	for _, s := range servers {
		if s.Meeting != scanner.NotDeclared {
			continue
		}
		alone := config.Scope{Names: declared.Names, Ranges: declared.Ranges, ExcludedNames: declared.ExcludedNames, Providers: []string{s.Name}}
		if _, faults := alone.ParseProviders(); len(faults) > 0 {
			fmt.Fprintf(&refused, "# %s\n", faults[0].What.Typeset().In(a.lang.Lang))
			continue
		}
		if word := "    - " + s.Name + " "; !strings.Contains(missing.String(), word) {
			fmt.Fprintf(&missing, "%s# %s\n", word, a.serves(s))
		}
	}
	if missing.Len() == 0 {
		return refused.String()
	}
	var lines strings.Builder
	lines.WriteString(a.say(
		"# À mettre dans agent.yaml à la place de scope.providers, après avoir vérifié que ces serveurs servent\n# bien vos domaines. Ils ne seront rencontrés que comme un client ordinaire les rencontre.\n",
		"# To be put in agent.yaml in place of scope.providers, once you have checked that these servers do serve\n# your domains. They will only be met as an ordinary client meets them.\n"))
	lines.WriteString(refused.String() + "scope:\n  providers:\n")
	for _, written := range declared.Providers {
		lines.WriteString("    - " + strconv.Quote(written) + "\n")
	}
	return lines.String() + missing.String()
}

func (a *app) serves(s providers.Server) string {
	what := a.say("DNS de ", "DNS of ")
	if s.Service == scanner.ServiceMail {
		what = a.say("messagerie de ", "mail of ")
	}
	return what + strings.Join(s.Domains, ", ")
}

// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"net/url"
	"strings"

	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// parseAddress reads the address of an aggregator. It is an https one: a token, a
// certificate request and sealed facts never travel in clear.
func parseAddress(written string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimSpace(written))
	if err != nil || at.Scheme != "https" || at.Hostname() == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" {
		return nil, &cli.Problem{
			Sentence: settings.Say("« %s » n'est pas l'adresse https d'un agrégateur : rien n'a été envoyé", "%q is not the https address of an aggregator: nothing was sent", withoutAccount(written)),
			Hint: scanner.Text{
				FR: "l'agent ne parle à un agrégateur que par TLS : écrivez par exemple https://agregateur.region-exemple.fr:8443, ou demandez un autre jeton au centre régional",
				EN: "the agent speaks to an aggregator over TLS only: write for example https://agregateur.region-exemple.fr:8443, or ask the regional centre for another token",
			},
		}
	}
	at.Path, at.RawPath = strings.TrimRight(at.Path, "/"), ""
	return at, nil
}

// withoutAccount hides the account that an address may carry.
func withoutAccount(written string) string {
	at := strings.LastIndex(written, "@")
	if at < 0 {
		return written
	}
	scheme, _, found := strings.Cut(written[:at], "://")
	if !found {
		return "…" + written[at:]
	}
	return scheme + "://…" + written[at:]
}

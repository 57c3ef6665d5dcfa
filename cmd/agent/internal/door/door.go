// SPDX-License-Identifier: Apache-2.0

// Package door opens the guarded door to the network that a configuration
// describes. It knows the guard and no check, so that no package of the agent
// holds both what may be contacted and what is thought of it.
package door

import (
	"cmp"
	"net"
	"net/url"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/guard"
)

// Door is an opened guard, under a name for those who may not know the guard.
type Door = guard.Guard

// Courtesy is what one address is given at most.
type Courtesy = guard.Courtesy

// Exclusion is what is known of one excluded name.
type Exclusion = guard.Exclusion

// Open closes a guard around a scope, as a configuration asks for. The declared
// "host:port" are where pages and templates may lead, beside 80 and 443.
func Open(c config.Config, scope scanner.Scope, declared []string) (*Door, error) {
	n := c.Network
	resolvers, err := resolversOf(n.Resolvers)
	if err != nil {
		return nil, err
	}
	hints, err := rootHintsOf(n.RootHints)
	if err != nil {
		return nil, err
	}
	opened, err := guard.New(guard.Config{
		Scope: scope, Resolvers: resolvers, Redirects: redirectsOf(n.Redirects),
		RootHints: hints, Sources: sourcesOf(n), Declared: declared, Authorities: n.Revocation == config.RevocationAuthorities,
		From: n.SourceAddress, Intrusive: intrusiveOf(c.Intrusive),
		RatePerHost: n.RequestRate, ConcurrentPerHost: n.ConcurrentPerHost, BudgetPerHost: n.BudgetPerHost,
		Quiet: quietOf(n.QuietHours), UserAgent: userAgent(n.Contact),
	})
	if err != nil {
		return nil, &cli.Problem{
			Sentence: scanner.Text{FR: "les réglages du réseau ne sont pas utilisables", EN: "the network settings cannot be used"},
			Hint:     scanner.Text{FR: "corrigez scope et network dans agent.yaml", EN: "correct scope and network in agent.yaml"},
			Cause:    err,
		}
	}
	return opened, nil
}

func intrusiveOf(i config.Intrusive) scanner.Authorisation {
	return scanner.Authorisation{By: i.By, Reference: i.Reference, From: i.From.Start().UTC(), Until: i.Until.End().UTC()}
}

// sourcesOf lists the "host:port" of the services that tell about targets.
func sourcesOf(n config.Network) []string {
	var sources []string
	for _, address := range []string{n.RDAP, n.CertificateLog} {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" {
			continue // no address, or a file
		}
		sources = append(sources, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	}
	return sources
}

func redirectsOf(list []config.Redirect) map[string]string {
	redirects := map[string]string{}
	for _, r := range list {
		redirects[r.From] = r.To
	}
	return redirects
}

func quietOf(hours []config.Hours) []guard.QuietHours {
	var quiet []guard.QuietHours
	for _, h := range hours {
		quiet = append(quiet, guard.QuietHours{From: h.From, To: h.To})
	}
	return quiet
}

// userAgent names the product and whom to write to, so that whoever reads a log
// can ask to be left alone.
func userAgent(contact string) string {
	if contact == "" {
		return cli.Software("CareScan")
	}
	return cli.Software("CareScan") + " (+" + contact + ")"
}

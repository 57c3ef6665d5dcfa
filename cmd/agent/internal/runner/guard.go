// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
	"carescan/scanner/engine"
)

// guard opens the one door to the network.
func (r Runner) guard(scope scanner.Scope) (*engine.Guard, error) {
	n := r.Config.Network
	resolvers, err := resolversOf(n.Resolvers)
	if err != nil {
		return nil, err
	}
	guard, err := engine.NewGuard(engine.GuardConfig{
		Scope: scope, Resolvers: resolvers, Redirects: redirectsOf(n.Redirects),
		RatePerHost: n.RatePerHost, ConcurrentPerHost: n.ConcurrentPerHost, BudgetPerHost: n.BudgetPerHost,
		Quiet: quietOf(n.QuietHours), UserAgent: userAgent(n.Contact),
	})
	if err != nil {
		return nil, &cli.Problem{
			Sentence: scanner.Text{FR: "les réglages du réseau ne sont pas utilisables", EN: "the network settings cannot be used"},
			Hint:     scanner.Text{FR: "corrigez scope et network dans agent.yaml", EN: "correct scope and network in agent.yaml"},
			Cause:    err,
		}
	}
	return guard, nil
}

func redirectsOf(list []config.Redirect) map[string]string {
	redirects := map[string]string{}
	for _, r := range list {
		redirects[r.From] = r.To
	}
	return redirects
}

func quietOf(hours []config.Hours) []engine.QuietHours {
	var quiet []engine.QuietHours
	for _, h := range hours {
		quiet = append(quiet, engine.QuietHours{From: h.From, To: h.To})
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

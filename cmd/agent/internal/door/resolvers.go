// SPDX-License-Identifier: Apache-2.0

package door

import (
	"net"
	"net/netip"

	"github.com/miekg/dns"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// systemResolvers is where a Unix system keeps its resolvers.
const systemResolvers = "/etc/resolv.conf"

// resolversOf reads the declared resolvers, or the system's.
func resolversOf(declared []string) ([]netip.AddrPort, error) {
	if len(declared) == 0 {
		system, err := dns.ClientConfigFromFile(systemResolvers)
		if err != nil || len(system.Servers) == 0 {
			return nil, noResolver(err)
		}
		for _, server := range system.Servers {
			declared = append(declared, net.JoinHostPort(server, system.Port))
		}
	}
	var resolvers []netip.AddrPort
	for _, written := range declared {
		resolver, err := config.ParseServer(written)
		if err != nil {
			return nil, noResolver(err)
		}
		resolvers = append(resolvers, resolver)
	}
	return resolvers, nil
}

// rootHintsOf reads the declared servers of the root; none leaves the registries
// to the resolvers.
func rootHintsOf(declared []string) ([]netip.AddrPort, error) {
	var hints []netip.AddrPort
	for _, written := range declared {
		hint, err := config.ParseServer(written)
		if err != nil {
			return nil, badRootHint(err)
		}
		hints = append(hints, hint)
	}
	return hints, nil
}

func badRootHint(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "un serveur racine déclaré n'est pas une adresse", EN: "a declared root server is not an address"},
		Hint:     scanner.Text{FR: "corrigez network.root_hints dans agent.yaml", EN: "correct network.root_hints in agent.yaml"},
		Cause:    cause,
	}
}

func noResolver(cause error) error {
	return &cli.Problem{
		Sentence: scanner.Text{FR: "aucun résolveur DNS utilisable", EN: "no usable DNS resolver"},
		Hint: scanner.Text{
			FR: "déclarez network.resolvers dans agent.yaml, par exemple [\"192.0.2.53\"]",
			EN: "declare network.resolvers in agent.yaml, for example [\"192.0.2.53\"]",
		},
		Cause: cause,
	}
}

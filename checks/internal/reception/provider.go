// SPDX-License-Identifier: Apache-2.0

package reception

import (
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Undeclared is the verdict when servers are a provider's that nobody declared, and
// whether there are some. All their names are told: they are to be declared.
func Undeclared(f fact.MailServers) (scanner.Verdict, bool) {
	var providers, names []string
	for _, s := range f.Servers {
		if s.Provider != "" {
			providers, names = append(providers, s.Provider), append(names, s.Name)
		}
	}
	values := scanner.Values{"providers": List(providers), "servers": strings.Join(names, ", ")}
	return scanner.Unknown("provider", values), len(names) > 0
}

// AsClient is the verdict when servers are a declared provider's, of which an
// ordinary client does not see what is judged, and whether there are some.
func AsClient(f fact.MailServers) (scanner.Verdict, bool) {
	var met []string
	for label, h := range Hosts(f) {
		if h.Server.Meeting == scanner.MetAsClient {
			met = append(met, label)
		}
	}
	return Doubt("as-client", met), len(met) > 0
}

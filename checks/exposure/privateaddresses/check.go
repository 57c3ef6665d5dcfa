// SPDX-License-Identifier: Apache-2.0

// Package privateaddresses checks that public names do not show internal
// addresses.
package privateaddresses

import (
	"net/netip"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.private-addresses", Revision: 1, Severity: scanner.Low,
	References: []string{"EXP-DNS-15"},
	Vantage:    scanner.VantageInternet,
	Confirm:    scanner.ConfirmAtOnce,
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.Inventory) scanner.Verdict {
	var internal, unseen []string
	for _, a := range f.Assets {
		if address := firstInternal(a.Addresses); address != "" {
			internal = append(internal, a.Name+" ("+address+")")
		}
		if a.Own && a.Answer == fact.NoAnswer {
			unseen = append(unseen, a.Name)
		}
	}
	switch {
	case len(internal) > 0:
		return scanner.Failed("internal", list(internal))
	case len(unseen) > 0:
		return scanner.Unknown("unseen", list(unseen))
	case len(f.Assets) == 0:
		return scanner.Unknown("empty", nil)
	}
	return scanner.Passed("none", nil)
}

// firstInternal is an address that no one can reach from the internet: private
// (RFC 1918, RFC 4193), shared by a carrier (RFC 6598), loopback or link-local.
func firstInternal(addresses []string) string {
	carrier := netip.MustParsePrefix("100.64.0.0/10")
	for _, text := range addresses {
		addr, err := netip.ParseAddr(text)
		if err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || carrier.Contains(addr)) {
			return text
		}
	}
	return ""
}

func list(names []string) scanner.Values {
	const most = 20
	return scanner.Values{"names": strings.Join(names[:min(len(names), most)], ", ")}
}

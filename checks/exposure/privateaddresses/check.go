// SPDX-License-Identifier: Apache-2.0

// Package privateaddresses checks that public names do not show internal
// addresses.
package privateaddresses

import (
	"net/netip"
	"slices"
	"strings"

	"carescan/checks/internal/inventoried"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.private-addresses", Revision: 3, Severity: scanner.Low,
	References: []string{"EXP-DNS-15"},
	Confirm:    scanner.ConfirmAtOnce,
	Reads:      []string{fact.InventoryAddresses},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.Inventory) scanner.Verdict {
	var internal, unseen []string
	for _, a := range f.Assets {
		if addresses := internals(a.Addresses); len(addresses) > 0 {
			internal = append(internal, a.Name+" ("+strings.Join(addresses, " ")+")")
		}
		if a.Own && (a.Answer == fact.NoAnswer || a.Error != "") { // one family at least is not known
			unseen = append(unseen, a.Name)
		}
	}
	switch {
	case len(internal) > 0:
		return scanner.Failed("internal", inventoried.Names(internal))
	case len(unseen) > 0:
		return scanner.Unknown("unseen", inventoried.Names(unseen))
	}
	if v, settled := inventoried.Settled(f); settled {
		return v
	}
	return scanner.Passed("none", nil)
}

// reserved are ranges that lead to nobody on the internet, beside those that the
// standard library knows: shared by a carrier (RFC 6598), this network and future
// use (RFC 6890), site-local (RFC 3879). Ranges for documentation are left out:
// they show nothing of the inside.
var reserved = []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "fec0::/10"}

// internals are the addresses that no one can reach from the internet: private (RFC
// 1918, RFC 4193), loopback, link-local or reserved.
func internals(addresses []string) (found []string) {
	for _, text := range addresses {
		addr, err := netip.ParseAddr(text)
		addr = addr.Unmap()
		if err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || addr.IsUnspecified() || isReserved(addr)) {
			found = append(found, text)
		}
	}
	return found
}

func isReserved(addr netip.Addr) bool {
	return slices.ContainsFunc(reserved, func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(addr) })
}

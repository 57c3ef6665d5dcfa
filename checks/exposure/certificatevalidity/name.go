// SPDX-License-Identifier: Apache-2.0

package certificatevalidity

import (
	"net/netip"
	"slices"
	"strings"

	"carescan/scanner"
)

// maxNames is how many names of a certificate a fact keeps (fact.Certificate);
// with as many, a missing name may be among those left out.
const maxNames = 100

// covered tells whether one of the names of a certificate is that of the
// service (RFC 9525 section 6): alternative names only, never the common name.
func covered(host string, names []string) bool {
	host = scanner.CanonicalName(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return slices.ContainsFunc(names, func(n string) bool { return isAddress(n, addr) })
	}
	return host != "" && slices.ContainsFunc(names, func(n string) bool { return matches(scanner.CanonicalName(n), host) })
}

func isAddress(name string, addr netip.Addr) bool {
	other, err := netip.ParseAddr(name)
	return err == nil && other.Unmap() == addr.Unmap()
}

// matches lets a wildcard stand for the whole first label and for it alone
// (RFC 9525 section 6.3).
func matches(name, host string) bool {
	if name == host {
		return true
	}
	parent, wildcard := strings.CutPrefix(name, "*.")
	label, rest, dotted := strings.Cut(host, ".")
	return wildcard && dotted && label != "" && rest == parent
}

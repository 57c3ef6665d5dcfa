// SPDX-License-Identifier: Apache-2.0

package nsec

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// Covers tells whether a name falls between an existing name and the next; the
// last one leads back to the top of the zone. A record of a delegation, or of a
// DNAME, says nothing of what is below it (RFC 6840 section 4.1).
func Covers(zone string, n *dns.NSEC, name string) bool {
	owner := n.Hdr.Name
	if StrictlyBelow(name, owner) && HandsOver(n.TypeBitMap) || !dns.IsSubDomain(zone, name) {
		return false
	}
	last := dns.CanonicalName(n.NextDomain) == zone
	return Compare(owner, name) < 0 && (last || Compare(name, n.NextDomain) < 0)
}

// HandsOver tells whether the names below belong elsewhere.
func HandsOver(types []uint16) bool {
	cut := slices.Contains(types, dns.TypeNS) && !slices.Contains(types, dns.TypeSOA)
	return cut || slices.Contains(types, dns.TypeDNAME)
}

// Encloser is the closest existing ancestor that a covering record shows: what
// the name shares with either of its ends.
func Encloser(n *dns.NSEC, name string) string {
	return Tail(name, max(dns.CompareDomainName(name, n.Hdr.Name), dns.CompareDomainName(name, n.NextDomain)))
}

// Tail is the last labels of a name.
func Tail(name string, labels int) string {
	starts := dns.Split(name)
	if labels <= 0 || len(starts) == 0 {
		return "."
	}
	return name[starts[max(0, len(starts)-labels)]:]
}

// ParentOf is a name without its first label.
func ParentOf(name string) string { return Tail(name, dns.CountLabel(name)-1) }

// WildcardOf is the wildcard just under a name.
func WildcardOf(name string) string { return "*." + strings.TrimPrefix(name, ".") }

// StrictlyBelow tells whether a name is under another, and not the same.
func StrictlyBelow(name, top string) bool {
	return dns.IsSubDomain(top, name) && dns.CountLabel(name) > dns.CountLabel(top)
}

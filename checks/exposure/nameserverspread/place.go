// SPDX-License-Identifier: Apache-2.0

package nameserverspread

import (
	"net/netip"
	"slices"
	"strings"

	"carescan/scanner/fact"
)

// The networks that fail together: the smallest that the internet routes.
const (
	prefix4 = 24
	prefix6 = 48
)

// places is where the name servers stand.
type places struct {
	hosts   []string            // that have an address
	v4, v6  map[netip.Addr]bool // distinct addresses
	systems map[uint32]bool     // autonomous systems known
	dual    bool                // some server has an address of each family
	// unlocated tells that the network of some address is not known.
	unlocated bool
	unknown   string // servers whose addresses are not known
}

func placesOf(d fact.Delegation) places {
	p := places{v4: map[netip.Addr]bool{}, v6: map[netip.Addr]bool{}, systems: map[uint32]bool{}}
	var unknown []string
	for _, s := range d.Servers {
		if s.Answer != fact.Present && s.Answer != fact.NoData {
			unknown = append(unknown, s.Host)
		}
		if len(s.Addresses) > 0 {
			p.hosts = append(p.hosts, s.Host)
		}
		p.dual = p.dual || hasBoth(s.Addresses)
		for _, at := range s.Addresses {
			p.add(at)
		}
	}
	if d.More > 0 {
		unknown = append(unknown, "…")
	}
	p.unknown = strings.Join(unknown, ", ")
	return p
}

func hasBoth(addresses []fact.ServerAddress) bool {
	six := func(at fact.ServerAddress) bool { return strings.Contains(at.Address, ":") }
	four := func(at fact.ServerAddress) bool { return !six(at) }
	return slices.ContainsFunc(addresses, six) && slices.ContainsFunc(addresses, four)
}

func (p *places) add(at fact.ServerAddress) {
	addr, err := netip.ParseAddr(at.Address)
	switch {
	case err != nil:
		return
	case addr.Is4():
		p.v4[addr] = true
	default:
		p.v6[addr] = true
	}
	p.unlocated = p.unlocated || at.AS == 0
	if at.AS != 0 {
		p.systems[at.AS] = true
	}
}

// inTwoPrefixes judges on its own each family that has several addresses, since a
// machine with an address of both is still one machine. With one of each, the
// servers stand apart when none has both.
func (p places) inTwoPrefixes() bool {
	four, six := prefixes(p.v4, prefix4) > 1, prefixes(p.v6, prefix6) > 1
	switch {
	case len(p.v4) > 1 && len(p.v6) > 1:
		return four && six
	case len(p.v4) > 1:
		return four
	case len(p.v6) > 1:
		return six
	}
	return !p.dual
}

func prefixes(addresses map[netip.Addr]bool, bits int) int {
	seen := map[netip.Prefix]bool{}
	for addr := range addresses {
		if prefix, err := addr.Prefix(bits); err == nil {
			seen[prefix] = true
		}
	}
	return len(seen)
}

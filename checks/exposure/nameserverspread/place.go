// SPDX-License-Identifier: Apache-2.0

package nameserverspread

import (
	"net/netip"
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

// inTwoPrefixes judges each family on its own, since a machine with an address
// of both is still one machine. A single address of version 6 is a bonus.
func (p places) inTwoPrefixes() bool {
	four, six := prefixes(p.v4, prefix4) > 1, prefixes(p.v6, prefix6) > 1
	switch {
	case len(p.v4) == 0:
		return six
	case len(p.v6) < 2:
		return four
	}
	return four && six
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

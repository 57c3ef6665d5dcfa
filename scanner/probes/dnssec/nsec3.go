// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/nsec"
)

// maxIterations is beyond which NSEC3 proves nothing and the answer is insecure
// (RFC 9276 section 3.2): the limit that resolvers agreed on in 2021.
const maxIterations = 150

// optOut says that a record skips unsigned delegations (RFC 5155 section 6).
const optOut = 1

// nsec3Proof denies with hashed names (RFC 5155 section 8).
type nsec3Proof struct {
	zone    string
	records []*dns.NSEC3
}

// add keeps a record that may count: known hash and flags (RFC 5155 sections
// 8.1 and 8.2), just under the zone, and with the parameters of the first one.
func (p *nsec3Proof) add(zone string, rr dns.RR) {
	n, ok := rr.(*dns.NSEC3)
	if !ok || n.Hash != dns.SHA1 || n.Flags&^optOut != 0 || nsec.ParentOf(n.Hdr.Name) != zone || len(p.records) == maxProofs {
		return
	}
	if len(p.records) > 0 && (p.records[0].Iterations != n.Iterations || !strings.EqualFold(p.records[0].Salt, n.Salt)) {
		return
	}
	p.zone, p.records = zone, append(p.records, n)
}

func (p *nsec3Proof) describe() *fact.Denial {
	d := &fact.Denial{Kind: "nsec3", Iterations: int(p.records[0].Iterations), SaltBytes: int(p.records[0].SaltLength)}
	for _, n := range p.records {
		d.OptOut = d.OptOut || n.Flags&optOut != 0
	}
	return d
}

func (p *nsec3Proof) tooMany() bool { return p.records[0].Iterations > maxIterations }

// noData follows RFC 5155 sections 8.5 to 8.7.
func (p *nsec3Proof) noData(name string, kind uint16) (verdict, proven) {
	if p.tooMany() {
		return insecure(fact.TooManyIterations), proven{}
	}
	if n := p.match(name); n != nil {
		return typeVerdict(name, p.zone, n.TypeBitMap, kind), proven{n.TypeBitMap, true}
	}
	encloser, cover := p.closest(name)
	if cover == nil {
		return bogus(fact.DenialNotProven), proven{}
	}
	if n := p.match(nsec.WildcardOf(encloser)); n != nil {
		return typeVerdict(name, p.zone, n.TypeBitMap, kind), proven{types: n.TypeBitMap}
	}
	if kind == dns.TypeDS && cover.Flags&optOut != 0 {
		return insecure(fact.OptOut), proven{}
	}
	return bogus(fact.DenialNotProven), proven{}
}

// noName follows RFC 5155 section 8.4.
func (p *nsec3Proof) noName(name string) verdict {
	if p.tooMany() {
		return insecure(fact.TooManyIterations)
	}
	encloser, cover := p.closest(name)
	if cover == nil || p.cover(nsec.WildcardOf(encloser)) == nil {
		return bogus(fact.DenialNotProven)
	}
	return unlessOptOut(cover)
}

// noCloser follows RFC 5155 section 8.8.
func (p *nsec3Proof) noCloser(name, ancestor string) verdict {
	if p.tooMany() {
		return insecure(fact.TooManyIterations)
	}
	cover := p.cover(nsec.Tail(name, dns.CountLabel(ancestor)+1))
	if cover == nil {
		return bogus(fact.DenialNotProven)
	}
	return unlessOptOut(cover)
}

// unlessOptOut is secure, unless an unsigned name may hide in the interval (RFC
// 5155 section 9.2).
func unlessOptOut(cover *dns.NSEC3) verdict {
	if cover.Flags&optOut != 0 {
		return insecure(fact.OptOut)
	}
	return secure()
}

// closest is the closest encloser proof (RFC 5155 section 8.3): an ancestor that
// exists, and the cover of the name one label longer.
func (p *nsec3Proof) closest(name string) (encloser string, cover *dns.NSEC3) {
	for next := name; nsec.StrictlyBelow(next, p.zone); next = nsec.ParentOf(next) {
		above := nsec.ParentOf(next)
		if n := p.match(above); n != nil {
			if nsec.HandsOver(n.TypeBitMap) {
				return "", nil
			}
			return above, p.cover(next)
		}
	}
	return "", nil
}

func (p *nsec3Proof) match(name string) *dns.NSEC3 {
	for _, n := range p.records {
		if n.Match(name) {
			return n
		}
	}
	return nil
}

// cover wants the name strictly inside an interval: for the library its lower
// end is covered too, and an existing name would be proven absent.
func (p *nsec3Proof) cover(name string) *dns.NSEC3 {
	for _, n := range p.records {
		if n.Cover(name) && !n.Match(name) {
			return n
		}
	}
	return nil
}

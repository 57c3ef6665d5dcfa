// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"slices"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/nsec"
)

// denial is what the proven NSEC or NSEC3 records of an answer can show absent.
type denial interface {
	// noData tells whether the name has no such type, and the types it has.
	noData(name string, kind uint16) (verdict, proven)
	// noName tells whether the name does not exist, nor a wildcard for it.
	noName(name string) verdict
	// noCloser tells whether nothing exists between a name and the wildcard that
	// answered for it, just under an ancestor (RFC 4035 section 5.3.4).
	noCloser(name, ancestor string) verdict
	describe() *fact.Denial
}

// proven is what a proof of absence tells of a name beside the absence.
type proven struct {
	types []uint16
	exact bool // the types are those of the name itself
}

// delegates tells whether the name is the top of a child zone.
func (p proven) delegates() bool { return p.exact && slices.Contains(p.types, dns.TypeNS) }

// readDenial proves the NSEC and NSEC3 records of an answer. One that is not
// signed as it should counts for nothing; its fault is returned, to explain why
// a denial is not proven.
func (v *validator) readDenial(section []dns.RR, by authority) (denial, verdict, []*dns.RRSIG) {
	fault := bogus(fact.DenialNotProven)
	var sigs []*dns.RRSIG
	var plain nsecProof
	var hashed nsec3Proof
	for _, kind := range []uint16{dns.TypeNSEC, dns.TypeNSEC3} {
		for _, set := range pickAll(section, kind) {
			got, sig := v.verify(set, by)
			if got.state != fact.Secure || int(sig.Labels) != dns.CountLabel(set.name) && !isWildcard(set.name) {
				fault = explain(got, fault)
				continue
			}
			sigs = append(sigs, sig)
			plain.add(by.zone, set.records[0])
			hashed.add(by.zone, set.records[0])
		}
	}
	if len(hashed.records) > 0 && len(plain.records) == 0 {
		return &hashed, fault, sigs
	}
	return &plain, fault, sigs
}

func isWildcard(name string) bool { return len(name) > 1 && name[:2] == "*." }

// explain prefers a fault that was seen to the mere lack of a proof.
func explain(got, before verdict) verdict {
	if got.state == fact.Secure {
		return before
	}
	return got
}

// maxProofs is how many records of proof are looked at: three are the most a
// denial needs (RFC 5155 section 7.2).
const maxProofs = 8

// nsecProof denies with names in clear (RFC 4035 section 5.4).
type nsecProof struct {
	zone    string
	records []*dns.NSEC
}

func (p *nsecProof) add(zone string, rr dns.RR) {
	nsec, ok := rr.(*dns.NSEC)
	if ok && len(p.records) < maxProofs && dns.IsSubDomain(zone, nsec.NextDomain) {
		p.zone, p.records = zone, append(p.records, nsec)
	}
}

func (p *nsecProof) describe() *fact.Denial {
	if len(p.records) == 0 {
		return nil
	}
	return &fact.Denial{Kind: "nsec"}
}

func (p *nsecProof) noData(name string, kind uint16) (verdict, proven) {
	for _, n := range p.records {
		if dns.CanonicalName(n.Hdr.Name) == name {
			return typeVerdict(name, p.zone, n.TypeBitMap, kind), proven{n.TypeBitMap, true}
		}
		// An empty non-terminal: the next name is under it.
		if p.covers(n, name) && nsec.StrictlyBelow(n.NextDomain, name) {
			return secure(), proven{}
		}
	}
	cover := p.covering(name)
	if cover == nil {
		return bogus(fact.DenialNotProven), proven{}
	}
	source := nsec.WildcardOf(nsec.Encloser(cover, name))
	for _, n := range p.records {
		if dns.CanonicalName(n.Hdr.Name) == source {
			return typeVerdict(name, p.zone, n.TypeBitMap, kind), proven{types: n.TypeBitMap}
		}
	}
	return bogus(fact.DenialNotProven), proven{}
}

func (p *nsecProof) noName(name string) verdict {
	cover := p.covering(name)
	if cover == nil || dns.IsSubDomain(name, cover.NextDomain) || p.covering(nsec.WildcardOf(nsec.Encloser(cover, name))) == nil {
		return bogus(fact.DenialNotProven)
	}
	return secure()
}

func (p *nsecProof) noCloser(name, ancestor string) verdict {
	cover := p.covering(name)
	if cover == nil || dns.IsSubDomain(name, cover.NextDomain) || dns.CountLabel(nsec.Encloser(cover, name)) > dns.CountLabel(ancestor) {
		return bogus(fact.DenialNotProven)
	}
	return secure()
}

func (p *nsecProof) covering(name string) *dns.NSEC {
	for _, n := range p.records {
		if p.covers(n, name) {
			return n
		}
	}
	return nil
}

func (p *nsecProof) covers(n *dns.NSEC, name string) bool { return nsec.Covers(p.zone, n, name) }

// typeVerdict reads the types of a name. At a delegation the parent only speaks
// of the DS, and the child's own record never denies it (RFC 6840 section 4.4;
// RFC 4035 section 5.2). An alias has no type of its own (RFC 6840 section 4.3).
func typeVerdict(name, zone string, types []uint16, kind uint16) verdict {
	wrongSide := kind == dns.TypeDS && slices.Contains(types, dns.TypeSOA) && name != "."
	cut := slices.Contains(types, dns.TypeNS) && !slices.Contains(types, dns.TypeSOA) && name != zone
	if slices.Contains(types, kind) || slices.Contains(types, dns.TypeCNAME) || wrongSide || cut && kind != dns.TypeDS {
		return bogus(fact.DenialNotProven)
	}
	return secure()
}

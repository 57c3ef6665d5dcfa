// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"slices"

	"github.com/miekg/dns"

	"carescan/scanner/probes/internal/nsec"
)

// maxDenials is how many records of proof are kept of a zone.
const maxDenials = 64

// maxIterations is beyond which resolvers believe no NSEC3 (RFC 9276 section 3.2), and no
// name is hashed here.
const maxIterations = 150

// denials are the proofs in answers that the resolver has checked: what they show to be
// absent need not be asked (RFC 8198). Names are proven absent by NSEC only: hashed, those
// of a small zone lie so far apart that a short list of words gains nothing from it.
type denials struct {
	zone    string // that signed them
	records []*dns.NSEC
	hashed  []*dns.NSEC3
}

// learn keeps the proofs of an answer that the resolver calls authentic.
func (d *denials) learn(reply *dns.Msg) {
	if !reply.AuthenticatedData {
		return
	}
	for _, rr := range reply.Ns[:min(len(reply.Ns), maxRecords)] {
		if soa, ok := rr.(*dns.SOA); ok {
			d.of(dns.CanonicalName(soa.Hdr.Name))
		}
	}
	for _, rr := range reply.Ns[:min(len(reply.Ns), maxRecords)] {
		if d.zone == "" || !dns.IsSubDomain(d.zone, rr.Header().Name) {
			continue
		}
		switch proof := rr.(type) {
		case *dns.NSEC:
			if len(d.records) < maxDenials && dns.IsSubDomain(d.zone, proof.NextDomain) {
				d.records = append(d.records, proof)
			}
		case *dns.NSEC3:
			if len(d.hashed) < maxDenials && proof.Iterations <= maxIterations {
				d.hashed = append(d.hashed, proof)
			}
		}
	}
}

// lacks tells whether a name is proven to exist without records of a type, nor an alias
// that would lead to some (RFC 8198 sections 5.2 and 5.3).
func (d *denials) lacks(name string, qtype uint16) bool {
	name = dns.CanonicalName(name)
	for _, n := range d.records {
		if dns.CanonicalName(n.Hdr.Name) == name {
			return without(n.TypeBitMap, qtype)
		}
	}
	for _, n := range d.hashed {
		if n.Match(name) {
			return without(n.TypeBitMap, qtype)
		}
	}
	return false
}

// without leaves aside what belongs to another zone: the parent's word on a delegation is
// no word on the names there (RFC 6840 section 4.1).
func without(types []uint16, qtype uint16) bool {
	return !nsec.HandsOver(types) && !slices.Contains(types, qtype) && !slices.Contains(types, dns.TypeCNAME)
}

// of forgets what another zone has said.
func (d *denials) of(zone string) {
	if d.zone != zone {
		*d = denials{zone: zone}
	}
}

// absent tells whether a name is proven not to exist, nor a wildcard for it (RFC 4035
// section 5.4): the rules are those that answers are validated by.
func (d *denials) absent(name string) bool {
	name = dns.CanonicalName(name)
	cover := d.covering(name)
	return cover != nil && !dns.IsSubDomain(name, cover.NextDomain) && d.covering(nsec.WildcardOf(nsec.Encloser(cover, name))) != nil
}

func (d *denials) covering(name string) *dns.NSEC {
	at := slices.IndexFunc(d.records, func(n *dns.NSEC) bool { return nsec.Covers(d.zone, n, name) })
	if at < 0 {
		return nil
	}
	return d.records[at]
}

// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"slices"

	"github.com/miekg/dns"

	"carescan/scanner/probes/internal/nsec"
)

// maxDenials is how many records of proof are kept of a zone.
const maxDenials = 64

// denials are the NSEC records of answers that the resolver has checked: what they prove
// absent need not be asked (RFC 8198). NSEC3 is left out: hashed, the names of a small
// zone lie so far apart that a short list of words gains nothing from it.
type denials struct {
	zone    string // that signed them
	records []*dns.NSEC
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
		proof, ok := rr.(*dns.NSEC)
		if ok && d.zone != "" && len(d.records) < maxDenials && dns.IsSubDomain(d.zone, proof.Hdr.Name) && dns.IsSubDomain(d.zone, proof.NextDomain) {
			d.records = append(d.records, proof)
		}
	}
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

// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/nsec"
)

// finding is what an answer turned out to be.
type finding struct {
	verdict
	answer   fact.Answer
	wildcard bool
	denial   *fact.Denial
	sigs     []*dns.RRSIG
	shown    proven // by a proof of absence
}

// validate judges the answer to a question, with the keys of the zone that
// should have signed it.
func (v *validator) validate(reply *dns.Msg, name string, kind uint16, by authority) finding {
	name = dns.CanonicalName(name)
	if !dnswire.IsConclusive(reply) {
		return finding{verdict: unprovable(fact.NotAnswered), answer: fact.NoAnswer}
	}
	if set := pick(reply.Answer, name, kind); len(set.records) > 0 {
		return v.present(reply, set, by)
	}
	if set := pick(reply.Answer, name, dns.TypeCNAME); len(set.records) > 0 && len(set.sigs) > 0 {
		return v.present(reply, set, by)
	}
	for top := name; nsec.StrictlyBelow(top, by.zone); top = nsec.ParentOf(top) {
		if set := pick(reply.Answer, nsec.ParentOf(top), dns.TypeDNAME); len(set.records) > 0 {
			return v.present(reply, set, by) // the CNAME made from it is never signed (RFC 6672 section 5.3.1)
		}
	}
	if set := pick(reply.Answer, name, dns.TypeCNAME); len(set.records) > 0 {
		return v.present(reply, set, by)
	}
	return v.absent(reply, name, kind, by)
}

// present judges records, and the right of a wildcard to stand for their name.
func (v *validator) present(reply *dns.Msg, set signedSet, by authority) finding {
	got, sig := v.verify(set, by)
	f := finding{verdict: got, answer: fact.Present, sigs: bounded(set.sigs)}
	if got.state != fact.Secure || int(sig.Labels) == labelsOf(set.name) {
		return f
	}
	f.wildcard = true
	proof, fault, _ := v.readDenial(reply.Ns, by)
	f.verdict, f.denial = proof.noCloser(set.name, nsec.Tail(set.name, int(sig.Labels))), proof.describe()
	if f.verdict == bogus(fact.DenialNotProven) {
		f.verdict = fault
	}
	return f
}

// absent judges a denial (RFC 4035 section 5.4). The SOA that comes with it must
// hold too: a resolver wants every set of the answer authentic (RFC 4035 section
// 3.2.3).
func (v *validator) absent(reply *dns.Msg, name string, kind uint16, by authority) finding {
	proof, fault, sigs := v.readDenial(reply.Ns, by)
	f := finding{answer: fact.NoData, denial: proof.describe(), sigs: bounded(sigs)}
	if reply.Rcode == dns.RcodeNameError {
		f.answer, f.verdict = fact.NXDomain, proof.noName(name)
	} else {
		f.verdict, f.shown = proof.noData(name, kind)
	}
	if f.verdict == bogus(fact.DenialNotProven) {
		f.verdict = fault
	}
	for _, set := range pickAll(reply.Ns, dns.TypeSOA) {
		if got, _ := v.verify(set, by); got.state != fact.Secure && f.state != fact.Bogus {
			f.verdict = got
		}
	}
	return f
}

func bounded(sigs []*dns.RRSIG) []*dns.RRSIG { return sigs[:min(len(sigs), maxSignatures)] }

// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"strings"

	"github.com/miekg/dns"
)

// registry is the server of the parent zone: it refers to the servers of its
// children, and answers by itself for the DS records beside them (RFC 4035
// section 3.1.4.1) and for what it has not handed over.
type registry struct{ parent zone }

// ServeDNS answers one question, without recursion.
func (r registry) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	q := question.Question[0] // exactly one, by the library's own acceptance rule
	answer := new(dns.Msg)
	answer.SetReply(question)
	opt := question.IsEdns0()
	child := r.child(q.Name)
	atCut := strings.EqualFold(child, q.Name)
	switch {
	case question.Opcode != dns.OpcodeQuery || q.Qclass != dns.ClassINET || !dns.IsSubDomain(r.parent.origin, q.Name):
		answer.Rcode = dns.RcodeRefused
	case q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR:
		answer.Rcode = dns.RcodeRefused
	case child != "" && (!atCut || q.Qtype != dns.TypeDS):
		answer.Ns = r.parent.find(child, dns.TypeNS)
	default:
		r.parent.answer(q, answer, opt != nil && opt.Do())
	}
	reply(w, question, answer)
}

// child is the delegated zone that holds a name; empty when there is none.
func (r registry) child(name string) string {
	for _, rr := range r.parent.records {
		cut := rr.Header().Name
		if rr.Header().Rrtype == dns.TypeNS && cut != r.parent.origin && dns.IsSubDomain(cut, name) {
			return cut
		}
	}
	return ""
}

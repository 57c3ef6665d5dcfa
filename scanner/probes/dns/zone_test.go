// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// zoneServer answers from the records of a zone file, like a resolver or like a
// server of the zone.
type zoneServer struct {
	records   []dns.RR
	recursive bool
}

func newZone(t testing.TB, recursive bool, text string) *zoneServer {
	t.Helper()
	z := &zoneServer{recursive: recursive}
	parser := dns.NewZoneParser(strings.NewReader("$TTL 300\n"+text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.records = append(z.records, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return z
}

func (z *zoneServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	w.WriteMsg(z.answer(q))
}

func (z *zoneServer) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative, m.RecursionAvailable = !z.recursive, z.recursive
	question := q.Question[0]
	exists := false
	for _, rr := range z.records {
		head := rr.Header()
		exists = exists || dns.IsSubDomain(question.Name, head.Name)
		if head.Name == question.Name && (head.Rrtype == question.Qtype || head.Rrtype == dns.TypeCNAME) {
			m.Answer = append(m.Answer, rr)
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

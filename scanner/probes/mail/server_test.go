// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/loopback"
)

// records is a resolver that knows some records and proves that there are no
// others. Names under "silent.test" get a failure.
type records []dns.RR

func parseRecords(t testing.TB, text string) records {
	t.Helper()
	var all records
	parser := dns.NewZoneParser(strings.NewReader("$ORIGIN test.\n$TTL 300\n"+text), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		all = append(all, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (all records) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	m := all.answer(q)
	m.Compress = true
	if w.LocalAddr().Network() == "udp" && m.Len() > dnswire.UDPSize {
		m.Answer, m.Truncated = nil, true
	}
	w.WriteMsg(m)
}

func (all records) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	if strings.HasSuffix(q.Question[0].Name, "silent.test.") {
		m.Rcode = dns.RcodeServerFailure
		return m
	}
	name, exists := q.Question[0].Name, false
	for range 8 {
		next := ""
		exists = false
		for _, rr := range all {
			owner := rr.Header().Name
			exists = exists || dns.IsSubDomain(name, owner)
			if !strings.EqualFold(owner, name) {
				continue
			}
			if alias, ok := rr.(*dns.CNAME); ok {
				next = alias.Target
				m.Answer = append(m.Answer, rr)
			} else if rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// observe looks at a domain through servers of the test.
func observe(t testing.TB, net *loopback.Network, o Options, domain string) fact.MailPolicy {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	sightings, err := New(o).Observe(t.Context(), net, scanner.DomainTarget(domain))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0].Fact.(fact.MailPolicy)
}

// lookAt looks at a domain of some records.
func lookAt(t testing.TB, text, domain string) fact.MailPolicy {
	t.Helper()
	resolver := loopback.ServeDNS(t, parseRecords(t, text))
	return observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, Options{}, domain)
}

func network(resolver netip.AddrPort) *loopback.Network {
	return &loopback.Network{Recursives: []netip.AddrPort{resolver}}
}

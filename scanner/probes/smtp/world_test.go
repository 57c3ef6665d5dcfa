// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// zone is a resolver in process, which may pretend to check signatures.
type zone struct {
	records []dns.RR
	checked bool // set AD
}

func (z zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable, m.AuthenticatedData = true, z.checked
	question := q.Question[0]
	m.Rcode = dns.RcodeNameError
	for _, rr := range z.records {
		if dns.IsSubDomain(question.Name, rr.Header().Name) {
			m.Rcode = dns.RcodeSuccess
		}
		if rr.Header().Name == question.Name && rr.Header().Rrtype == question.Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	w.WriteMsg(m)
}

func parse(text string) []dns.RR {
	var all []dns.RR
	parser := dns.NewZoneParser(strings.NewReader("$TTL 300\n. IN NS a.root.test.\n"+text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		all = append(all, rr)
	}
	return all
}

const mx = "chu.test. IN MX 10 mx1.chu.test.\n"

// world is a network where mx1.chu.test answers on the ports given; the others
// are closed.
func world(t *testing.T, text string, ports map[string]string) *loopback.Network {
	t.Helper()
	n := &loopback.Network{
		Routes:     map[string]string{},
		Addresses:  map[string][]netip.Addr{"mx1.chu.test": {netip.MustParseAddr("192.0.2.25")}},
		Recursives: []netip.AddrPort{loopback.ServeDNS(t, zone{parse(text), true})},
	}
	for _, port := range []string{"25", "110", "143", "587"} {
		real, ok := ports[port]
		if !ok {
			real = debian.Port(t)
		}
		if !strings.Contains(real, ":") {
			real = "127.0.0.1:" + real
		}
		n.Routes["mx1.chu.test:"+port] = real
	}
	return n
}

// observe looks at chu.test, and wants no error.
func observe(t *testing.T, n *loopback.Network, o Options) (fact.MailServers, scanner.Sighting) {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	sightings, err := New(o).Observe(t.Context(), n, scanner.DomainTarget("chu.test"))
	if err != nil || len(sightings) != 1 {
		t.Fatalf("%d sightings, %v", len(sightings), err)
	}
	f := sightings[0].Fact.(fact.MailServers)
	if most := New(o).Needs().Load.Connections; len(n.Dials()) > most {
		t.Errorf("%d dials, more than the %d announced", len(n.Dials()), most)
	}
	return f, sightings[0]
}

// only is the single address that was looked at.
func only(t *testing.T, f fact.MailServers) fact.MailHost {
	t.Helper()
	if len(f.Servers) != 1 || len(f.Servers[0].Hosts) != 1 {
		t.Fatalf("looked at %+v, want one address of one server", f.Servers)
	}
	return f.Servers[0].Hosts[0]
}

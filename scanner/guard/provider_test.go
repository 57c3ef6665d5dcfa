// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner"
)

var (
	asksNames = scanner.Purpose{Service: scanner.ServiceNames, Domain: "chu.test"}
	asksMail  = scanner.Purpose{Service: scanner.ServiceMail, Domain: "chu.test"}
)

// withProviders is a hospital whose DNS and mail are those of others.
func withProviders(t *testing.T) *Guard {
	t.Helper()
	resolver := startNameServer(t)
	resolver.holds("ns1.provider.example A", "ns1.provider.example. 60 A 9.9.9.53")
	resolver.holds("ns2.provider.example A", "ns2.provider.example. 60 A 9.9.9.54", "ns2.provider.example. 60 A 9.9.9.55")
	resolver.holds("mx1.filter.example A", "mx1.filter.example. 60 CNAME edge.filter.example.", "edge.filter.example. 60 A 9.9.9.25")
	resolver.holds("mx2.filter.example A", "mx2.filter.example. 60 CNAME edge.other.example.", "edge.other.example. 60 A 9.9.9.26")
	resolver.holds("mx3.filter.example A", "mx3.filter.example. 60 A 10.1.2.3")
	resolver.holds("mx4.filter.example A", "mx4.filter.example. 60 A 127.0.0.99")
	resolver.holds("mx5.filter.example A", "mx5.filter.example. 60 CNAME irm.chu.test.", "irm.chu.test. 60 A 9.9.9.27")
	resolver.holds("irm.chu.test A", "irm.chu.test. 60 A 9.9.9.28")
	resolver.holds("mx6.filter.example A", "mx6.filter.example. 60 A 9.9.9.28")
	resolver.holds("private.closed.example A", "private.closed.example. 60 A 10.9.0.5")
	resolver.holds("ns.other.example A", "ns.other.example. 60 A 9.9.9.80")
	resolver.holds("ns.chu.test A", "ns.chu.test. 60 A 9.9.9.81")
	resolver.holds("mx1.chu.test A", "mx1.chu.test. 60 A 127.0.0.1")
	scope := hospital()
	scope.Excluded, scope.ExcludedNames = prefixes("127.0.0.99/32"), []string{"irm.chu.test"}
	scope.Providers = scanner.Providers{Names: []string{"ns1.provider.example", "ns2.provider.example", "*.filter.example", "ns.chu.test"}, Ranges: prefixes("10.9.0.0/24")}
	return newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{resolver.at}})
}

func TestGuard_meetsProviders(t *testing.T) {
	const inScope, asClient scanner.RefusalCode = "", "met"
	for name, test := range map[string]struct {
		host    string
		purpose scanner.Purpose
		plain   scanner.RefusalCode // without a purpose
		want    scanner.RefusalCode // with it
	}{
		"in-scope":              {"mx1.chu.test", asksMail, inScope, asClient},
		"name":                  {"ns1.provider.example", asksNames, scanner.RefusedProvider, asClient},
		"name-in-capitals":      {"NS1.Provider.Example.", asksNames, scanner.RefusedProvider, asClient},
		"below-a-name":          {"mx1.filter.example", asksMail, scanner.RefusedProvider, asClient},
		"declared-address":      {"private.closed.example", asksNames, scanner.RefusedProvider, asClient},
		"address-by-its-digits": {"10.9.0.6", asksNames, scanner.RefusedProvider, asClient},
		"own-name-hosted-away":  {"ns.chu.test", asksNames, scanner.RefusedProvider, asClient},
		"domain-of-others":      {"ns1.provider.example", scanner.Purpose{Service: scanner.ServiceNames, Domain: "other.example"}, scanner.RefusedProvider, scanner.RefusedProvider},
		"domain-excluded":       {"ns1.provider.example", scanner.Purpose{Service: scanner.ServiceNames, Domain: "irm.chu.test"}, scanner.RefusedProvider, scanner.RefusedProvider},
		"unknown-service":       {"ns1.provider.example", scanner.Purpose{Service: "web", Domain: "chu.test"}, scanner.RefusedProvider, scanner.RefusedProvider},
		"undeclared":            {"ns.other.example", asksNames, scanner.RefusedOutOfScope, scanner.RefusedOutOfScope},
		"undeclared-address":    {"9.9.9.53", asksNames, scanner.RefusedOutOfScope, scanner.RefusedOutOfScope},
		"alias-to-others":       {"mx2.filter.example", asksMail, scanner.RefusedProvider, scanner.RefusedOutOfScope},
		"private-address":       {"mx3.filter.example", asksMail, scanner.RefusedProvider, scanner.RefusedOutOfScope},
		"excluded-address":      {"mx4.filter.example", asksMail, scanner.RefusedProvider, scanner.RefusedExcluded},
		"alias-to-excluded":     {"mx5.filter.example", asksMail, scanner.RefusedProvider, scanner.RefusedExcluded},
		"address-of-excluded":   {"mx6.filter.example", asksMail, scanner.RefusedProvider, scanner.RefusedExcluded},
		"excluded-name":         {"irm.chu.test", asksMail, scanner.RefusedExcluded, scanner.RefusedExcluded},
	} {
		t.Run(name, func(t *testing.T) {
			g := withProviders(t)
			for _, asked := range []struct {
				ctx  context.Context
				want scanner.RefusalCode
			}{{t.Context(), test.plain}, {scanner.AsClient(t.Context(), test.purpose), test.want}} {
				err := g.Permits(asked.ctx, test.host)
				if asked.want == inScope || asked.want == asClient {
					if err != nil {
						t.Errorf("Permits = %v", err)
					}
					continue
				}
				wantRefusal(t, err, asked.want)
			}
		})
	}
}

// TestGuard_meetsNoProviderBeforeExclusionsAreKnown: a provider's server may be the
// machine of an excluded name that nobody can tell (docs/adr/0029).
func TestGuard_meetsNoProviderBeforeExclusionsAreKnown(t *testing.T) {
	resolver := startNameServer(t)
	resolver.holds("ns1.provider.example A", "ns1.provider.example. 60 A 9.9.9.53")
	resolver.says("irm.chu.test A", reply{rcode: dns.RcodeServerFailure})
	resolver.says("irm.chu.test AAAA", reply{rcode: dns.RcodeServerFailure})
	scope := hospital()
	scope.ExcludedNames, scope.Providers = []string{"irm.chu.test"}, scanner.Providers{Names: []string{"ns1.provider.example"}}
	g := newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{resolver.at}})
	wantRefusal(t, g.Permits(scanner.AsClient(t.Context(), asksNames), "ns1.provider.example"), scanner.RefusedExcluded)
}

// TestGuard_providersAnswerAtOnePort tries every other door of a provider's server.
func TestGuard_providersAnswerAtOnePort(t *testing.T) {
	g := withProviders(t)
	for _, test := range []struct {
		purpose          scanner.Purpose
		network, address string
	}{
		{asksNames, "tcp", "ns1.provider.example:443"},
		{asksNames, "tcp", "ns1.provider.example:25"},
		{asksNames, "udp", "ns1.provider.example:161"},
		{asksMail, "tcp", "mx1.filter.example:587"},
		{asksMail, "tcp", "mx1.filter.example:53"},
		{asksMail, "udp", "mx1.filter.example:53"},
		{scanner.Purpose{}, "tcp", "mx1.filter.example:25"},
		{scanner.Purpose{}, "udp", "ns1.provider.example:53"},
		{scanner.Purpose{}, "tcp", "10.9.0.5:80"},
	} {
		_, err := g.DialContext(scanner.AsClient(t.Context(), test.purpose), test.network, test.address)
		wantRefusal(t, err, scanner.RefusedProvider)
	}
	wantRefusal(t, g.Pace(t.Context(), "mx1.filter.example"), scanner.RefusedProvider)
	wantRefusal(t, g.Permits(t.Context(), "ns1.provider.example:443"), scanner.RefusedProvider) // where a page leads
}

// TestGuard_remembersTheAddressesOfProviders lets the second address of a name be
// dialled by its digits, once the name was met.
func TestGuard_remembersTheAddressesOfProviders(t *testing.T) {
	g := withProviders(t)
	client := scanner.AsClient(t.Context(), asksNames)
	wantRefusal(t, g.Permits(client, "9.9.9.55"), scanner.RefusedOutOfScope)
	if err := g.Permits(client, "ns2.provider.example"); err != nil {
		t.Fatal(err)
	}
	if err := g.Permits(client, "9.9.9.55"); err != nil {
		t.Errorf("Permits = %v, want the second address of a provider's name", err)
	}
	wantRefusal(t, g.Permits(t.Context(), "9.9.9.55"), scanner.RefusedProvider)
}

func TestMeet(t *testing.T) {
	g := withProviders(t)
	for host, want := range map[string]scanner.Meeting{
		"mx1.chu.test": scanner.MetInScope, "ns1.provider.example": scanner.MetAsClient, "ns.other.example": scanner.NotDeclared,
	} {
		got, err := scanner.Meet(t.Context(), g, host, asksNames)
		if got != want || (err != nil) != (want == scanner.NotDeclared) {
			t.Errorf("Meet %s = %q, %v, want %q", host, got, err, want)
		}
	}
	for _, host := range []string{"irm.chu.test", "mx3.filter.example", "mx4.filter.example"} {
		if got, err := scanner.Meet(t.Context(), g, host, asksMail); got != scanner.MetInScope || err == nil {
			t.Errorf("Meet %s = %q, %v, want a refusal that declaring a provider would not lift", host, got, err)
		}
	}
}

// dnsQuestion is a DNS message as it leaves over UDP.
func dnsQuestion(name string, qtype uint16, change ...func(*dns.Msg)) []byte {
	m := new(dns.Msg).SetQuestion(name, qtype)
	m.SetEdns0(udpSize, true)
	for _, c := range change {
		c(m)
	}
	raw, err := m.Pack()
	if err != nil {
		panic(err) // a message of this file
	}
	return raw
}

func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

func TestReadQuestion(t *testing.T) {
	soa := dnsQuestion("chu.test.", dns.TypeSOA)
	for name, test := range map[string]struct {
		message []byte
		stream  bool
		leaves  bool
	}{
		"soa":               {soa, false, true},
		"below":             {dnsQuestion("_dmarc.CHU.test.", dns.TypeTXT), false, true},
		"over-tcp":          {framed(soa), true, true},
		"transfer":          {framed(dnsQuestion("chu.test.", dns.TypeAXFR)), true, false},
		"increment":         {dnsQuestion("chu.test.", dns.TypeIXFR), false, false},
		"everything":        {dnsQuestion("chu.test.", dns.TypeANY), false, false},
		"above":             {dnsQuestion("test.", dns.TypeNS), false, false},
		"of-others":         {dnsQuestion("recursion-test.example.", dns.TypeA), false, false},
		"look-alike":        {dnsQuestion("xchu.test.", dns.TypeA), false, false},
		"version-bind":      {dnsQuestion("version.bind.", dns.TypeTXT, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }), false, false},
		"chaos-of-ours":     {dnsQuestion("chu.test.", dns.TypeTXT, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }), false, false},
		"update":            {dnsQuestion("chu.test.", dns.TypeSOA, func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }), false, false},
		"notify":            {dnsQuestion("chu.test.", dns.TypeSOA, func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }), false, false},
		"response":          {dnsQuestion("chu.test.", dns.TypeSOA, func(m *dns.Msg) { m.Response = true }), false, false},
		"two-questions":     {dnsQuestion("chu.test.", dns.TypeSOA, func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }), false, false},
		"two-messages":      {append(framed(soa), framed(dnsQuestion("chu.test.", dns.TypeAXFR))...), true, false},
		"half-a-message":    {framed(soa)[:20], true, false},
		"length-alone":      {[]byte{0}, true, false},
		"bytes":             {[]byte("GET / HTTP/1.1\r\n\r\n"), false, false},
		"nothing":           {nil, false, false},
		"transfer-over-udp": {dnsQuestion("chu.test.", dns.TypeAXFR), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := readQuestion(test.message, test.stream, "chu.test", "9.9.9.53:53")
			if test.leaves {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantRefusal(t, err, scanner.RefusedProvider)
		})
	}
}

// FuzzReadQuestion holds that what leaves is a question about the domain.
func FuzzReadQuestion(f *testing.F) {
	f.Add(dnsQuestion("chu.test.", dns.TypeSOA))
	f.Add(dnsQuestion("chu.test.", dns.TypeAXFR))
	f.Fuzz(func(t *testing.T, message []byte) {
		if readQuestion(message, false, "chu.test", "x") != nil {
			return
		}
		m := new(dns.Msg)
		if err := m.Unpack(message); err != nil || !dns.IsSubDomain("chu.test.", m.Question[0].Name) || m.Question[0].Qtype == dns.TypeAXFR {
			t.Errorf("%x would leave: %v, %v", message, m, err)
		}
	})
}

func TestIntroduction(t *testing.T) {
	hello := append([]byte{22, 3, 1, 0, 5}, "hello"...)
	for name, test := range map[string]struct {
		writes []string
		leaves bool // the last one; those before must
	}{
		"greeting":       {[]string{"EHLO agent.test\r\n", "QUIT\r\n"}, true},
		"old-greeting":   {[]string{"helo agent.test\r\n"}, true},
		"handshake":      {[]string{"EHLO agent.test\r\n", "STARTTLS\r\n", string(hello), "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x01x", "\x15\x03\x03\x00\x02xx"}, true},
		"sender":         {[]string{"EHLO agent.test\r\n", "MAIL FROM:<a@b.test>\r\n"}, false},
		"login":          {[]string{"EHLO agent.test\r\n", "AUTH PLAIN AAAA\r\n"}, false},
		"address-check":  {[]string{"VRFY root\r\n"}, false},
		"web":            {[]string{"GET / HTTP/1.1\r\n"}, false},
		"hello-at-once":  {[]string{string(hello)}, false},
		"pipelined":      {[]string{"EHLO agent.test\r\nMAIL FROM:<a@b.test>\r\n"}, false},
		"after-starttls": {[]string{"STARTTLS\r\nEHLO again\r\n"}, false},
		"in-clear-after": {[]string{"STARTTLS\r\n", "EHLO again\r\n"}, false},
		"half-a-line":    {[]string{"EHLO agent.test"}, false},
		"much-data":      {[]string{"STARTTLS\r\n", "\x17" + string(bytes.Repeat([]byte("x"), maxHandshake))}, false},
		"nothing":        {[]string{""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			i := &introduction{server: "9.9.9.25:25"}
			for n, write := range test.writes {
				err := i.read([]byte(write))
				if last := n == len(test.writes)-1; last && !test.leaves {
					wantRefusal(t, err, scanner.RefusedProvider)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestGuard_readsWhatIsSaidToProviders shows that the reading stands on the real
// connection, over both transports.
func TestGuard_readsWhatIsSaidToProviders(t *testing.T) {
	server := startNameServer(t)
	server.holds("chu.test SOA", "chu.test. 60 SOA ns.chu.test. root.chu.test. 1 1 1 1 1")
	scope := hospital()
	scope.Ranges = prefixes("10.0.0.0/8")
	scope.Providers = scanner.Providers{Ranges: prefixes("127.0.0.1/32"), Names: []string{"ns1.provider.example"}}
	g := newGuard(t, Config{Scope: scope, Redirects: map[string]string{"ns1.provider.example:53": server.at.String()}})
	client := scanner.AsClient(t.Context(), asksNames)
	for network, write := range map[string]func([]byte) []byte{"udp": func(m []byte) []byte { return m }, "tcp": framed} {
		conn, err := g.DialContext(client, network, "ns1.provider.example:53")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(write(dnsQuestion("chu.test.", dns.TypeAXFR))); !errors.As(err, new(*scanner.Refusal)) {
			t.Errorf("%s: a transfer left: %v", network, err)
		}
		if _, err := conn.Write(write(dnsQuestion("chu.test.", dns.TypeSOA))); err != nil {
			t.Errorf("%s: a question did not leave: %v", network, err)
		}
		if n, err := conn.Read(make([]byte, 512)); n == 0 {
			t.Errorf("%s: no answer: %v", network, err)
		}
	}
	if server.count("chu.test AXFR") != 0 || server.count("chu.test SOA") != 2 {
		t.Errorf("the server was asked %v", server.asked)
	}
}

// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const (
	testZone = `$TTL 300
@ IN SOA ns1.test. hostmaster.test. 1 7200 3600 1209600 300
@ IN NS ns1.test.
ns1 IN A 127.0.0.1
chu IN NS ns1.chu
chu IN NS ns2.chu
ns1.chu IN A 192.0.2.1
ns2.chu IN A 198.51.100.1
`
	chuZone = `$TTL 300
@ IN SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
@ IN MX 10 mx
@ IN TXT "v=spf1 mx -all"
_dmarc IN TXT "v=DMARC1; p=reject"
ns1 IN A 192.0.2.1
ns2 IN A 198.51.100.1
mx IN A 192.0.2.2
`
)

var chuSOA = &fact.StartOfAuthority{Serial: 2026112201, Refresh: 14400, Retry: 3600, Expire: 1209600, Minimum: 300}

// chuNetwork puts two name servers at their addresses in the world.
func chuNetwork(t *testing.T, registry, one, two netip.AddrPort) *loopback.Network {
	t.Helper()
	resolver := loopback.ServeDNS(t, newZone(t, true, `chu.test. IN NS ns1.chu.test.
chu.test. IN NS ns2.chu.test.
`))
	n := &loopback.Network{
		Recursives: []netip.AddrPort{resolver},
		Routes:     map[string]string{"ns1.chu.test:53": one.String(), "ns2.chu.test:53": two.String()},
		Addresses: map[string][]netip.Addr{
			"ns1.chu.test": {netip.MustParseAddr("192.0.2.1")}, "ns2.chu.test": {netip.MustParseAddr("198.51.100.1")},
		},
	}
	if registry.IsValid() {
		n.Registries = []netip.AddrPort{registry}
	}
	return n
}

// look runs the probe and returns what concerns the servers.
func look(t *testing.T, n *loopback.Network, o Options) (fact.Transfer, fact.Delegation, fact.Recursion) {
	t.Helper()
	sightings, err := New(o).Observe(t.Context(), n, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[1].Fact.(fact.Transfer), sightings[2].Fact.(fact.Delegation), sightings[3].Fact.(fact.Recursion)
}

// states writes how the servers answered, in a line.
func states(d fact.Delegation) string {
	var text []string
	for _, s := range d.Servers {
		for _, at := range s.Addresses {
			text = append(text, fmt.Sprintf("%s %s/%s", s.Host, at.UDP.State, at.TCP.State))
		}
	}
	return strings.Join(text, ", ")
}

func results(r fact.Recursion) string {
	var text []string
	for _, try := range r.Tries {
		text = append(text, string(try.Result))
	}
	return strings.Join(text, ", ")
}

// TestRealServers looks at BIND, NSD and Knot DNS.
func TestRealServers(t *testing.T) {
	t.Parallel()
	root := map[string]string{"example": strings.ReplaceAll(testZone, "chu IN", "other IN")}
	chu := map[string]string{"chu.test": chuZone}
	tests := map[string]struct {
		one, two            func(t *testing.T) netip.AddrPort
		states, transfer    string
		recursion, parentNS string
	}{
		"healthy": {
			one:      func(t *testing.T) netip.AddrPort { return bind.start(t, chu) },
			two:      func(t *testing.T) netip.AddrPort { return nsd.start(t, chu) },
			states:   "ns1.chu.test authoritative/authoritative, ns2.chu.test authoritative/authoritative",
			transfer: "refused, refused", recursion: "no-recursion, no-recursion",
		},
		"lame": {
			one:      func(t *testing.T) netip.AddrPort { return knot.start(t, chu) },
			two:      func(t *testing.T) netip.AddrPort { return nsd.start(t, map[string]string{"other.test": chuZone}) },
			states:   "ns1.chu.test authoritative/authoritative, ns2.chu.test lame/lame",
			transfer: "refused, refused", recursion: "no-recursion, refused",
		},
		"open": {
			one:      func(t *testing.T) netip.AddrPort { return openBIND(bind.start(t, root)).start(t, chu) },
			two:      func(t *testing.T) netip.AddrPort { return givingBIND().start(t, chu) },
			states:   "ns1.chu.test authoritative/authoritative, ns2.chu.test authoritative/authoritative",
			transfer: "refused, delivered", recursion: "recursive, no-recursion",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := nsd.start(t, map[string]string{"test": testZone})
			n := chuNetwork(t, registry, tt.one(t), tt.two(t))
			transfer, d, r := look(t, n, Options{})
			if got := states(d); got != tt.states {
				t.Errorf("got %s\nwant %s", got, tt.states)
			}
			if got := results(r); got != tt.recursion {
				t.Errorf("recursion %s, want %s: %+v", got, tt.recursion, r.Tries)
			}
			if got := string(transfer.Tries[0].Result + ", " + transfer.Tries[1].Result); got != tt.transfer {
				t.Errorf("transfer %s, want %s", got, tt.transfer)
			}
			checkTops(t, d, registry)
		})
	}
}

func checkTops(t *testing.T, d fact.Delegation, registry netip.AddrPort) {
	t.Helper()
	wanted := []string{"ns1.chu.test", "ns2.chu.test"}
	parent := fact.RecordSet{Name: "chu.test", Type: "NS", Answer: fact.Present, Values: wanted, Server: registry.String()}
	if diff := cmp.Diff(parent, d.Parent); diff != "" {
		t.Errorf("parent (-want +got):\n%s", diff)
	}
	for _, s := range d.Servers {
		for _, at := range s.Addresses {
			if at.UDP.State != fact.ServerAuthoritative {
				continue
			}
			if diff := cmp.Diff(chuSOA, at.SOA) + cmp.Diff(wanted, at.NS); diff != "" {
				t.Errorf("%s (-want +got):\n%s", s.Host, diff)
			}
		}
	}
}

// TestOpenUnbound holds why names are asked below "example": a resolver answers
// "invalid" with an authority of its own (RFC 6761 section 6.4), which hides that
// it resolves everything else.
func TestOpenUnbound(t *testing.T) {
	t.Parallel()
	at := openUnbound(loopback.ServeDNS(t, newZone(t, true, soa))).start(t, nil)
	for zone, want := range map[string]string{"": "recursive, recursive", "recursion-test.invalid": "no-recursion, no-recursion"} {
		_, _, r := look(t, chuNetwork(t, netip.AddrPort{}, at, at), Options{RecursionZone: zone})
		if got := results(r); got != want {
			t.Errorf("below %q: %s, want %s (%+v)", zone, got, want, r.Tries)
		}
	}
}

// TestHealthyCost holds what an ordinary domain costs: 20 exchanges at most, the
// lookups of the guard aside.
func TestHealthyCost(t *testing.T) {
	t.Parallel()
	chu := map[string]string{"chu.test": chuZone}
	registry, one := nsd.start(t, map[string]string{"test": testZone}), bind.start(t, chu)
	tests := map[string]struct {
		more []netip.Addr
		want int
	}{
		"one-address-each": {nil, 14},
		"two-addresses":    {[]netip.Addr{netip.MustParseAddr("203.0.113.1")}, 20},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := chuNetwork(t, registry, one, one)
			n.Routes["203.0.113.1:53"] = one.String()
			for host := range n.Addresses {
				n.Addresses[host] = append(n.Addresses[host], tt.more...)
			}
			look(t, n, Options{})
			if got := len(n.Dials()); got != tt.want || got > 20 {
				t.Errorf("%d exchanges, want %d:\n%s", got, tt.want, strings.Join(n.Dials(), "\n"))
			}
		})
	}
}

// habit is a server in process with one way of answering.
func habit(t *testing.T, change func(q, m *dns.Msg)) netip.AddrPort {
	t.Helper()
	zone := newZone(t, false, strings.NewReplacer("@", "chu.test.", "ns1 ", "ns1.chu.test. ", "hostmaster ", "hostmaster.chu.test. ",
		"NS ns1\n", "NS ns1.chu.test.\n", "NS ns2\n", "NS ns2.chu.test.\n").Replace(`@ IN SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ IN NS ns1
@ IN NS ns2
`))
	return loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := zone.answer(q)
		change(q, m)
		w.WriteMsg(m)
	}))
}

func TestServerHabits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(q, m *dns.Msg)
		want   string
	}{
		"healthy":     {func(_, _ *dns.Msg) {}, "authoritative/authoritative"},
		"servfail":    {func(_, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }, "failing/failing"},
		"formerr":     {func(_, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeFormatError, nil }, "failing/failing"},
		"refused":     {func(_, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }, "lame/lame"},
		"not-aa":      {func(_, m *dns.Msg) { m.Authoritative = false }, "lame/lame"},
		"nxdomain":    {func(_, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeNameError, nil }, "lame/lame"},
		"empty":       {func(_, m *dns.Msg) { m.Answer = nil }, "lame/lame"},
		"truncated":   {func(_, m *dns.Msg) { m.Answer, m.Truncated = nil, true }, "authoritative/authoritative"},
		"other-owner": {func(_, m *dns.Msg) { rename(m.Answer) }, "lame/lame"},
		"other-id":    {func(_, m *dns.Msg) { m.Id++ }, "silent/silent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := habit(t, tt.change)
			_, d, _ := look(t, chuNetwork(t, netip.AddrPort{}, at, at), Options{Timeout: 500 * time.Millisecond})
			if want := "ns1.chu.test " + tt.want + ", ns2.chu.test " + tt.want; states(d) != want {
				t.Errorf("got %s, want %s", states(d), want)
			}
			if d.Parent.Answer != fact.NoAnswer || !strings.Contains(d.Parent.Error, "no server of the registry") {
				t.Errorf("parent %+v", d.Parent)
			}
		})
	}
}

func rename(records []dns.RR) {
	for i, rr := range records {
		records[i] = dns.Copy(rr)
		records[i].Header().Name = "other.test."
	}
}

// TestServerDoors holds the ends of a contact: a closed TCP port, nobody, a
// family that is not there, a server outside the scope.
func TestServerDoors(t *testing.T) {
	t.Parallel()
	packets, stream := loopback.ListenBoth(t)
	stream.Close()
	server := &dns.Server{PacketConn: packets, Handler: newZone(t, false, soa+"chu.test. IN NS ns1.chu.test.\nchu.test. IN NS ns2.chu.test.\n")}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	n := chuNetwork(t, netip.AddrPort{}, netip.MustParseAddrPort(packets.LocalAddr().String()), loopback.Free(t))
	n.Addresses["ns3.other.test"] = []netip.Addr{netip.MustParseAddr("203.0.113.9")}
	n.Recursives = []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, "chu.test. IN NS ns1.chu.test.\nchu.test. IN NS ns2.chu.test.\nchu.test. IN NS ns3.other.test.\nchu.test. IN NS ns4.chu.test.\n"))}
	n.Silent = map[string]error{"ns4.chu.test": errors.New("the resolver is silent")}
	_, d, r := look(t, n, Options{Timeout: 10 * time.Second})
	want := "ns1.chu.test authoritative/closed, ns2.chu.test closed/closed, ns3.other.test not-asked/not-asked"
	if got := states(d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if at := d.Servers[0].Addresses[0]; !slices.Equal(at.NS, []string{"ns1.chu.test", "ns2.chu.test"}) {
		t.Errorf("without TCP, the name servers are %v", at.NS)
	}
	if last := d.Servers[3]; last.Answer != fact.NoAnswer || last.Error == "" {
		t.Errorf("the name that could not be looked up: %+v", last)
	}
	if got := results(r); got != "no-recursion, refused, not-asked, not-asked" {
		t.Errorf("recursion %s", got)
	}
	for _, dial := range n.Dials() {
		if strings.HasSuffix(dial, " ns3.other.test:53") {
			t.Errorf("a server outside the scope was dialled: %s", dial)
		}
	}
}

// numbers is a table of networks for one test.
type numbers map[string]uint32

func (n numbers) Locate(addr netip.Addr) (asn uint32, name, country string) {
	return n[addr.String()], "", ""
}

func TestGeographyIsKept(t *testing.T) {
	t.Parallel()
	at := habit(t, func(_, _ *dns.Msg) {})
	_, d, _ := look(t, chuNetwork(t, netip.AddrPort{}, at, at), Options{Geography: numbers{"192.0.2.1": 64500}})
	if one, two := d.Servers[0].Addresses[0].AS, d.Servers[1].Addresses[0].AS; one != 64500 || two != 0 {
		t.Errorf("networks %d and %d", one, two)
	}
}

// TestThousandsOfServers holds that a hostile registry and a hostile zone cost
// no more than eight servers.
func TestThousandsOfServers(t *testing.T) {
	t.Parallel()
	crowd := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		if w.RemoteAddr().Network() == "udp" {
			m.Truncated = true
		} else {
			for i := range 1500 {
				rr, _ := dns.NewRR(fmt.Sprintf("chu.test. 300 IN NS n%d.a.test.", i))
				m.Answer = append(m.Answer, rr)
			}
			m.Compress = true
		}
		w.WriteMsg(m)
	}))
	n := &loopback.Network{Recursives: []netip.AddrPort{crowd}, Registries: []netip.AddrPort{crowd}}
	_, d, r := look(t, n, Options{Timeout: 10 * time.Second})
	if len(d.Servers) != maxServers || d.More < maxValues-maxServers || d.More > 2*maxValues || r.More != d.More {
		t.Errorf("%d servers, %d more", len(d.Servers), d.More)
	}
	if len(d.Parent.Values) > maxValues || !strings.Contains(d.Parent.Error, "were kept") {
		t.Errorf("%d values at the parent, %q", len(d.Parent.Values), d.Parent.Error)
	}
}

func TestSettleReferral(t *testing.T) {
	records := newZone(t, false, "chu.test. IN NS NS1.chu.test.\n").records
	other := newZone(t, false, "test. IN NS ns1.test.\n").records
	tests := map[string]struct {
		reply dns.Msg
		want  fact.Answer
	}{
		"referral":        {dns.Msg{Ns: records}, fact.Present},
		"both-zones":      {dns.Msg{MsgHdr: dns.MsgHdr{Authoritative: true}, Answer: records}, fact.Present},
		"not-delegated":   {dns.Msg{MsgHdr: dns.MsgHdr{Authoritative: true, Rcode: dns.RcodeNameError}}, fact.NXDomain},
		"no-servers":      {dns.Msg{MsgHdr: dns.MsgHdr{Authoritative: true}}, fact.NoData},
		"upward-referral": {dns.Msg{Ns: other}, fact.NoAnswer},
		"denied-in-doubt": {dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeNameError}}, fact.NoAnswer},
		"refused":         {dns.Msg{MsgHdr: dns.MsgHdr{Rcode: dns.RcodeRefused}}, fact.NoAnswer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := fact.RecordSet{Name: "chu.test", Type: "NS", Answer: fact.NoAnswer}
			err := settleReferral(&got, &tt.reply)
			if got.Answer != tt.want || (err == nil) != (tt.want != fact.NoAnswer) {
				t.Errorf("got %+v and %v, want %s", got, err, tt.want)
			}
			if diff := cmp.Diff([]string{"ns1.chu.test"}, got.Values); tt.want == fact.Present && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecursionResult(t *testing.T) {
	record := newZone(t, false, "chu.test. IN NS ns1.chu.test.\n").records
	start := newZone(t, false, soa).records
	head := func(rcode int, available, authoritative bool) dns.MsgHdr {
		return dns.MsgHdr{Rcode: rcode, RecursionAvailable: available, Authoritative: authoritative}
	}
	tests := map[string]struct {
		reply dns.Msg
		want  fact.RecursionResult
	}{
		"refused":       {dns.Msg{MsgHdr: head(dns.RcodeRefused, true, false)}, fact.RecursionRefused},
		"not-available": {dns.Msg{MsgHdr: head(dns.RcodeNameError, false, false)}, fact.RecursionNone},
		"claims-root":   {dns.Msg{MsgHdr: head(dns.RcodeNameError, true, true), Ns: start}, fact.RecursionNone},
		"servfail":      {dns.Msg{MsgHdr: head(dns.RcodeServerFailure, true, false)}, fact.RecursionNone},
		"referral":      {dns.Msg{MsgHdr: head(dns.RcodeSuccess, true, false), Ns: record}, fact.RecursionNone},
		"nothing":       {dns.Msg{MsgHdr: head(dns.RcodeSuccess, true, false)}, fact.RecursionNone},
		"nodata":        {dns.Msg{MsgHdr: head(dns.RcodeSuccess, true, false), Ns: start}, fact.RecursionOpen},
		"nxdomain":      {dns.Msg{MsgHdr: head(dns.RcodeNameError, true, false)}, fact.RecursionOpen},
		"answer":        {dns.Msg{MsgHdr: head(dns.RcodeSuccess, true, false), Answer: record}, fact.RecursionOpen},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, _ := recursionResult(&tt.reply); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestAnotherServerConfirms holds that the second look begins elsewhere.
func TestAnotherServerConfirms(t *testing.T) {
	t.Parallel()
	one, two := loopback.ServeDNS(t, newZone(t, true, hospital)), loopback.ServeDNS(t, newZone(t, true, hospital))
	n := &loopback.Network{Recursives: []netip.AddrPort{one, two}, Registries: []netip.AddrPort{one, two}}
	sightings, err := New(Options{}).Observe(scanner.WithAttempt(t.Context(), 1), n, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	zone, d := sightings[0].Fact.(fact.Zone), sightings[2].Fact.(fact.Delegation)
	if zone.NS.Server != two.String() || d.Parent.Server != two.String() {
		t.Errorf("asked %s and %s, want %s", zone.NS.Server, d.Parent.Server, two)
	}
}

// TestJournalLeavesMailAddresses holds that the evidence has no mail address.
func TestJournalLeavesMailAddresses(t *testing.T) {
	t.Parallel()
	at := habit(t, func(_, _ *dns.Msg) {})
	sightings, err := New(Options{}).Observe(t.Context(), chuNetwork(t, at, at, at), scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	evidence := string(sightings[2].Artifacts[0].Data)
	if strings.Contains(evidence, "hostmaster") || !strings.Contains(evidence, "chu.test NS at the registry") {
		t.Errorf("evidence:\n%s", evidence)
	}
}

// FuzzServerAnswers reads foreign messages as what a registry or a name server
// says.
func FuzzServerAnswers(f *testing.F) {
	zone := newZone(f, false, soa+hospital)
	for _, qtype := range []uint16{dns.TypeSOA, dns.TypeNS} {
		raw, err := zone.answer(new(dns.Msg).SetQuestion("chu.test.", qtype)).Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		set := fact.RecordSet{Name: "chu.test", Answer: fact.NoAnswer}
		if err := settleReferral(&set, m); err != nil && set.Answer != fact.NoAnswer {
			t.Errorf("%v, yet the answer is %s", err, set.Answer)
		}
		if set.Answer.Absent() && !m.Authoritative || len(set.Values) > maxValues {
			t.Errorf("set %+v of %v", set, m)
		}
		if got := authority("chu.test", m); got.State == fact.ServerAuthoritative && !m.Authoritative {
			t.Errorf("authority in %v", m)
		}
		if got, _ := recursionResult(m); got == fact.RecursionOpen && !m.RecursionAvailable {
			t.Errorf("recursion in %v", m)
		}
	})
}

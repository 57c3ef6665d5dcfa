// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/loopback"
)

func smallWorld(t *testing.T) *world {
	t.Helper()
	return newWorld(t, []recipe{
		{name: "good"},
		{name: "plain", plain: true, prints: "none"},
		{name: "expired", sign: []string{"-s", "20200101000000", "-e", "20200201000000"}},
	})
}

// TestLoadOfHealthyDomains counts what healthy domains cost: at most 20
// exchanges for a signed one of two servers, 6 for an unsigned one.
func TestLoadOfHealthyDomains(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	for name, want := range map[string]int{"good.test": 18, "plain.test": 5} {
		door := w.door(name)
		f := observe(t, w, door, name)
		if got := len(door.Dials()); got != want || f.Queries != want {
			t.Errorf("%s: %d dials, %d queries, want %d: %v", name, got, f.Queries, want, door.Dials())
		}
	}
}

// TestResolverWhoValidates looks through a real Unbound, and keeps what it
// concludes by itself.
func TestResolverWhoValidates(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	resolver := startUnbound(t, w)
	tests := map[string]struct {
		state     fact.Security
		sets      fact.Security
		code      string
		authentic bool
		errors    bool
	}{
		"good.test":    {fact.Secure, fact.Secure, "NOERROR", true, false},
		"plain.test":   {fact.Insecure, "", "NOERROR", false, false},
		"expired.test": {fact.Secure, fact.Bogus, "SERVFAIL", false, true}, // RFC 8914 section 4.7 or 4.8
	}
	for name, tt := range tests {
		f := observe(t, w, w.door(name, resolver), name)
		o := f.Opinions[0]
		if f.State != tt.state || o.Code != tt.code || o.Authentic != tt.authentic || len(o.Errors) > 0 != tt.errors {
			t.Errorf("%s is %s (%s), and for the resolver %+v", name, f.State, f.Reason, o)
		}
		for _, s := range f.Servers {
			for _, set := range s.Sets {
				if set.State != tt.sets {
					t.Errorf("%s at %s: %+v", name, s.Server, set)
				}
			}
		}
	}
}

const resolverConf = `server:
	directory: %[1]q
	username: ""
	chroot: ""
	pidfile: ""
	interface: 127.0.0.1
	port: %[2]d
	use-syslog: no
	verbosity: 1
	ede: yes
	do-not-query-localhost: no
	module-config: "validator iterator"
	trust-anchor-file: %[3]q
	local-zone: "test." nodefault
remote-control:
	control-enable: no
forward-zone:
	name: "."
	forward-addr: 127.0.0.1@%[4]d
`

// startUnbound starts a resolver in front of the first server of a world.
func startUnbound(t *testing.T, w *world) netip.AddrPort {
	t.Helper()
	server := debian.Program(t, "unbound", "unbound")
	at := loopback.Free(t)
	anchors := w.file(t, "anchors", strings.Join(w.anchor, "\n")+"\n")
	conf := w.file(t, "unbound.conf", fmt.Sprintf(resolverConf, w.dir, at.Port(), anchors, w.first.Port()))
	debian.NameServer(t, exec.Command(server, "-d", "-c", conf), at)
	return at
}

// TestServersOutOfScope holds that the resolvers stand for servers we may not
// ask, who are listed all the same.
func TestServersOutOfScope(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	for name, want := range map[string]fact.Security{"good.test": fact.Secure, "expired.test": fact.Bogus} {
		door := &loopback.Network{Recursives: []netip.AddrPort{w.first, w.second}, Addresses: map[string][]netip.Addr{}}
		for _, server := range []string{"ns1.", "ns2."} {
			door.Addresses[server+name] = []netip.Addr{netip.MustParseAddr("192.0.2.53")}
		}
		f := observe(t, w, door, name)
		if len(f.Servers) != 3 || f.Servers[0].Contact != fact.ContactNotAsked || !f.Servers[2].Recursive || f.Servers[2].Sets[1].State != want {
			t.Errorf("%s: %+v", name, f.Servers)
		}
		for _, dial := range door.Dials() {
			if strings.Contains(dial, "ns1.") || strings.Contains(dial, "ns2.") {
				t.Errorf("a server outside the scope was dialled: %s", dial)
			}
		}
	}
}

// TestAnotherAttempt holds that the look that confirms begins with another
// resolver.
func TestAnotherAttempt(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	p, err := New(Options{Anchor: w.anchor})
	if err != nil {
		t.Fatal(err)
	}
	for attempt, want := range []netip.AddrPort{w.first, w.second, w.first} {
		door := w.door("good.test", w.first, w.second)
		ctx := scanner.WithAttempt(t.Context(), attempt)
		if _, err := p.Observe(ctx, door, scanner.DomainTarget("good.test")); err != nil {
			t.Fatal(err)
		}
		if got := door.Dials()[0]; got != "udp "+want.String() {
			t.Errorf("attempt %d begins with %s, want %s", attempt, got, want)
		}
	}
}

// relay answers what a real server says, once changed.
func relay(to netip.AddrPort, change func(q, m *dns.Msg)) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		m, err := dns.Exchange(q, to.String())
		if err != nil {
			return
		}
		change(q, m)
		if _, udp := w.RemoteAddr().(*net.UDPAddr); udp && m.Len() > dnswire.UDPSize {
			m.Truncate(dnswire.UDPSize)
		}
		w.WriteMsg(m)
	}
}

func strip(kinds ...uint16) func(q, m *dns.Msg) {
	drop := func(rr dns.RR) bool { return slices.Contains(kinds, rr.Header().Rrtype) }
	return func(_, m *dns.Msg) { m.Answer, m.Ns = slices.DeleteFunc(m.Answer, drop), slices.DeleteFunc(m.Ns, drop) }
}

// TestResolversAtFault holds that the faults of resolvers are not those of the
// domain: another one is asked, and without it nothing is concluded.
func TestResolversAtFault(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	code := func(code int) func(q, m *dns.Msg) { return func(_, m *dns.Msg) { m.Rcode = code } }
	tests := map[string]struct {
		change func(q, m *dns.Msg)
		want   fact.SecurityReason
	}{
		"drops-signatures": {strip(dns.TypeRRSIG), fact.AnchorUnproven},
		"drops-keys":       {strip(dns.TypeDNSKEY), fact.AnchorUnproven},
		"servfail":         {code(dns.RcodeServerFailure), fact.NotAnswered},
		"refused":          {code(dns.RcodeRefused), fact.NotAnswered},
		"no-recursion":     {func(_, m *dns.Msg) { m.RecursionAvailable, m.Authoritative = false, false }, fact.NotAnswered},
		"other-question":   {func(_, m *dns.Msg) { m.Question[0].Name = "other.test." }, fact.NotAnswered},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faulty := loopback.ServeDNS(t, relay(w.first, tt.change))
			p, err := New(Options{Anchor: w.anchor, Timeout: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			for resolvers, want := range map[*loopback.Network]string{
				w.door("good.test", faulty):          state(fact.Indeterminate, tt.want),
				w.door("good.test", faulty, w.first): "secure",
			} {
				sightings, err := p.Observe(t.Context(), resolvers, scanner.DomainTarget("good.test"))
				if err != nil {
					t.Fatal(err)
				}
				if f := sightings[0].Fact.(fact.DNSSEC); state(f.State, f.Reason) != want {
					t.Errorf("%+v, want %s", f, want)
				}
			}
		})
	}
}

// crowd adds keys of the same tag, and signatures by each, to every set: the
// attack of CVE-2023-50387.
func crowd(_, m *dns.Msg) {
	var more []dns.RR
	for _, rr := range m.Answer {
		for i := range 30 {
			switch rr := dns.Copy(rr).(type) {
			case *dns.RRSIG:
				rr.Signature = strings.Repeat("A", 43) + fmt.Sprintf("%02d", i) + rr.Signature[45:]
				more = append(more, rr)
			case *dns.DNSKEY:
				rr.Flags |= uint16(i) << 9 // unknown flags, and another tag for each
				more = append(more, rr)
			}
		}
	}
	m.Answer = append(more, m.Answer...)
}

// thousands answers more records than are looked at.
func thousands(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative, m.Compress = true, true
	m.Truncated = w.RemoteAddr().Network() == "udp"
	for i := range 3000 {
		if !m.Truncated {
			head := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}
			m.Answer = append(m.Answer, &dns.A{Hdr: head, A: []byte{192, 0, byte(i >> 8), byte(i)}})
		}
	}
	w.WriteMsg(m)
}

// TestServersAtFault holds that a server who answers badly leaves a bounded look
// and a state that says why, beside the other server, who is whole.
func TestServersAtFault(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	tests := map[string]struct {
		handler dns.HandlerFunc
		want    string // of the SOA and of the denial
		lame    bool
	}{
		"silent":            {func(dns.ResponseWriter, *dns.Msg) {}, "indeterminate/no-answer indeterminate/no-answer", false},
		"garbage":           {func(w dns.ResponseWriter, _ *dns.Msg) { w.Write([]byte("220 mail.test ready\r\n")) }, "indeterminate/no-answer indeterminate/no-answer", false},
		"refused":           {relay(w.first, func(_, m *dns.Msg) { m.Rcode = dns.RcodeRefused }), "indeterminate/no-answer indeterminate/no-answer", true},
		"not-authoritative": {relay(w.first, func(_, m *dns.Msg) { m.Authoritative = false }), "indeterminate/not-authoritative indeterminate/not-authoritative", true},
		"refused-but-soa": {relay(w.first, func(q, m *dns.Msg) {
			if q.Question[0].Qtype != dns.TypeSOA {
				m.Rcode = dns.RcodeRefused
			}
		}), "indeterminate/no-answer indeterminate/no-answer", false},
		"thousands":    {thousands, "indeterminate/no-answer indeterminate/no-answer", false},
		"crowd":        {relay(w.first, crowd), "indeterminate/too-costly indeterminate/too-costly", false},
		"no-signature": {relay(w.first, strip(dns.TypeRRSIG)), "bogus/missing-signature bogus/missing-signature", false},
		"no-denial":    {relay(w.first, strip(dns.TypeNSEC)), "secure bogus/denial-not-proven", false},
		"always-cut":   {relay(w.first, func(_, m *dns.Msg) { m.Truncated = true }), "secure secure", false}, // over TCP it means nothing
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := w.door("good.test")
			door.Routes["ns2.good.test:53"] = loopback.ServeDNS(t, tt.handler).String()
			p, err := New(Options{Anchor: w.anchor, Timeout: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			sightings, err := p.Observe(t.Context(), door, scanner.DomainTarget("good.test"))
			if err != nil {
				t.Fatal(err)
			}
			f := sightings[0].Fact.(fact.DNSSEC)
			if got := of(f.Servers[1], "SOA") + " " + of(f.Servers[1], fact.TypeDenial); got != tt.want || of(f.Servers[0], "SOA") != "secure" {
				t.Errorf("%s, want %s: %+v", got, tt.want, f.Servers)
			}
			if f.Servers[0].Lame || f.Servers[1].Lame != tt.lame {
				t.Errorf("lame: %t and %t, want false and %t", f.Servers[0].Lame, f.Servers[1].Lame, tt.lame)
			}
			if load := p.Needs().Load; f.Queries > load.Requests {
				t.Errorf("%d queries", f.Queries)
			}
		})
	}
}

// TestManyServers holds that a domain with many silent servers stays
// within the bounds of the look.
func TestManyServers(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	door := w.door("good.test")
	silent := loopback.ServeDNS(t, dns.HandlerFunc(func(dns.ResponseWriter, *dns.Msg) {})).String()
	door.Recursives[0] = loopback.ServeDNS(t, relay(w.first, func(q, m *dns.Msg) {
		for i := range 60 {
			host := fmt.Sprintf("s%02d.good.test", i)
			if q.Question[0].Qtype == dns.TypeNS {
				m.Answer = append(m.Answer, &dns.NS{Hdr: dns.RR_Header{Name: "good.test.", Rrtype: dns.TypeNS, Class: dns.ClassINET}, Ns: host + "."})
			}
		}
	}))
	for i := range 60 {
		door.Routes[fmt.Sprintf("s%02d.good.test:53", i)] = silent
	}
	p, err := New(Options{Anchor: w.anchor, Timeout: 250 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	sightings, err := p.Observe(t.Context(), door, scanner.DomainTarget("good.test"))
	if err != nil {
		t.Fatal(err)
	}
	f := sightings[0].Fact.(fact.DNSSEC)
	asked := slices.DeleteFunc(slices.Clone(f.Servers), func(s fact.DNSSECServer) bool { return s.Contact != fact.ContactAsked })
	if len(f.Servers) != maxListed || len(asked) != maxServers || f.Queries > p.Needs().Load.Requests {
		t.Errorf("%d servers listed, %d asked, %d queries", len(f.Servers), len(asked), f.Queries)
	}
}

func TestObserveRefuses(t *testing.T) {
	t.Parallel()
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	door := &loopback.Network{Recursives: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}}
	for _, target := range []scanner.Target{
		scanner.HostTarget("chu.test"), scanner.DomainTarget(""), scanner.DomainTarget("a b.test"), scanner.DomainTarget("hôpital.test"),
		scanner.DomainTarget(strings.Repeat("a", 70) + ".test"),
	} {
		if _, err := p.Observe(t.Context(), door, target); err == nil {
			t.Errorf("%v was looked at", target)
		}
	}
	if _, err := p.Observe(t.Context(), &loopback.Network{}, scanner.DomainTarget("chu.test")); err == nil {
		t.Error("looked without a resolver")
	}
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	z := newTruth(t, false)
	good := map[string][]string{
		".":         nil,
		"chu.test.": {z.by.keys[0].String()},
		"test.":     {"test. IN DS 1 13 2 00", "TEST. IN DS 2 13 2 00"},
	}
	for zone, records := range good {
		if a, err := readAnchor(records); err != nil || a.zone != zone || len(a.prints) == 0 {
			t.Errorf("%v: %+v, %v", records, a, err)
		}
	}
	for _, records := range [][]string{{"test. IN A 192.0.2.1"}, {"nonsense"}, {""}, {"test. IN DS 1 13 2 00", "other. IN DS 1 13 2 00"}} {
		if a, err := New(Options{Anchor: records}); err == nil {
			t.Errorf("%v was read as %+v", records, a)
		}
	}
	p, err := New(Options{Anchor: []string{"elsewhere. IN DS 1 13 2 00"}})
	if err != nil {
		t.Fatal(err)
	}
	l := p.newLook(&loopback.Network{Recursives: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}}, "chu.test")
	if l.walk(t.Context(), p.anchor); l.fact.State != fact.Indeterminate || l.fact.Reason != fact.NoAnchor {
		t.Errorf("%+v", l.fact)
	}
}

// TestRootAnchors compares what is written here with the keys of the root that
// Debian ships.
func TestRootAnchors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(debian.File(t, "/usr/share/dns/root.key", "dns-root-data"))
	if err != nil {
		t.Fatal(err)
	}
	onEach(t, string(raw), func(rr dns.RR) dns.RR {
		key := rr.(*dns.DNSKEY)
		want := fmt.Sprintf(". IN DS %d %d 2 %s", key.KeyTag(), key.Algorithm, strings.ToUpper(key.ToDS(dns.SHA256).Digest))
		if !slices.Contains(rootAnchors(), want) {
			t.Errorf("the anchors lack %s", want)
		}
		return rr
	})
}

// TestServersFromTheRegistry: a resolver that fails on a badly signed zone, even when
// it is told not to check, hides its servers. The registry tells them, and they are
// asked: the fault is theirs, and not the resolver's.
func TestServersFromTheRegistry(t *testing.T) {
	t.Parallel()
	w := smallWorld(t)
	resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(out dns.ResponseWriter, q *dns.Msg) {
		reply, err := dns.Exchange(q, w.first.String())
		if at := q.Question[0]; err != nil || dns.IsSubDomain("expired.test.", at.Name) && at.Qtype != dns.TypeDS {
			reply = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		}
		_ = out.WriteMsg(reply) // the asker may be gone
	}))
	door := w.door("expired.test", resolver)
	door.Registries = []netip.AddrPort{w.first}
	f := observe(t, w, door, "expired.test")
	if len(f.Servers) != 2 || f.Servers[0].Server != "ns1.expired.test" || f.Servers[0].Recursive {
		t.Fatalf("servers %+v", f.Servers)
	}
	for _, s := range f.Servers {
		if s.Contact != fact.ContactAsked || s.Sets[1].State != fact.Bogus || s.Sets[1].Reason != fact.SignatureExpired {
			t.Errorf("%s: %+v", s.Server, s.Sets)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/loopback"
	"carescan/scanner/question"
)

const hospital = `
chu.test. IN NS ns1.chu.test.
chu.test. IN NS ns.elsewhere.test.
chu.test. IN MX 20 mx2.chu.test.
chu.test. IN MX 10 mx1.chu.test.
chu.test. IN TXT "v=spf1 mx " "-all"
chu.test. IN TXT "say \"hello\" \\ \233"
_dmarc.chu.test. IN TXT "v=DMARC1; p=reject"
chu.test. IN CAA 0 issue "ca.test"
chu.test. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
`

// observe runs the probe and returns both sightings.
func observe(t *testing.T, net *loopback.Network, timeout time.Duration, name string) (zone, transfer scanner.Sighting) {
	t.Helper()
	sightings, err := New(Options{Timeout: timeout}).Observe(t.Context(), net, scanner.DomainTarget(name))
	if err != nil {
		t.Fatal(err)
	}
	if len(sightings) != 4 {
		t.Fatalf("%d sightings, want 4", len(sightings))
	}
	return sightings[0], sightings[1]
}

// withoutPorts leaves out what changes from run to run.
func withoutPorts() cmp.Option { return cmpopts.IgnoreFields(fact.RecordSet{}, "Server") }

func set(name, kind string, answer fact.Answer, values ...string) fact.RecordSet {
	return fact.RecordSet{Name: name, Type: kind, Answer: answer, Values: values}
}

func TestObserveZone(t *testing.T) {
	t.Parallel()
	resolver := loopback.ServeDNS(t, newZone(t, true, hospital))
	own := loopback.ServeDNS(t, newZone(t, false, hospital))
	net := &loopback.Network{Recursives: []netip.AddrPort{resolver}, Routes: map[string]string{"ns1.chu.test:53": own.String()}}
	sighting, _ := observe(t, net, 0, "chu.test")
	got := sighting.Fact.(fact.Zone)
	want := fact.Zone{
		Name:   "chu.test",
		NS:     set("chu.test", "NS", fact.Present, "ns.elsewhere.test.", "ns1.chu.test."),
		MX:     set("chu.test", "MX", fact.Present, "10 mx1.chu.test.", "20 mx2.chu.test."),
		TXT:    set("chu.test", "TXT", fact.Present, `say "hello" \\ \233`, "v=spf1 mx -all"),
		DMARC:  []fact.RecordSet{set("_dmarc.chu.test", "TXT", fact.Present, "v=DMARC1; p=reject")},
		CAA:    []fact.RecordSet{set("chu.test", "CAA", fact.Present, `0 issue "ca.test"`)},
		DS:     set("chu.test", "DS", fact.Present, "1 13 2 "+strings.Repeat("0", 64)),
		DNSKEY: set("chu.test", "DNSKEY", fact.NoData),
	}
	if diff := cmp.Diff(want, got, withoutPorts()); diff != "" {
		t.Error(diff)
	}
	if got.NS.Server != resolver.String() || got.DS.Server != resolver.String() || got.TXT.Server != resolver.String() || got.MX.Server != own.String() {
		t.Errorf("asked NS of %s, DS of %s, TXT of %s, MX of %s", got.NS.Server, got.DS.Server, got.TXT.Server, got.MX.Server)
	}
	if missing := missingOf(sighting); missing != "" {
		t.Errorf("missing: %s", missing)
	}
	evidence := string(sighting.Artifacts[0].Data)
	if !strings.Contains(evidence, "chu.test.\t300\tIN\tMX\t10 mx1.chu.test.") {
		t.Errorf("the evidence lacks the MX record:\n%s", evidence)
	}
}

func TestObserveDomainThatDoesNotExist(t *testing.T) {
	t.Parallel()
	resolver := loopback.ServeDNS(t, newZone(t, true, hospital))
	zone, transfer := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, "absent.test")
	got := zone.Fact.(fact.Zone)
	for _, s := range append([]fact.RecordSet{got.NS, got.MX, got.TXT, got.DS, got.DNSKEY}, got.DMARC...) {
		if s.Answer != fact.NXDomain {
			t.Errorf("%s %s: %s, want nxdomain", s.Name, s.Type, s.Answer)
		}
	}
	if len(transfer.Fact.(fact.Transfer).Tries) != 0 || missingOf(zone)+missingOf(transfer) != "" {
		t.Errorf("transfer %+v, missing %q and %q", transfer.Fact, missingOf(zone), missingOf(transfer))
	}
}

// TestObserveWalksUp holds the climb of DMARC and CAA, and where it stops.
func TestObserveWalksUp(t *testing.T) {
	t.Parallel()
	resolver := loopback.ServeDNS(t, newZone(t, true, hospital))
	zone, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, "mail.site.chu.test")
	got := zone.Fact.(fact.Zone)
	want := []fact.RecordSet{
		set("_dmarc.mail.site.chu.test", "TXT", fact.NXDomain),
		set("_dmarc.site.chu.test", "TXT", fact.NXDomain),
		set("_dmarc.chu.test", "TXT", fact.Present, "v=DMARC1; p=reject"),
	}
	if diff := cmp.Diff(want, got.DMARC, withoutPorts()); diff != "" {
		t.Error(diff)
	}
	if len(got.CAA) != 3 || got.CAA[2].Answer != fact.Present {
		t.Errorf("CAA %+v", got.CAA)
	}
}

// TestObserveWalksToTheTop holds that the record of a parent does not end the
// walk, and that of the name does.
func TestObserveWalksToTheTop(t *testing.T) {
	t.Parallel()
	zone := hospital + `_dmarc.site.chu.test. IN TXT "v=DMARC1; p=none"` + "\n"
	for name, questions := range map[string]int{"mail.site.chu.test": 3, "site.chu.test": 1, "other.site.chu.test": 3} {
		resolver := loopback.ServeDNS(t, newZone(t, true, zone))
		sighting, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, name)
		if got := len(sighting.Fact.(fact.Zone).DMARC); got != questions {
			t.Errorf("%s: %d questions, want %d", name, got, questions)
		}
	}
}

// TestObserveSeesBadlySignedZones holds that a validating resolver is told to
// give what it has.
func TestObserveSeesBadlySignedZones(t *testing.T) {
	t.Parallel()
	zone := newZone(t, true, hospital)
	resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := zone.answer(q)
		if !q.CheckingDisabled {
			m.Answer, m.Rcode = nil, dns.RcodeServerFailure
		}
		w.WriteMsg(m)
	}))
	sighting, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, "chu.test")
	if missing := missingOf(sighting); missing != "" {
		t.Errorf("missing %s", missing)
	}
}

func TestObserveFollowsAliases(t *testing.T) {
	t.Parallel()
	alias := "chu.test. IN NS ns1.chu.test.\n_dmarc.chu.test. IN CNAME _dmarc.vendor.test.\n"
	target := newZone(t, true, `_dmarc.vendor.test. IN TXT "v=DMARC1; p=none"`).records
	whole := newZone(t, true, alias)
	resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := whole.answer(q)
		if q.Question[0].Name == "_dmarc.chu.test." {
			m.Answer = append(m.Answer, target...)
		}
		w.WriteMsg(m)
	}))
	own := loopback.ServeDNS(t, newZone(t, false, alias))
	net := &loopback.Network{Recursives: []netip.AddrPort{resolver}, Routes: map[string]string{"ns1.chu.test:53": own.String()}}
	zone, _ := observe(t, net, 0, "chu.test")
	got := zone.Fact.(fact.Zone).DMARC[0]
	if got.Answer != fact.Present || got.Server != resolver.String() || got.Values[0] != "v=DMARC1; p=none" {
		t.Errorf("got %+v, want the record at the end of the alias, told by the resolver", got)
	}
}

func TestObserveOverTCPWhenTruncated(t *testing.T) {
	t.Parallel()
	zone := newZone(t, true, hospital)
	resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := zone.answer(q)
		if w.LocalAddr().Network() == "udp" {
			m.Answer, m.Truncated = nil, true
		}
		w.WriteMsg(m)
	}))
	sighting, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, "chu.test")
	if got := sighting.Fact.(fact.Zone).MX; len(got.Values) != 2 {
		t.Errorf("got %+v, want two MX records", got)
	}
}

// TestObserveKnowsNothing holds that no failure passes for an absence, and that
// no resolver makes the look long.
func TestObserveKnowsNothing(t *testing.T) {
	t.Parallel()
	reply := loopback.Reply
	tests := map[string]struct {
		handler dns.HandlerFunc
		want    string
	}{
		"servfail":       {reply(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), "SERVFAIL"},
		"refused":        {reply(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }), "REFUSED"},
		"unknown-code":   {reply(func(m *dns.Msg) { m.Rcode = 14 }), "code 14"},
		"no-recursion":   {reply(func(m *dns.Msg) { m.RecursionAvailable = false }), "does not resolve"},
		"other-id":       {reply(func(m *dns.Msg) { m.Id++ }), "timeout"},
		"other-question": {reply(func(m *dns.Msg) { m.Question[0].Name = "other.test." }), "timeout"},
		"no-question":    {reply(func(m *dns.Msg) { m.Question = nil }), "timeout"},
		"silent":         {func(dns.ResponseWriter, *dns.Msg) {}, "timeout"},
		"garbage":        {func(w dns.ResponseWriter, _ *dns.Msg) { w.Write([]byte("HTTP/1.1 400 Bad Request\r\n")) }, "timeout"},
		"flood":          {flood, "does not match"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, tt.handler)}}
			zone, transfer := observe(t, net, 500*time.Millisecond, "chu.test")
			got := zone.Fact.(fact.Zone)
			for _, s := range append(append([]fact.RecordSet{got.NS, got.MX, got.TXT, got.DS, got.DNSKEY}, got.DMARC...), got.CAA...) {
				if s.Answer != fact.NoAnswer || s.Error == "" {
					t.Errorf("%s %s: %+v, want no answer", s.Name, s.Type, s)
				}
			}
			if !strings.Contains(missingOf(zone), tt.want) || len(transfer.Missing) == 0 {
				t.Errorf("missing %q and %q, want %q in it", missingOf(zone), missingOf(transfer), tt.want)
			}
			if len(net.Dials()) > maxExchanges {
				t.Errorf("%d exchanges", len(net.Dials()))
			}
		})
	}
}

// flood answers a question with many lies.
func flood(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Id++
	for range 2 * question.MaxDatagrams {
		w.WriteMsg(m)
	}
}

// TestObserveFallsBack holds that a server of the domain that fails is not the
// end: the resolvers know too.
func TestObserveFallsBack(t *testing.T) {
	t.Parallel()
	tests := map[string]dns.Handler{
		"silent": dns.HandlerFunc(func(dns.ResponseWriter, *dns.Msg) {}),
		"lame":   newZone(t, true, hospital), // answers without authority
		"refused": dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused))
		}),
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resolver, own := loopback.ServeDNS(t, newZone(t, true, hospital)), loopback.ServeDNS(t, handler)
			net := &loopback.Network{Recursives: []netip.AddrPort{resolver}, Routes: map[string]string{"ns1.chu.test:53": own.String()}}
			zone, _ := observe(t, net, 500*time.Millisecond, "chu.test")
			if got := zone.Fact.(fact.Zone).MX; got.Answer != fact.Present || got.Server != resolver.String() {
				t.Errorf("got %+v, want the answer of the resolver", got)
			}
			if asked := slices.Contains(net.Dials(), "udp ns1.chu.test:53"); !asked {
				t.Error("the server of the domain was not asked first")
			}
		})
	}
}

func TestObserveKeepsLargeAnswersBounded(t *testing.T) {
	t.Parallel()
	text := "chu.test. IN NS ns1.chu.test.\n"
	for range 40 {
		text += `chu.test. IN TXT "` + strings.Repeat(`a`, 250) + `" "` + strings.Repeat(`b`, 250) + "\"\n"
	}
	zone := newZone(t, true, text)
	resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := zone.answer(q)
		if w.LocalAddr().Network() == "udp" {
			m.Truncate(dnswire.UDPSize)
		}
		w.WriteMsg(m)
	}))
	sighting, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 0, "chu.test")
	got := sighting.Fact.(fact.Zone).TXT
	if len(got.Values) != maxValueBytes/500 || !strings.Contains(missingOf(sighting), "only 32 of 40 records") {
		t.Errorf("%d values, missing %q", len(got.Values), missingOf(sighting))
	}
}

func TestObserveRefusesTargets(t *testing.T) {
	resolvers := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
	tests := map[string]struct {
		target    scanner.Target
		resolvers []netip.AddrPort
	}{
		"site":         {scanner.Target{Kind: scanner.KindSite, ID: "https://chu.test"}, resolvers},
		"empty":        {scanner.DomainTarget(""), resolvers},
		"escape":       {scanner.DomainTarget(`a\.b.test`), resolvers},
		"not-ascii":    {scanner.DomainTarget("hôpital.test"), resolvers},
		"empty-label":  {scanner.DomainTarget("a..test"), resolvers},
		"no-resolvers": {scanner.DomainTarget("chu.test"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			net := &loopback.Network{Recursives: tt.resolvers}
			if _, err := New(Options{}).Observe(t.Context(), net, tt.target); err == nil {
				t.Error("accepted")
			}
			if len(net.Dials()) > 0 {
				t.Errorf("dialled %v", net.Dials())
			}
		})
	}
}

func TestClimb(t *testing.T) {
	tests := map[string]string{
		"chu.test":         "chu.test",
		"a.b.chu.test":     "a.b.chu.test b.chu.test chu.test",
		"www.chu.asso.fr":  "www.chu.asso.fr chu.asso.fr",
		"test":             "test",
		"gouv.fr":          "gouv.fr",
		"portail.chu.fr":   "portail.chu.fr chu.fr",
		"xn--chu-cma.test": "xn--chu-cma.test",
	}
	for name, want := range tests {
		if got := strings.Join(climb(name), " "); got != want {
			t.Errorf("climb(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestDMARCWalkIsBounded holds RFC 9989 section 4.10: eight questions at most.
func TestDMARCWalkIsBounded(t *testing.T) {
	got := dmarcWalk(strings.Repeat("a.", 100) + "chu.test")
	if len(got) != 7 || got[1] != "_dmarc.a.a.a.a.a.chu.test" || got[6] != "_dmarc.chu.test" {
		t.Errorf("%d questions: %q", len(got), got[1:])
	}
}

func TestLoadCoversTheWorst(t *testing.T) {
	load := New(Options{}).Needs().Load
	if load.Connections < maxExchanges+maxServers*maxAddresses || load.Requests < load.Connections {
		t.Errorf("load %+v", load)
	}
}

// missingOf is the technical text of what a sighting lacks, as a whole or in its
// parts.
func missingOf(s scanner.Sighting) string {
	missing := s.Missing
	for _, gap := range s.Unread {
		missing = append(missing, gap.Causes...)
	}
	return missing.Detail()
}

// TestOneSilentNameSpoilsNothingElse: a filter that drops the questions about
// _dmarc leaves all the rest to be read, and judged.
func TestOneSilentNameSpoilsNothingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"chu.test", "site.chu.test"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone := newZone(t, true, hospital+"site.chu.test. IN NS ns1.chu.test.\n")
			resolver := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				if !strings.HasPrefix(q.Question[0].Name, "_dmarc.") {
					w.WriteMsg(zone.answer(q))
				}
			}))
			sighting, _ := observe(t, &loopback.Network{Recursives: []netip.AddrPort{resolver}}, 200*time.Millisecond, name)
			z := sighting.Fact.(fact.Zone)
			for _, s := range append([]fact.RecordSet{z.NS, z.MX, z.TXT, z.DS, z.DNSKEY}, z.CAA...) {
				if s.Answer == fact.NoAnswer {
					t.Errorf("%s %s: no answer (%s)", s.Name, s.Type, s.Error)
				}
			}
			if len(sighting.Missing) > 0 || len(sighting.Unread) != 1 || sighting.Unread[0].Part != fact.ZoneDMARC {
				t.Errorf("missing %v, unread %+v; want the part dmarc alone", sighting.Missing, sighting.Unread)
			}
		})
	}
}

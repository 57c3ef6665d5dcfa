// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// denied is an answer that proves absences by some NSEC records.
func denied(t *testing.T, authentic bool, records ...string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.AuthenticatedData = authentic
	for _, text := range append(records, "chu.test. 60 IN SOA ns1.chu.test. root.chu.test. 1 1 1 1 1") {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		m.Ns = append(m.Ns, rr)
	}
	return m
}

// TestDenials: what two names of a checked denial have between them is absent, when a
// wildcard is too (RFC 8198 section 5.1, RFC 4035 section 5.4).
func TestDenials(t *testing.T) {
	t.Parallel()
	top, gap := "chu.test. 60 IN NSEC mail.chu.test. A NS SOA RRSIG NSEC", "ns1.chu.test. 60 IN NSEC www.chu.test. A RRSIG NSEC"
	for name, test := range map[string]struct {
		answer *dns.Msg
		asked  string
		want   bool
	}{
		"between":             {denied(t, true, top, gap), "portail.chu.test", true},
		"below-an-absent-one": {denied(t, true, top, gap), "_sip._tcp.portail.chu.test", true},
		"by-the-first-record": {denied(t, true, top), "extranet.chu.test", true},
		"an-end":              {denied(t, true, top, gap), "www.chu.test", false},
		"the-other-end":       {denied(t, true, top, gap), "ns1.chu.test", false},
		"outside":             {denied(t, true, top, gap), "zzz.chu.test", false},
		"wildcard-not-denied": {denied(t, true, gap), "portail.chu.test", false},
		"not-checked":         {denied(t, false, top, gap), "portail.chu.test", false},
		"name-with-others-below": {
			denied(t, true, top, "ns1.chu.test. 60 IN NSEC x.portail.chu.test. A RRSIG NSEC"), "portail.chu.test", false, // RFC 4592 section 2.2.2
		},
		"below-a-delegation": {
			denied(t, true, "chu.test. 60 IN NSEC lab.chu.test. A NS SOA RRSIG NSEC", "lab.chu.test. 60 IN NSEC www.chu.test. NS RRSIG NSEC"), "vpn.lab.chu.test", false, // RFC 6840 section 4.1
		},
		"of-another-zone": {denied(t, true, "a.other.test. 60 IN NSEC z.other.test. A RRSIG NSEC"), "m.other.test", false},
	} {
		var d denials
		d.learn(test.answer)
		if got := d.absent(test.asked); got != test.want {
			t.Errorf("%s: %s is absent: %t, want %t", name, test.asked, got, test.want)
		}
	}
}

// TestDenialsOfTypes: a checked proof shows which types a name has (RFC 8198 sections 5.2
// and 5.3), but for what an alias leads to and what belongs to another zone.
func TestDenialsOfTypes(t *testing.T) {
	t.Parallel()
	hashed := func(name, types string, iterations int) string {
		return fmt.Sprintf("%s.chu.test. 60 IN NSEC3 1 0 %d - ZZZZZZZZ %s", dns.HashName(name, dns.SHA1, uint16(iterations), ""), iterations, types)
	}
	for name, test := range map[string]struct {
		answer *dns.Msg
		want   bool
	}{
		"nsec-without":  {denied(t, true, "www.chu.test. 60 IN NSEC zz.chu.test. A RRSIG NSEC"), true},
		"nsec-with":     {denied(t, true, "www.chu.test. 60 IN NSEC zz.chu.test. A AAAA RRSIG NSEC"), false},
		"nsec-alias":    {denied(t, true, "www.chu.test. 60 IN NSEC zz.chu.test. CNAME RRSIG NSEC"), false},
		"nsec-handed":   {denied(t, true, "www.chu.test. 60 IN NSEC zz.chu.test. NS DS RRSIG NSEC"), false},
		"nsec-other":    {denied(t, true, "web.chu.test. 60 IN NSEC zz.chu.test. A RRSIG NSEC"), false},
		"nsec-above":    {denied(t, true, "chu.test. 60 IN NSEC zz.chu.test. A NS SOA RRSIG NSEC"), false},
		"unchecked":     {denied(t, false, "www.chu.test. 60 IN NSEC zz.chu.test. A RRSIG NSEC"), false},
		"nsec3-without": {denied(t, true, hashed("www.chu.test.", "A RRSIG", 0)), true},
		"nsec3-with":    {denied(t, true, hashed("www.chu.test.", "A AAAA RRSIG", 0)), false},
		"nsec3-alias":   {denied(t, true, hashed("www.chu.test.", "CNAME RRSIG", 0)), false},
		"nsec3-other":   {denied(t, true, hashed("web.chu.test.", "A RRSIG", 0)), false},
		"nsec3-dear":    {denied(t, true, hashed("www.chu.test.", "A RRSIG", maxIterations+1)), false},
	} {
		var d denials
		d.learn(test.answer)
		if got := d.lacks("WWW.chu.test", dns.TypeAAAA); got != test.want {
			t.Errorf("%s: lacks AAAA %t, want %t", name, got, test.want)
		}
	}
}

// TestObserve_sharesTheEndOfAliases: names that lead to one end cost one question about
// its version 6, and an internal address there is told of each.
func TestObserve_sharesTheEndOfAliases(t *testing.T) {
	n, asked := counted(t, "one IN CNAME edge.chu.test.", "two IN CNAME edge.chu.test.", "edge IN A 192.0.2.9", "edge IN AAAA fd00::9")
	f := observe(t, n, Options{Declared: []string{"one.chu.test", "two.chu.test", "edge.chu.test"}})
	for _, name := range []string{"one", "two", "edge"} {
		at := slices.IndexFunc(f.Assets, func(a fact.Asset) bool { return a.Name == name+".chu.test" })
		if at < 0 || !slices.Contains(f.Assets[at].Addresses, "fd00::9") || !slices.Contains(f.Assets[at].Addresses, "192.0.2.9") {
			t.Errorf("%s: %+v", name, f.Assets)
		}
	}
	sixes := slices.DeleteFunc(asked(), func(q string) bool {
		name, kind, _ := strings.Cut(q, ".chu.test. ")
		return kind != "AAAA" || name != "one" && name != "two" && name != "edge"
	})
	if len(sixes) != 1 {
		t.Errorf("asked %q, one is enough", sixes)
	}
}

// counted is a resolver of the zone, and of more records, that notes its questions.
func counted(t *testing.T, more ...string) (n *loopback.Network, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var names []string
	var records []dns.RR
	parser := dns.NewZoneParser(strings.NewReader("$TTL 60\n"+zone+strings.Join(more, "\n")), "chu.test.", "zone")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records = append(records, rr)
	}
	handler := answerFrom(records)
	at := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		mu.Lock()
		names = append(names, strings.ToLower(q.Question[0].Name)+" "+dns.TypeToString[q.Question[0].Qtype])
		mu.Unlock()
		handler(w, q)
	}))
	return &loopback.Network{Recursives: []netip.AddrPort{at}}, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(names)
	}
}

// TestObserve_asksLittle: below a name that does not exist nothing is asked (RFC 8020),
// its absence shows that there is no wildcard, and a known name is no word.
func TestObserve_asksLittle(t *testing.T) {
	n, asked := counted(t)
	observe(t, n, Options{Declared: []string{"webmail.chu.test"}, Words: []string{"PACS"}})
	got := asked()
	for _, question := range got {
		if strings.Contains(question, "._tcp.") {
			t.Errorf("asked %s, below a name that does not exist", question)
		}
	}
	for _, want := range []string{"_tcp.chu.test. SRV", "_sip._tls.chu.test. SRV", "vpn.chu.test. A", "pacs.chu.test. A"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s was not asked", want)
		}
	}
	if len(got) > 20 {
		t.Errorf("%d questions:\n%s", len(got), strings.Join(got, "\n"))
	}
}

// TestIsOdd: a look that confirms asks again about every name that a check can fail on.
func TestIsOdd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": false, "2001:4860::8": false, "10.1.2.3": true, "172.16.0.1": true, "192.168.1.1": true, "127.0.0.1": true, "::1": true, "fd00::1": true,
		"169.254.1.1": true, "fe80::1": true, "0.0.0.0": true, "100.64.0.1": true, "192.0.0.8": true, "198.18.0.1": true, "240.0.0.1": true, "fec0::1": true, "::ffff:10.0.0.1": true,
	} {
		if got := isOdd(fact.Asset{Own: true, Answer: fact.Present, Addresses: []string{"9.9.9.9", text}}); got != want {
			t.Errorf("%s is odd: %t, want %t", text, got, want)
		}
	}
	alias := func(answer fact.Answer, target string) fact.Asset {
		return fact.Asset{Own: true, Answer: answer, Aliases: []string{target}, Addresses: []string{"9.9.9.9"}}
	}
	for name, test := range map[string]struct {
		asset fact.Asset
		want  bool
	}{
		"alias":           {alias(fact.Present, "edge.example"), false},
		"dangling":        {alias(fact.NXDomain, "gone.example"), true},
		"hosted":          {alias(fact.Present, "chu.github.io"), true},
		"not-known":       {fact.Asset{Own: true, Answer: fact.NoAnswer}, true},
		"of-others":       {fact.Asset{Answer: fact.Present, Addresses: []string{"10.0.0.1"}}, false},
		"without-address": {fact.Asset{Own: true, Answer: fact.NoData}, false},
	} {
		if got := isOdd(test.asset); got != test.want {
			t.Errorf("%s: odd %t, want %t", name, got, test.want)
		}
	}
}

// TestObserve_secondLook: what confirms asks again where an internal name leads, and
// says the same of the others without a network that keeps answers.
func TestObserve_secondLook(t *testing.T) {
	n, asked := counted(t)
	first := observe(t, n, Options{Declared: []string{"www.chu.test"}})
	before := len(asked())
	ctx := scanner.WithSecondLook(t.Context(), map[string][]string{fact.Inventory{}.FactKind(): {fact.InventoryAddresses}})
	sightings, err := New(Options{Declared: []string{"www.chu.test"}}).Observe(ctx, n, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	second := sightings[0].Fact.(fact.Inventory)
	if strings.Join(brief(first), ",") != strings.Join(brief(second), ",") {
		t.Errorf("the second look sees %q, the first %q", brief(second), brief(first))
	}
	again := 0
	for _, question := range asked()[before:] {
		if question == "vpn.chu.test. A" {
			again++
		}
	}
	if again < 2 { // as a word, which a network that keeps answers had, and afresh
		t.Errorf("the internal name was asked about %d times", again)
	}
}

// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// healthy is an ordinary mail domain: two servers, two providers, DMARC, MTA-STS,
// TLS-RPT, one selector.
const healthy = `
chu MX 10 mx1.chu
chu MX 20 mx2.chu
mx1.chu A 192.0.2.1
mx2.chu A 192.0.2.2
chu TXT "v=spf1 mx include:_spf.envoi.test include:_spf.paie.test -all"
_spf.envoi TXT "v=spf1 ip4:192.0.2.0/24 -all"
_spf.paie TXT "v=spf1 ip4:198.51.100.0/24 ~all"
_dmarc.chu TXT "v=DMARC1; p=reject; rua=mailto:jean.dupont@chu.test"
_mta-sts.chu TXT "v=STSv1; id=2026"
_smtp._tls.chu TXT "v=TLSRPTv1; rua=mailto:marie.curie@chu.test"
`

// TestDANE asks for TLSA records only where TLS-RPT is missed.
func TestDANE(t *testing.T) {
	t.Parallel()
	const tlsa = "_25._tcp.mx2.chu TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000\n"
	without := strings.ReplaceAll(healthy, "_smtp._tls.chu", "_smtp._tls.other")
	tests := map[string]struct {
		zone string
		want fact.Answer
	}{
		"reported":   {healthy + tlsa, ""},
		"published":  {without + tlsa, fact.Present},
		"none":       {without, fact.NoData},
		"not-known":  {without + "chu MX 30 mx.silent\n", fact.NoAnswer},
		"by-chance":  {without + tlsa + "chu MX 5 mx.silent\n", fact.Present},
		"no-mail":    {"chu MX 0 .\n", fact.NoData},
		"no-servers": {"chu TXT \"x\"\n", fact.NoData},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lookAt(t, tt.zone, "chu.test").DANE; got != tt.want {
				t.Errorf("DANE %q, want %q", got, tt.want)
			}
		})
	}
}

// TestThousandsOfExchangers holds that a huge answer costs no more than its bound,
// and that what was left out is told.
func TestThousandsOfExchangers(t *testing.T) {
	t.Parallel()
	var zone strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&zone, "chu MX 10 m%d\nm%d A 192.0.2.1\n", i, i)
	}
	got := lookAt(t, zone.String(), "chu.test")
	if len(got.MX.Targets) != maxTargets || got.MX.More != 2000-maxTargets || got.Exchanges > maxExchanges {
		t.Errorf("%d targets, %d more, %d exchanges", len(got.MX.Targets), got.MX.More, got.Exchanges)
	}
}

func TestObserveHealthyDomain(t *testing.T) {
	t.Parallel()
	zone := parseRecords(t, healthy+keyRecord(t, "s2026", 2048, ""))
	policy, roots := servePolicy(t, answering(goodPolicy))
	net := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, zone)}, Routes: map[string]string{"mta-sts.chu.test:443": policy}}
	p := New(Options{Declared: Settings{{Domain: "chu.test", Selectors: []string{"s2026"}}}, Roots: roots})
	sightings, err := p.Observe(t.Context(), net, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.MailPolicy)
	want := fact.MailPolicy{
		Name: "chu.test", Answer: fact.Present, Registrable: true, Exchanges: got.Exchanges,
		MX: fact.MailExchangers{Answer: fact.Present, Targets: []fact.MailTarget{
			{Preference: 10, Host: "mx1.chu.test", Address: fact.Present}, {Preference: 20, Host: "mx2.chu.test", Address: fact.Present},
		}},
		SPF: got.SPF,
		DMARC: fact.DMARC{
			Walk: []fact.DMARCStep{
				{Domain: "chu.test", Answer: fact.Present, Count: 1, Record: &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 100}},
				{Domain: "test", Answer: fact.NXDomain},
			},
			Organisation: "chu.test", PolicyDomain: "chu.test", Effective: "reject",
			Reports: []fact.ReportAddress{{Scheme: "mailto", Domain: "chu.test", Valid: true, Count: 1, Mail: fact.Present}},
		},
		DKIM: []fact.DKIMSelector{{Selector: "s2026", Answer: fact.Present, Count: 1, Key: "rsa", Bits: 2048}},
		MTASTS: fact.MTASTS{
			Record: fact.PublishedRecord{Answer: fact.Present, Count: 1, Valid: true},
			Policy: &fact.MTASTSPolicy{Fetch: fact.PolicyRead, Status: 200, MediaType: "text/plain", Mode: "enforce", MaxAge: 7 * 24 * time.Hour, MX: []string{"mx1.chu.test", "*.chu.test"}},
		},
		TLSRPT: fact.PublishedRecord{Answer: fact.Present, Count: 1, Valid: true, Reports: []fact.ReportAddress{{Scheme: "mailto", Domain: "chu.test", Valid: true, Count: 1}}},
		BIMI:   fact.PublishedRecord{Answer: fact.NXDomain},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.SPF.Result != fact.SPFUsable || got.SPF.Lookups != 3 || got.SPF.End != "-" || len(got.SPF.Records) != 3 {
		t.Errorf("SPF %+v", got.SPF)
	}
	checkCost(t, net, got)
	checkNobody(t, sightings[0])
}

// checkCost holds what a healthy domain costs.
func checkCost(t *testing.T, net *loopback.Network, got fact.MailPolicy) {
	t.Helper()
	datagrams, streams, policies := 0, 0, 0
	for _, dial := range net.Dials() {
		switch {
		case strings.HasPrefix(dial, "udp"):
			datagrams++
		case strings.HasSuffix(dial, ":443"):
			policies++
		default:
			streams++
		}
	}
	if datagrams != 12 || streams != 0 || policies != 1 || got.Exchanges != datagrams {
		t.Errorf("%d datagrams, %d streams, %d policies, %d exchanges said", datagrams, streams, policies, got.Exchanges)
	}
}

// checkNobody holds that no mailbox is kept, in the fact or in its evidence.
func checkNobody(t *testing.T, s scanner.Sighting) {
	t.Helper()
	observation, err := scanner.Saw(scanner.DomainTarget("chu.test"), s.Fact)
	if err != nil {
		t.Fatal(err)
	}
	kept := string(observation.Fact) + string(s.Artifacts[0].Data)
	for _, name := range []string{"dupont", "curie"} {
		if strings.Contains(kept, name) {
			t.Errorf("%q is kept: %s", name, kept)
		}
	}
	if !strings.Contains(kept, "…@chu.test") {
		t.Error("the answers are no evidence any more")
	}
}

func keyRecord(t *testing.T, selector string, bits int, tags string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := "v=DKIM1; k=rsa; " + tags + "p=" + base64.StdEncoding.EncodeToString(der)
	return fmt.Sprintf("%s._domainkey.chu TXT %q %q\n", selector, text[:200], text[200:])
}

func TestObserveSelectors(t *testing.T) {
	t.Parallel()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	zone := keyRecord(t, "court", 1024, "h=sha1; t=y:s; ") +
		`ed._domainkey.chu TXT "v=DKIM1; k=ed25519; p=` + base64.StdEncoding.EncodeToString(public) + "\"\n" + `
retire._domainkey.chu TXT "v=DKIM1; p="
casse._domainkey.chu TXT "v=DKIM1; p=AAAA"
autre._domainkey.chu TXT "rien à voir"
double._domainkey.chu TXT "v=DKIM1; p="
double._domainkey.chu TXT "v=DKIM1; k=rsa; p="
`
	selectors := []string{"court", "ed", "retire", "casse", "autre", "double", "absent", "../x"}
	net := network(loopback.ServeDNS(t, parseRecords(t, zone)))
	got := observe(t, net, Options{Declared: Settings{{Domain: "chu.test", Selectors: selectors}}}, "chu.test").DKIM
	for i := range got {
		if (got[i].Fault != "") != (got[i].Selector == "casse" || got[i].Selector == "autre") {
			t.Errorf("selector %+v", got[i])
		}
		got[i].Fault, got[i].Error = "", ""
	}
	want := []fact.DKIMSelector{
		{Selector: "court", Answer: fact.Present, Count: 1, Key: "rsa", Bits: 1024, Test: true, Hashes: []string{"sha1"}},
		{Selector: "ed", Answer: fact.Present, Count: 1, Key: "ed25519", Bits: 256},
		{Selector: "retire", Answer: fact.Present, Count: 1, Key: "rsa", Revoked: true},
		{Selector: "casse", Answer: fact.Present, Count: 1},
		{Selector: "autre", Answer: fact.Present, Count: 1},
		{Selector: "double", Answer: fact.Present, Count: 2},
		{Selector: "absent", Answer: fact.NXDomain},
		{Selector: "../x", Answer: fact.NoAnswer, Cause: scanner.Cause{Code: scanner.CauseBadName}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestObserveTargets(t *testing.T) {
	t.Parallel()
	zone := `
chu MX 10 sain.chu
chu MX 20 alias.chu
chu MX 30 absent.chu
chu MX 40 192.0.2.1.
chu MX 50 six.chu
chu MX 60 x.silent
sain.chu A 192.0.2.1
alias.chu CNAME sain.chu
six.chu AAAA 2001:db8::1
nul MX 0 .
deux MX 0 .
deux MX 10 sain.chu
rien MX 0 .
rien MX 10 .
`
	want := []fact.MailTarget{
		{Preference: 10, Host: "sain.chu.test", Address: fact.Present},
		{Preference: 20, Host: "alias.chu.test", Address: fact.Present, Alias: true},
		{Preference: 30, Host: "absent.chu.test", Address: fact.NXDomain},
		{Preference: 40, Host: "192.0.2.1", Address: fact.NXDomain, Literal: true},
		{Preference: 50, Host: "six.chu.test", Address: fact.Present},
		{Preference: 60, Host: "x.silent.test", Address: fact.NoAnswer, Cause: scanner.Cause{
			Code: scanner.CauseDNSFailure, Values: scanner.Values{scanner.ValueCode: "SERVFAIL"},
		}},
	}
	got := lookAt(t, zone, "chu.test").MX.Targets
	got[5].Error = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if null := lookAt(t, zone, "nul.test").MX; !null.Null || len(null.Targets) != 0 {
		t.Errorf("null MX %+v", null)
	}
	if null := lookAt(t, zone, "rien.test").MX; !null.Null || len(null.Targets) != 0 {
		t.Errorf("null MX written twice %+v", null)
	}
	if two := lookAt(t, zone, "deux.test").MX; two.Null || len(two.Targets) != 2 || two.Targets[0].Address.Absent() != true {
		t.Errorf("null MX beside another: %+v", two)
	}
}

func TestObserveReportRecords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone         string
		count        int
		valid, other bool
	}{
		"one":       {`_smtp._tls.chu TXT "v=TLSRPTv1; rua=https://rapports.test/v1,mailto:a@chu.test"`, 1, true, false},
		"in_clear":  {`_smtp._tls.chu TXT "v=TLSRPTv1; rua=http://rapports.test/v1"`, 1, true, false},
		"several":   {"_smtp._tls.chu TXT \"v=TLSRPTv1; rua=mailto:a@chu.test\"\n_smtp._tls.chu TXT \"v=TLSRPTv1; rua=mailto:b@chu.test\"", 2, false, false},
		"no_rua":    {`_smtp._tls.chu TXT "v=TLSRPTv1; x=y"`, 1, false, false},
		"bare":      {`_smtp._tls.chu TXT "v=TLSRPTv1"`, 1, false, false},
		"other":     {`_smtp._tls.chu TXT "v=TLSRPTv10; rua=mailto:a@chu.test"`, 0, false, false},
		"malformed": {`_smtp._tls.chu TXT "v=TLSRPTv1; rua=jean.dupont@chu.test"`, 1, false, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lookAt(t, tt.zone, "chu.test").TLSRPT
			if got.Count != tt.count || got.Valid != tt.valid || strings.Contains(got.Fault, "dupont") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestObserveKnowsNothing holds that no failure passes for an absence, and that
// no resolver makes the look long.
func TestObserveKnowsNothing(t *testing.T) {
	t.Parallel()
	reply := loopback.Reply
	tests := map[string]dns.HandlerFunc{
		"servfail":       reply(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }),
		"refused":        reply(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }),
		"no-recursion":   reply(func(m *dns.Msg) { m.RecursionAvailable = false }),
		"other-question": reply(func(m *dns.Msg) { m.Question[0].Name = "other.test." }),
		"truncated":      reply(func(m *dns.Msg) { m.Truncated = true; m.Rcode = dns.RcodeServerFailure }),
		"silent":         func(dns.ResponseWriter, *dns.Msg) {},
		"garbage":        func(w dns.ResponseWriter, _ *dns.Msg) { w.Write([]byte("HTTP/1.1 400 Bad Request\r\n")) },
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := network(loopback.ServeDNS(t, handler))
			got := observe(t, net, Options{Timeout: 100 * time.Millisecond, Declared: Settings{{Domain: "chu.test", Selectors: []string{"s"}}}}, "chu.test")
			answers := []fact.Answer{got.Answer, got.MX.Answer, got.SPF.Records[0].Answer, got.DKIM[0].Answer, got.MTASTS.Record.Answer, got.TLSRPT.Answer}
			for _, step := range got.DMARC.Walk {
				answers = append(answers, step.Answer)
			}
			for i, a := range answers {
				if a != fact.NoAnswer {
					t.Errorf("answer %d is %s", i, a)
				}
			}
			if got.SPF.Result != fact.SPFTempError || got.Exchanges > maxExchanges || len(net.Dials()) > maxExchanges {
				t.Errorf("SPF %s after %d exchanges", got.SPF.Result, got.Exchanges)
			}
		})
	}
}

// TestObserveLargeAnswers reads as many records as a message holds.
func TestObserveLargeAnswers(t *testing.T) {
	t.Parallel()
	var zone strings.Builder
	for i := range 2900 {
		fmt.Fprintf(&zone, "chu TXT \"n%d\"\n", i)
		if i < 1500 {
			fmt.Fprintf(&zone, "_dmarc.chu TXT \"v=DMARC1; p=none; n=%d\"\n", i)
		}
	}
	zone.WriteString("chu TXT \"v=spf1 -all\"\n")
	got := lookAt(t, zone.String(), "chu.test")
	if got.SPF.Result != fact.SPFUsable || got.SPF.End != "-" {
		t.Errorf("SPF %+v", got.SPF)
	}
	if walk := got.DMARC.Walk[0]; walk.Count < 1000 || walk.Record != nil {
		t.Errorf("DMARC %+v", walk)
	}
}

// TestObserveAnotherResolverFirst holds that a look that confirms begins with
// another server.
func TestObserveAnotherResolverFirst(t *testing.T) {
	t.Parallel()
	zone := parseRecords(t, healthy)
	net := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, zone), loopback.ServeDNS(t, zone)}}
	p := New(Options{})
	for attempt, first := range net.Recursives {
		before := len(net.Dials())
		if _, err := p.Observe(scanner.WithAttempt(t.Context(), attempt), net, scanner.DomainTarget("chu.test")); err != nil {
			t.Fatal(err)
		}
		if got := net.Dials()[before]; got != "udp "+first.String() {
			t.Errorf("attempt %d begins with %s, not %s", attempt, got, first)
		}
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
		"empty-label":  {scanner.DomainTarget("a..test"), resolvers},
		"no-resolvers": {scanner.DomainTarget("chu.test"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			net := &loopback.Network{Recursives: tt.resolvers}
			if _, err := New(Options{}).Observe(t.Context(), net, tt.target); err == nil || len(net.Dials()) > 0 {
				t.Errorf("accepted, dialled %v", net.Dials())
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"errors"
	"net/http"
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

// resolver starts a resolver that knows which domains exist, and answers with the
// code given for each.
func resolver(t *testing.T, codes map[string]int) netip.AddrPort {
	t.Helper()
	return loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		code, known := codes[strings.TrimSuffix(q.Question[0].Name, ".")]
		if !known {
			code = dns.RcodeServerFailure
		}
		m := new(dns.Msg).SetRcode(q, code)
		m.RecursionAvailable = true
		w.WriteMsg(m)
	}))
}

// TestObserveScriptHosts holds that only a proven absence makes a domain free,
// and that no script host is ever contacted.
func TestObserveScriptHosts(t *testing.T) {
	t.Parallel()
	hosts := map[string]fact.HostName{
		"cdn.alive.test": fact.NameFound, "cdn.lapsed.test": fact.NameFree, "old.kept.test": fact.NameLost,
		"cdn.broken.test": fact.NameUnknown, "cdn.silent.test": fact.NameUnknown, "192.0.2.7": fact.NameFound,
	}
	var body strings.Builder
	for name := range hosts {
		body.WriteString(`<script src="https://` + name + `/x.js"></script>`)
	}
	l := site(t, onlyAtRoot(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(body.String()))
	}), nil)
	l.Addresses["cdn.alive.test"] = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	l.Silent = map[string]error{"cdn.silent.test": errors.New("no answer")}
	at := resolver(t, map[string]int{"lapsed.test": dns.RcodeNameError, "kept.test": dns.RcodeSuccess})
	l.Recursives = []netip.AddrPort{at}
	got, _ := observe(t, l, 0)
	found := map[string]fact.HostName{}
	for _, s := range got.Page.Scripts {
		found[s.Host] = s.Name
	}
	if diff := cmp.Diff(hosts, found); diff != "" {
		t.Error(diff)
	}
	for _, dial := range l.Dials() {
		if !strings.HasPrefix(dial, "tcp "+host+":") && dial != "udp "+at.String() {
			t.Errorf("dialled %s", dial)
		}
	}
}

// TestNamesAreBounded holds that a page of a thousand hosts costs a few questions.
func TestNamesAreBounded(t *testing.T) {
	l := site(t, page(), nil)
	v := &visitor{net: l, timeout: 10 * time.Second}
	for name := range strings.FieldsSeq(strings.Repeat("a.test b.test ", 10) + "c.test d.test e.test") {
		v.nameOf(t.Context(), name)
	}
	for i := range 2 * maxNames {
		v.nameOf(t.Context(), strings.Repeat("x", 1+i)+".test")
	}
	if len(v.names) != maxNames || v.nameOf(t.Context(), "late.test") != fact.NameUnknown {
		t.Errorf("%d names asked for", len(v.names))
	}
}

// TestResolveAsksAnother holds that the look that confirms asks another
// resolver.
func TestResolveAsksAnother(t *testing.T) {
	l := site(t, page(), nil)
	l.Recursives = []netip.AddrPort{
		resolver(t, map[string]int{"x.test": dns.RcodeNameError}), resolver(t, map[string]int{"x.test": dns.RcodeSuccess}),
	}
	for attempt, want := range []fact.HostName{fact.NameFree, fact.NameLost} {
		v := &visitor{net: l, timeout: 10 * time.Second}
		if got := v.nameOf(scanner.WithAttempt(t.Context(), attempt), "cdn.x.test"); got != want {
			t.Errorf("attempt %d: %s, want %s", attempt, got, want)
		}
	}
}

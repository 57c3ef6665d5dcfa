// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// serveZone is a recursive resolver that knows one zone file.
func serveZone(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	var records []dns.RR
	parser := dns.NewZoneParser(strings.NewReader("$TTL 60\n"+text), "chu.test.", "zone")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		records = append(records, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return loopback.ServeDNS(t, answerFrom(records))
}

// answerFrom follows aliases inside the zone, and says that names it lacks do
// not exist. A name beginning with "broken" gets a failure.
func answerFrom(records []dns.RR) dns.HandlerFunc {
	return func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		answer.RecursionAvailable = true
		name, known := question.Question[0].Name, false
		for again := true; again; {
			again, known = false, false
			for _, rr := range records {
				header := rr.Header()
				wildcard := strings.HasPrefix(header.Name, "*.") && dns.IsSubDomain(header.Name[2:], name)
				if !dns.IsSubDomain(name, header.Name) && !wildcard {
					continue
				}
				known = true
				if header.Name != name && !wildcard {
					continue // a name above, which exists for it (RFC 8020)
				}
				alias, isAlias := rr.(*dns.CNAME)
				if header.Rrtype == question.Question[0].Qtype || isAlias {
					answer.Answer = append(answer.Answer, rr)
				}
				if isAlias {
					name, again = alias.Target, true
				}
			}
		}
		if !known {
			answer.Rcode = dns.RcodeNameError
		}
		if strings.HasPrefix(name, "broken") {
			answer.Rcode, answer.Answer = dns.RcodeServerFailure, nil
		}
		_ = w.WriteMsg(answer) // the asker may be gone
	}
}

func observe(t *testing.T, n *loopback.Network, o Options) fact.Inventory {
	t.Helper()
	sightings, err := New(o).Observe(t.Context(), n, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0].Fact.(fact.Inventory)
}

// brief is one line per asset: name, how, answer, what dangles.
func brief(f fact.Inventory) []string {
	var lines []string
	for _, a := range f.Assets {
		line := fmt.Sprintf("%s %s %s", a.Name, strings.Join(a.Found, "+"), a.Answer)
		if a.Dangling != nil {
			line += fmt.Sprintf(" -> %s (%s, claimable %t)", a.Dangling.Target, a.Dangling.Proof, a.Dangling.Claimable)
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

const zone = `
@ IN NS ns1.provider.example.
@ IN MX 10 mx.chu.test.
@ IN TXT "v=spf1 include:_spf.provider.example redirect=_spf.other.example"
@ IN A 192.0.2.1
mx IN A 192.0.2.2
www IN CNAME web.chu.test.
web IN A 192.0.2.3
vpn IN A 10.0.0.1
old IN CNAME gone.azurewebsites.net.
lost IN CNAME gone.unknown.example.
broken IN A 192.0.2.9
_sip._tls IN SRV 0 0 443 sip.provider.example.
`

func TestObserve_gathersFromEverySource(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log.json")
	entries := `[{"name_value":"forgotten.chu.test\n*.wild.chu.test"},{"name_value":"other.example"},{"name_value":"old.chu.test"},{"name_value":"lost.chu.test"},{"name_value":"broken.chu.test"}]`
	if err := os.WriteFile(log, []byte(entries), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &loopback.Network{Recursives: []netip.AddrPort{serveZone(t, zone)}}
	f := observe(t, n, Options{Declared: []string{"www.chu.test", "elsewhere.example"}, Log: log})
	want := []string{
		"_spf.other.example spf", "_spf.provider.example spf",
		"broken.chu.test log no-answer", "chu.test declared present", "forgotten.chu.test log nxdomain",
		"lost.chu.test log nxdomain -> gone.unknown.example (dns, claimable false)", "mx.chu.test mx present", "ns1.provider.example ns",
		"old.chu.test log nxdomain -> gone.azurewebsites.net (dns, claimable true)", "sip.provider.example srv",
		"vpn.chu.test word present", "wild.chu.test log nxdomain", "www.chu.test declared present",
	}
	if diff := cmp.Diff(want, brief(f)); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	for _, dial := range n.Dials() {
		if !strings.HasSuffix(dial, n.Recursives[0].String()) {
			t.Errorf("dialled %s: nothing is in the scope, only the resolver may be asked", dial)
		}
	}
	if len(n.Dials()) > 40 {
		t.Errorf("%d exchanges for a small zone", len(n.Dials()))
	}
}

// TestObserve_bothFamilies holds that an internal address of version 6 is seen
// beside a public one of version 4, behind an alias too.
func TestObserve_bothFamilies(t *testing.T) {
	n := &loopback.Network{Recursives: []netip.AddrPort{serveZone(t, `www IN CNAME web.chu.test.
web IN A 192.0.2.3
web IN AAAA fd00::3
six IN CNAME only6.chu.test.
only6 IN AAAA 2001:db8::6
four IN A 192.0.2.4
`)}}
	f := observe(t, n, Options{Declared: []string{"www.chu.test", "six.chu.test", "four.chu.test"}})
	got := map[string]string{}
	for _, a := range f.Assets {
		got[a.Name] = strings.Join(a.Addresses, " ") + " " + strings.Join(a.Aliases, " ")
	}
	want := map[string]string{
		"chu.test": " ", "four.chu.test": "192.0.2.4 ", "six.chu.test": "2001:db8::6 only6.chu.test", "www.chu.test": "192.0.2.3 fd00::3 web.chu.test",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestObserve_wildcardZonesAreNotGuessedAt(t *testing.T) {
	n := &loopback.Network{Recursives: []netip.AddrPort{serveZone(t, "* IN A 192.0.2.1\n")}}
	f := observe(t, n, Options{})
	if !f.Wildcard || slices.ContainsFunc(f.Assets, func(a fact.Asset) bool { return slices.Contains(a.Found, fact.FoundWord) }) {
		t.Errorf("wildcard %t, assets %q: a name that anything answers proves nothing", f.Wildcard, brief(f))
	}
}

func TestObserve_certificatesOfNamesInTheScope(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is for example.com
	defer server.Close()
	n := &loopback.Network{
		Recursives: []netip.AddrPort{serveZone(t, zone)},
		Routes:     map[string]string{"www.chu.test:443": server.Listener.Addr().String()},
	}
	f := observe(t, n, Options{Declared: []string{"www.chu.test"}})
	if !slices.Contains(brief(f), "example.com certificate") {
		t.Errorf("assets %q lack the name of the certificate", brief(f))
	}
}

func TestObserve_absentAtTheProvider(t *testing.T) {
	page := func(words string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, words)
		}))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	for name, test := range map[string]struct {
		words  string
		want   bool
		unread string
	}{
		"absent": {"<h1>404</h1><p>There isn't a GitHub Pages site here.</p>", true, ""},
		"there":  {"<h1>404</h1>", false, ""},
		"closed": {"", false, "GitHub Pages"},
	} {
		t.Run(name, func(t *testing.T) {
			n := &loopback.Network{
				Recursives: []netip.AddrPort{serveZone(t, "blog IN CNAME chu.github.io.\nchu.github.io. IN A 192.0.2.8\n")},
				Routes:     map[string]string{"blog.chu.test:80": page(test.words)},
			}
			if test.words == "" {
				n.Routes["blog.chu.test:80"] = "127.0.0.1:1"
			}
			f := observe(t, n, Options{Declared: []string{"blog.chu.test"}})
			if got := f.Assets[0].Dangling != nil; f.Assets[0].Name != "blog.chu.test" || got != test.want || f.Assets[0].Unread != test.unread {
				t.Errorf("%q: dangling %t, want %t", brief(f), got, test.want)
			}
		})
	}
}

func TestObserve_logOverHTTPS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "chu.test" {
			fmt.Fprintln(w, "# names\nseen.chu.test")
		}
	}))
	defer server.Close()
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	n := &loopback.Network{
		Recursives: []netip.AddrPort{serveZone(t, zone)},
		Routes:     map[string]string{"example.com:443": server.Listener.Addr().String()},
	}
	f := observe(t, n, Options{Log: "https://example.com/?q={domain}", Roots: roots})
	if !slices.Contains(brief(f), "seen.chu.test log nxdomain") || f.Log == "" {
		t.Errorf("assets %q, problems %q: the log was not read", brief(f), f.Problems)
	}
}

// TestObserve_unreadableLogTellsWhy: a log that is declared and cannot be read is not
// one that nobody declared.
func TestObserve_unreadableLogTellsWhy(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/busy":
			w.WriteHeader(http.StatusTooManyRequests)
		case "/broken":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/elsewhere":
			http.Redirect(w, r, "https://elsewhere.test/", http.StatusFound)
		case "/malformed":
			fmt.Fprint(w, `[{"name_value":`)
		case "/huge":
			fmt.Fprint(w, strings.Repeat("a", maxLog+1))
		}
	}))
	defer server.Close()
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for name, test := range map[string]struct {
		log  string
		want scanner.CauseCode
	}{
		"missing":      {"/nowhere/log.txt", scanner.CauseFileMissing},
		"rate-limited": {"https://example.com/busy", scanner.CauseRateLimited}, // RFC 6585 section 4
		"http-status":  {"https://example.com/broken", scanner.CauseHTTPStatus},
		"elsewhere":    {"https://example.com/elsewhere", scanner.CauseElsewhere},
		"malformed":    {"https://example.com/malformed", scanner.CauseBadAnswer},
		"huge":         {"https://example.com/huge", scanner.CauseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			n := &loopback.Network{
				Recursives: []netip.AddrPort{serveZone(t, zone)},
				Routes:     map[string]string{"example.com:443": server.Listener.Addr().String()},
			}
			f := observe(t, n, Options{Log: test.log, Roots: roots})
			if f.Log != "" || len(f.Problems) != 1 || f.LogCause.Code != test.want {
				t.Errorf("log %q, problems %q, cause %+v; want one problem and %q", f.Log, f.Problems, f.LogCause, test.want)
			}
		})
	}
}

func TestObserve_isBounded(t *testing.T) {
	var text strings.Builder
	for i := range maxLogNames + 10 {
		fmt.Fprintf(&text, "n%d.chu.test\n", i)
	}
	log := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(log, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &loopback.Network{Recursives: []netip.AddrPort{serveZone(t, zone)}}
	f := observe(t, n, Options{Log: log})
	if len(f.Assets) != maxAssets || f.Omitted == 0 || len(n.Dials()) > New(Options{}).Needs().Load.Connections {
		t.Errorf("%d assets, %d omitted, %d dials", len(f.Assets), f.Omitted, len(n.Dials()))
	}
}

func FuzzParseLog(f *testing.F) {
	for _, seed := range []string{"a.chu.test\n", `[{"name_value":"a.test\nb.test"}]`, "[", "# only\n\n*.x.test # y"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		names, _ := ParseLog(raw)
		for _, name := range names {
			if !isHostName(name) || len(names) > maxLogNames {
				t.Fatalf("%d names, %q among them", len(names), name)
			}
		}
	})
}

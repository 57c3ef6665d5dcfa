// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// observe runs the probe at the one site of the test.
func observe(t *testing.T, l *loopback.Network, timeout time.Duration) (fact.Web, scanner.Sighting) {
	t.Helper()
	p := New(Options{Timeout: timeout})
	sightings, err := p.Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
	if err != nil {
		t.Fatal(err)
	}
	if made := len(l.Dials()); made > p.Needs().Load.Connections {
		t.Errorf("%d connections, more than the load says", made)
	}
	// A connection carries one request or more, and each has waited for its turn.
	turns := l.Paced()
	for _, host := range contacted(t, l) {
		at := slices.Index(turns, host)
		if at < 0 {
			t.Fatalf("%s was contacted more often than its turn came: %v, turns %v", host, l.Dials(), l.Paced())
		}
		turns = slices.Delete(turns, at, at+1)
	}
	return sightings[0].Fact.(fact.Web), sightings[0]
}

// contacted lists the host of every connection, the resolvers apart.
func contacted(t *testing.T, l *loopback.Network) []string {
	t.Helper()
	var hosts []string
	for _, dial := range l.Dials() {
		_, address, _ := strings.Cut(dial, " ")
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		if at, err := netip.ParseAddrPort(address); err != nil || !slices.Contains(l.Recursives, at) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// page answers with a head and a page.
func page(headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		fmt.Fprint(w, "<!doctype html><title>Accueil</title>")
	}
}

func redirect(to string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
	}
}

func TestObserveGoodSite(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/{$}", redirect("/fr/", 302))
	mux.Handle("/fr/", page("Strict-Transport-Security", "max-age=63072000", "Server", "nginx", "X-Internal", "secret",
		"Set-Cookie", "session=abc123; Secure; HttpOnly", "Content-Type", "text/html"))
	mux.HandleFunc("/.well-known/security.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, "Contact: mailto:ssi@chu.test\nExpires: 2027-01-01T00:00:00Z\n")
	})
	l := site(t, mux, redirect(origin+"/", 301))
	got, sighting := observe(t, l, 0)
	want := fact.Web{
		Reach: fact.Answered,
		Hops: []fact.Hop{
			{URL: origin + "/", Status: 302, Location: "/fr/", Headers: map[string][]string{"location": {"/fr/"}}, Certificate: fact.Invalid},
			{URL: origin + "/fr/", Status: 200, Headers: map[string][]string{
				"strict-transport-security": {"max-age=63072000"}, "server": {"nginx"}, "content-type": {"text/html"},
			}, Cookies: []fact.Cookie{{Name: "session", Secure: true, HTTPOnly: true}}, Certificate: fact.Invalid},
		},
		Plain: &fact.PlainHTTP{Reach: fact.Answered, Hops: []fact.Hop{
			{URL: "http://" + host + "/", Status: 301, Location: origin + "/", Headers: map[string][]string{"location": {origin + "/"}}},
			{URL: origin + "/", Status: 302, Location: "/fr/", Headers: map[string][]string{"location": {"/fr/"}}, Certificate: fact.Invalid},
		}},
		SecurityTxt: fact.SecurityTxt{
			Reach: fact.Answered, URL: origin + "/.well-known/security.txt", Status: 200, Contacts: 1, Expires: "2027-01-01T00:00:00Z", MediaType: "text/plain",
		},
		Page:     &fact.Page{URL: origin + "/fr/", MediaType: "text/html", Bytes: 37, Digest: got.Page.Digest},
		CORS:     &fact.CORS{Reach: fact.Answered, Status: 200, Origin: foreignOrigin},
		Unlikely: &fact.UnlikelyPath{Statuses: []int{404, 404}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if made := len(l.Dials()); made != 3 || len(l.Paced()) != 7 {
		t.Errorf("a healthy site with one redirect costs %d connections: %v", made, l.Dials())
	}
	if len(sighting.Missing) > 0 || len(sighting.Artifacts) != 2 {
		t.Fatalf("missing %q, %d artifacts", sighting.Missing.Detail(), len(sighting.Artifacts))
	}
	heads := string(sighting.Artifacts[0].Data)
	if strings.Contains(heads, "abc123") || !strings.Contains(heads, "Set-Cookie: session=[removed]; Secure; HttpOnly\n") {
		t.Errorf("the cookie is kept badly:\n%s", heads)
	}
}

func TestObserveSaysWhoItIs(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 20)
	l := site(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r }), nil)
	observe(t, l, 0)
	close(asked)
	for r := range asked {
		if r.Method != http.MethodGet || r.UserAgent() != l.UserAgent() || r.Host != host || len(r.Cookies()) > 0 {
			t.Errorf("%s %s by %q to %q", r.Method, r.URL, r.UserAgent(), r.Host)
		}
	}
}

func TestObserveRedirects(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		location string
		hops     int
		refused  string // by the last hop
	}{
		"loop":         {"/", 1 + maxRedirects, "more than 5 redirects"},
		"out-of-scope": {"https://login.vendor.test/?next=1", 1, "out-of-scope"},
		"to-http":      {"http://other.test/", 1, "out-of-scope"},
		"other-scheme": {"ftp://www.chu.test/", 1, "does not lead to a web page"},
		"script":       {"javascript:alert(1)", 1, "does not lead to a web page"},
		"unreadable":   {"https://www.chu.test:nope/", 1, "cannot be read"},
		"no-host":      {"https:///x", 1, "does not lead to a web page"},
		"endless":      {"/" + strings.Repeat("a", maxURL), 1, "longer than"},
		"shut-port":    {"https://www.chu.test:8443/", 1, "refused by the scope guard"},
		"no-location":  {"", 1, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := site(t, redirect(tt.location, 302), nil)
			got, _ := observe(t, l, 0)
			last := got.Hops[len(got.Hops)-1]
			if got.Reach != fact.Answered || len(got.Hops) != tt.hops || !strings.Contains(last.Refused, tt.refused) {
				t.Errorf("%s, %d hops, refused %q", got.Reach, len(got.Hops), last.Refused)
			}
			if (last.Refused == "") != (tt.refused == "") {
				t.Errorf("refused %q, want %q", last.Refused, tt.refused)
			}
			if slices.ContainsFunc(l.Dials(), func(d string) bool { return !strings.HasPrefix(d, "tcp "+host+":") }) {
				t.Errorf("dialled %v", l.Dials())
			}
		})
	}
}

func TestObserveFollowsWithinTheScope(t *testing.T) {
	t.Parallel()
	l := site(t, redirect("https://me:secret@portail.chu.test/x#y", 307), nil)
	l.Routes["portail.chu.test:443"] = start(t, httptest.NewUnstartedServer(page()), true)
	got, _ := observe(t, l, 0)
	if len(got.Hops) != 2 || got.Hops[1].URL != "https://portail.chu.test/x" || got.Hops[1].Status != 200 {
		t.Errorf("hops %+v", got.Hops)
	}
}

// TestObserveLosesARedirect holds that a page behind a redirect that does not
// answer leaves the look partial, not unreached.
func TestObserveLosesARedirect(t *testing.T) {
	t.Parallel()
	l := site(t, redirect("https://portail.chu.test/", 307), nil)
	l.Routes["portail.chu.test:443"] = loopback.Free(t).String()
	got, sighting := observe(t, l, 0)
	if got.Reach != fact.Answered || len(got.Hops) != 1 || got.Error == "" || !strings.Contains(sighting.Missing.Detail(), "the site") {
		t.Errorf("%+v, missing %q", got, sighting.Missing.Detail())
	}
}

// TestObserveOddAnswers holds that one bad line costs a site nothing: browsers
// drop it, and RFC 9112 section 5 leaves recovery open.
func TestObserveOddAnswers(t *testing.T) {
	t.Parallel()
	secure := &tls.Config{Certificates: testCertificate(t)}
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	const rest = "Strict-Transport-Security: max-age=31536000\r\n\r\n<!doctype html><form><input type=password></form>"
	for name, tt := range map[string]struct {
		answer string
		want   []fact.Oddity
	}{
		"no-colon":           {head + "Ligne sans deux points\r\n" + rest, []fact.Oddity{fact.OddLine}},
		"name-not-ascii":     {head + "En-tête: x\r\n" + rest, []fact.Oddity{fact.OddLine}},
		"long-head":          {head + strings.Repeat("X-Filler: "+strings.Repeat("a", 1000)+"\r\n", 40) + rest, nil},
		"empty-line-first":   {"\r\n" + head + rest, []fact.Oddity{fact.OddEmptyLine}},
		"space-before-colon": {head + "X-A : b\r\n" + rest, []fact.Oddity{fact.OddSpace}},
		"coding-utf-8":       {head + "Content-Encoding: UTF-8\r\n" + rest, []fact.Oddity{fact.OddCoding}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := site(t, page(), nil)
			l.Routes[host+":443"] = loopback.Serve(t, func(c net.Conn) {
				conn := tls.Server(c, secure)
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, tt.answer)
				}
			})
			got, sighting := observe(t, l, 0)
			if got.Reach != fact.Answered || len(sighting.Missing) > 0 || got.Page == nil || got.Page.Passwords != 1 || got.Page.Cut != "" {
				t.Fatalf("%+v, missing %q", got, sighting.Missing.Detail())
			}
			if diff := cmp.Diff(tt.want, got.Hops[0].Oddities); diff != "" {
				t.Errorf("oddities (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"max-age=31536000"}, got.Hops[0].Headers["strict-transport-security"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestObserveHostileServers holds that nothing a server does makes a hang, a
// large memory, or a false fact.
func TestObserveHostileServers(t *testing.T) {
	t.Parallel()
	secure := &tls.Config{Certificates: testCertificate(t)}
	over := func(handle func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) { handle(tls.Server(c, secure)) }
	}
	tests := map[string]struct {
		handle func(net.Conn)
		want   fact.Reach
	}{
		"silent":          {wait, fact.Unreached},
		"silent-over-tls": {over(wait), fact.Unreached},
		"hung-up":         {func(net.Conn) {}, fact.Unreached},
		"plain-http":      {say("HTTP/1.1 200 OK\r\n\r\n"), fact.OtherTalk},
		"banner":          {say("220 mail ESMTP\r\n"), fact.OtherTalk},
		"banner-over-tls": {over(say("SSH-2.0-x\r\n")), fact.OtherTalk},
		"bad-status":      {over(say("HTTP/1.1 abc\r\n\r\n")), fact.Unreached},
		"short-banner":    {over(say("x\n")), fact.OtherTalk},
		"half-head":       {over(say("HTTP/1.1 200 OK\r\nServer: x")), fact.Unreached},
		"endless-head":    {over(endless("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("a", 1000)+"\r\n")), fact.Unreached},
		"endless-1xx":     {over(endless("", "HTTP/1.1 103 Early Hints\r\n\r\n")), fact.Unreached},
		"endless-body":    {over(endless("HTTP/1.1 200 OK\r\n\r\n", strings.Repeat("a", 1000))), fact.Answered},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := site(t, page(), nil)
			l.Routes[host+":443"] = loopback.Serve(t, tt.handle)
			got, sighting := observe(t, l, time.Second)
			if got.Reach != tt.want || got.SecurityTxt.Contacts != 0 {
				t.Errorf("%+v, want %s", got, tt.want)
			}
			if (got.Reach == fact.Unreached) != strings.Contains(sighting.Missing.Detail(), "the site") {
				t.Errorf("%s, missing %q", got.Reach, sighting.Missing.Detail())
			}
			for _, a := range sighting.Artifacts {
				if len(a.Data) > maxHeads {
					t.Errorf("%s of %d bytes", a.Ref.Name, len(a.Data))
				}
			}
		})
	}
}

func wait(c net.Conn) { io.Copy(io.Discard, c) }

func say(text string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text)
		wait(c)
	}
}

func endless(head, again string) func(net.Conn) {
	return func(c net.Conn) {
		_, err := io.WriteString(c, head)
		for err == nil {
			_, err = io.WriteString(c, again)
		}
	}
}

func testCertificate(t *testing.T) []tls.Certificate {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.TLS.Certificates
}

// TestObserveLetsGo holds that no connection outlives the look, even one whose
// handshake never ended.
func TestObserveLetsGo(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 4)
	l := site(t, page(), nil)
	l.Routes[host+":443"] = loopback.Serve(t, func(c net.Conn) {
		wait(c)
		gone <- struct{}{}
	})
	observe(t, l, 300*time.Millisecond)
	<-gone
}

func TestObservePlain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		plain http.Handler
		reach fact.Reach
		hops  string
	}{
		"closed":      {nil, fact.Closed, ""},
		"served":      {page(), fact.Answered, "http://www.chu.test/ 200"},
		"to-https":    {redirect(origin+"/", 308), fact.Answered, "http://www.chu.test/ 308, https://www.chu.test/ 200"},
		"detour":      {detour(), fact.Answered, "http://www.chu.test/ 302, http://www.chu.test/fr 301, https://www.chu.test/ 200"},
		"other-place": {redirect("https://vendor.test/", 301), fact.Answered, "http://www.chu.test/ 301 refused"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := observe(t, site(t, page(), tt.plain), 0)
			var hops []string
			for _, h := range got.Plain.Hops {
				text := fmt.Sprintf("%s %d", h.URL, h.Status)
				if h.Refused != "" {
					text += " refused"
				}
				hops = append(hops, text)
			}
			if text := strings.Join(hops, ", "); got.Plain.Reach != tt.reach || text != tt.hops {
				t.Errorf("%s: %s, want %s", got.Plain.Reach, text, tt.hops)
			}
		})
	}
}

func detour() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/{$}", redirect("/fr", 302))
	mux.Handle("/fr", redirect(origin+"/", 301))
	return mux
}

func TestObservePlainTalksOtherwise(t *testing.T) {
	t.Parallel()
	l := site(t, page(), nil)
	l.Routes[host+":80"] = loopback.Serve(t, say("SSH-2.0-OpenSSH\r\n"))
	got, sighting := observe(t, l, 0)
	if got.Plain.Reach != fact.OtherTalk || len(sighting.Missing) > 0 {
		t.Errorf("%+v, missing %q", got.Plain, sighting.Missing.Detail())
	}
}

// TestObserveOwnPort holds that a site with a port of its own has no clear side.
func TestObserveOwnPort(t *testing.T) {
	t.Parallel()
	l := site(t, page(), nil)
	l.Routes[host+":8443"] = l.Routes[host+":443"]
	target := scanner.Target{Kind: scanner.KindSite, ID: origin + ":8443"}
	sightings, err := New(Options{}).Observe(t.Context(), l, target)
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.Web)
	if got.Reach != fact.Answered || got.Plain != nil || slices.Contains(l.Dials(), "tcp "+host+":80") {
		t.Errorf("%+v, dialled %v", got, l.Dials())
	}
}

func TestObserveWithoutConnection(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		net  *loopback.Network
		want fact.Reach
	}{
		"closed":     {&loopback.Network{Routes: map[string]string{host + ":443": loopback.Free(t).String(), host + ":80": loopback.Free(t).String()}, Addresses: map[string][]netip.Addr{host: {here}}}, fact.Closed},
		"refused":    {&loopback.Network{}, fact.Unreached},
		"no-address": {&loopback.Network{Routes: map[string]string{host + ":443": "none", host + ":80": "none"}}, fact.NoAddress},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, sighting := observe(t, tt.net, 0)
			if got.Reach != tt.want || got.Plain.Reach != tt.want || got.SecurityTxt.Reach != tt.want || len(got.Hops) > 0 {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
			if (len(sighting.Missing) > 0) != (tt.want == fact.Unreached) || len(tt.net.Dials()) != 2 {
				t.Errorf("missing %q, dialled %v", sighting.Missing.Detail(), tt.net.Dials())
			}
		})
	}
}

func TestObserveRefusesTargets(t *testing.T) {
	for _, target := range []scanner.Target{
		scanner.DomainTarget(host),
		{Kind: scanner.KindSite, ID: "http://www.chu.test"},
		{Kind: scanner.KindSite, ID: "https://www.chu.test/path"},
		{Kind: scanner.KindSite, ID: "https://user@www.chu.test"},
		{Kind: scanner.KindSite, ID: "https://"},
		{Kind: scanner.KindSite, ID: "https://%zz"},
	} {
		if _, err := New(Options{}).Observe(t.Context(), &loopback.Network{}, target); err == nil {
			t.Errorf("%s is accepted", target.Key())
		}
	}
}

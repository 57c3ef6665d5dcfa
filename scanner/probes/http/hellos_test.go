// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// onPort counts the connections made to a port of the site.
func onPort(l *loopback.Network, port string) (made int) {
	for _, dial := range l.Dials() {
		if dial == "tcp "+host+":"+port {
			made++
		}
	}
	return made
}

// TestHellos holds that a server which keeps no connection is sent its share of hellos,
// and that what decides was asked within.
func TestHellos(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/{$}", redirect("/fr/", 302))
	mux.Handle("/fr/", page())
	l := site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		mux.ServeHTTP(w, r)
	}), redirect(origin+"/", 301))
	got, sighting := observe(t, l, 0)
	if made := onPort(l, "443"); made != maxHellos {
		t.Errorf("%d hellos, want %d: %v", made, maxHellos, l.Dials())
	}
	if len(got.Hops) != 2 || got.Page == nil || got.CORS.Status != 200 || got.SecurityTxt.Status != 404 || len(got.Plain.Hops) != 2 || len(sighting.Missing) > 0 {
		t.Errorf("%+v, missing %v", got, sighting.Missing)
	}
	if got.Unlikely.Error == "" || len(got.Unlikely.Statuses) > 0 {
		t.Errorf("unlikely paths %+v", got.Unlikely)
	}
}

// TestCarelessServers holds that a server which does not do what it lets believe of a
// connection is told like one that does.
func TestCarelessServers(t *testing.T) {
	t.Parallel()
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<!doctype html>"
	certificates := testCertificate(t)
	for name, ends := range map[string]func(net.Conn){
		"closes":       func(net.Conn) {},
		"says-nothing": func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"idle": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		},
		"babbles": func(c net.Conn) { _, _ = io.WriteString(c, "what else?\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := site(t, page(), nil)
			l.Routes[host+":443"] = loopback.Serve(t, func(raw net.Conn) {
				c := tls.Server(raw, &tls.Config{Certificates: certificates})
				if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
					return
				}
				_, _ = io.WriteString(c, answer)
				ends(c)
				_ = c.Close()
			})
			got, sighting := observe(t, l, 2*time.Second)
			if got.Page == nil || got.CORS == nil || got.CORS.Status != 200 || got.SecurityTxt.Status != 200 || len(sighting.Missing) > 0 {
				t.Errorf("%+v, cors %+v, missing %v", got, got.CORS, sighting.Missing)
			}
			if made := onPort(l, "443"); made > maxHellos {
				t.Errorf("%d hellos", made)
			}
		})
	}
}

// TestConfirmation holds that a look which confirms visits what failed, and says of the
// rest that the first look stands.
func TestConfirmation(t *testing.T) {
	t.Parallel()
	all := []string{fact.WebPage, fact.WebPlain, fact.WebSecurityTxt, fact.WebCORS, fact.WebOthers, fact.WebUnlikely}
	tests := map[string]struct {
		doubt map[string][]string
		paths string // asked over HTTPS
		plain int    // connections to port 80
		kinds string
	}{
		"header":       {map[string][]string{"web-site": {fact.WebPage, fact.WebOthers}}, "/", 0, "web-site"},
		"port-80":      {map[string][]string{"web-site": {fact.WebPlain}}, "/", 1, "web-site"},
		"security-txt": {map[string][]string{"web-site": {fact.WebSecurityTxt}}, "/ /.well-known/security.txt", 0, "web-site"},
		"cors":         {map[string][]string{"web-site": {fact.WebCORS}}, "/ /", 0, "web-site"},
		"products":     {map[string][]string{"products": nil}, "/ ? ?", 0, "products"},
		"whole":        {map[string][]string{"web-site": nil}, "/ / /.well-known/security.txt ? ?", 1, "web-site"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var paths []string
			l := site(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				path := r.URL.Path
				if path != "/" && !strings.HasPrefix(path, "/.well-known/") {
					path = "?"
				}
				paths = append(paths, path)
				page()(w, r)
			}), redirect(origin+"/", 301))
			sightings, err := New(Options{}).Observe(scanner.WithSecondLook(t.Context(), tt.doubt), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, s := range sightings {
				kinds = append(kinds, s.Fact.FactKind())
				if s.Fact.FactKind() != "web-site" {
					continue
				}
				var unread, want []string
				for _, gap := range s.Unread {
					unread = append(unread, gap.Part)
				}
				for _, part := range all {
					if parts := tt.doubt["web-site"]; len(parts) > 0 && !slices.Contains(parts, part) {
						want = append(want, part)
					}
				}
				if diff := cmp.Diff(want, unread); diff != "" {
					t.Errorf("left out (-want +got):\n%s", diff)
				}
			}
			if got := strings.Join(paths, " "); got != tt.paths || onPort(l, "80") != tt.plain || strings.Join(kinds, " ") != tt.kinds {
				t.Errorf("asked %q, want %q; %d connections to port 80; brought %v", got, tt.paths, onPort(l, "80"), kinds)
			}
		})
	}
}

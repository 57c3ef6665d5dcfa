// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/guard"
	"carescan/scanner/probes/internal/lab"
)

// TestObserveThroughTheGuard looks at the lab hospital through the real door.
func TestObserveThroughTheGuard(t *testing.T) {
	t.Parallel()
	door, settings := lab.Open(t)
	target := scanner.Target{Kind: scanner.KindSite, ID: settings.Sites[0]}
	sightings, err := New(Options{}).Observe(t.Context(), door, target)
	if err != nil {
		t.Fatal(err)
	}
	got := sightings[0].Fact.(fact.Web)
	if got.Reach != fact.Answered || got.Hops[0].Status != 200 || got.Plain.Reach != fact.Answered || got.SecurityTxt.Contacts == 0 {
		t.Errorf("got %+v, plain %+v", got, got.Plain)
	}
}

// TestLooksShareThePace looks at three sites of one address at once, at ten
// turns per second: redirects and all, they begin no more together, and each request
// shares the turn of its connection.
func TestLooksShareThePace(t *testing.T) {
	t.Parallel()
	const rate = 10
	var sent atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/accueil", http.StatusFound)
		}
	}))
	defer server.Close()
	sites := []string{"www.chu.test", "portail.chu.test", "agenda.chu.test"}
	config := guard.Config{RatePerHost: rate, Redirects: map[string]string{}, Scope: scanner.Scope{
		Names: []string{"*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
	}}
	for _, site := range sites {
		config.Redirects[site+":443"] = strings.TrimPrefix(server.URL, "https://")
	}
	door, err := guard.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer door.Stop()
	began := time.Now()
	var looks sync.WaitGroup
	for _, site := range sites {
		looks.Go(func() {
			leash := guard.NewLeash(t.Context(), door, scanner.Needs{})
			defer leash.Release()
			target := scanner.Target{Kind: scanner.KindSite, ID: "https://" + site}
			if _, err := New(Options{}).Observe(t.Context(), leash, target); err != nil {
				t.Error(err)
			}
		})
	}
	looks.Wait()
	turns := sent.Load() // one a request: the connection it needs is part of it
	if lasted, least := time.Since(began), time.Duration(turns-1)*time.Second/rate; turns < 15 || lasted < least || lasted > 2*least {
		t.Errorf("%d requests over %d connections in %s, want %s and no more than twice that", turns, door.Spent()["127.0.0.1"], lasted, least)
	}
}

// TestRedirectsLeadToDeclaredPorts lets a site send its visitor to the ports of the
// same network: only those that were declared are asked.
func TestRedirectsLeadToDeclaredPorts(t *testing.T) {
	t.Parallel()
	for place, followed := range map[string]bool{
		"declare.chu.test:8443": true, "www.chu.test:8443": false, "voisin.chu.test:8444": false,
		"www.chu.test:9100": false, "imprimante.chu.test:2575": false, "scanner.chu.test:11112": false,
	} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			device := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
			defer device.Close()
			site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://"+place+"/", http.StatusFound)
			}))
			defer site.Close()
			door, err := guard.New(guard.Config{
				RatePerHost: 1000, Declared: []string{"declare.chu.test:8443", "scanner.chu.test:11112"},
				Redirects: map[string]string{
					"www.chu.test:443": strings.TrimPrefix(site.URL, "https://"), place: strings.TrimPrefix(device.URL, "https://"),
				},
				Scope: scanner.Scope{
					Names: []string{"*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
					Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer door.Stop()
			target := scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"}
			sightings, err := New(Options{}).Observe(t.Context(), door, target)
			if err != nil {
				t.Fatal(err)
			}
			hops := sightings[0].Fact.(fact.Web).Hops
			if followed != (asked.Load() > 0) || followed != (hops[0].Refused == "") {
				t.Errorf("%d requests came, and the redirect was refused as %q; followed, want %t", asked.Load(), hops[0].Refused, followed)
			}
		})
	}
}

// TestRedirectsNameAHostInOneWay: names have no case (RFC 4343 section 2), and checks
// compare the hosts of answers.
func TestRedirectsNameAHostInOneWay(t *testing.T) {
	t.Parallel()
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.Redirect(w, r, "https://WWW.Chu.TEST:443/accueil", http.StatusFound)
		case "/accueil":
			http.Redirect(w, r, "https://h%C3%B4pital.chu.test/", http.StatusFound)
		}
	}))
	defer site.Close()
	at := strings.TrimPrefix(site.URL, "https://")
	door, err := guard.New(guard.Config{
		RatePerHost: 1000, Redirects: map[string]string{"www.chu.test:443": at},
		Scope: scanner.Scope{
			Names: []string{"*.chu.test"}, ExcludedNames: []string{"hôpital.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer door.Stop()
	sightings, err := New(Options{}).Observe(t.Context(), door, scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"})
	if err != nil {
		t.Fatal(err)
	}
	hops := sightings[0].Fact.(fact.Web).Hops
	if len(hops) != 2 || hops[1].URL != "https://www.chu.test:443/accueil" || !strings.Contains(hops[1].Refused, "xn--hpital-ixa.chu.test") {
		t.Errorf("the answers are %+v", hops)
	}
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

func TestObserveCORS(t *testing.T) {
	t.Parallel()
	allow := func(origin, credentials string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if origin == "" {
				origin = r.Header.Get("Origin")
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", credentials)
		}
	}
	tests := map[string]struct {
		serve http.HandlerFunc
		want  fact.CORS
	}{
		"none":      {page(), fact.CORS{}},
		"reflected": {allow("", "true"), fact.CORS{Allowed: foreignOrigin, Credentials: true}},
		"star":      {allow("*", ""), fact.CORS{Allowed: "*"}},
		"other":     {allow("https://a.test", "TRUE"), fact.CORS{Allowed: "https://a.test"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := observe(t, site(t, tt.serve, nil), 0)
			tt.want.Reach, tt.want.Status, tt.want.Origin = fact.Answered, 200, foreignOrigin
			if diff := cmp.Diff(&tt.want, got.CORS); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestObserveCORSLost holds that a site that hangs up on a foreign origin leaves
// its rule unknown.
func TestObserveCORSLost(t *testing.T) {
	t.Parallel()
	got, sighting := observe(t, site(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			panic(http.ErrAbortHandler)
		}
	}), nil), 0)
	if got.CORS.Reach != fact.Unreached || got.CORS.Error == "" || len(sighting.Missing) > 0 {
		t.Errorf("%+v, missing %q", got.CORS, sighting.Missing.Detail())
	}
}

func TestObserveUnlikelyPaths(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		serve http.Handler
		want  []int
	}{
		"honest":   {onlyAtRoot(page()), []int{404, 404}},
		"soft-404": {page(), []int{200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := observe(t, site(t, tt.serve, nil), 0)
			if diff := cmp.Diff(tt.want, got.Unlikely.Statuses); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestObserveOtherAddresses holds that the addresses of a name that the scope
// lets in are asked the same, and no other.
func TestObserveOtherAddresses(t *testing.T) {
	t.Parallel()
	l := site(t, page("Strict-Transport-Security", "max-age=31536000"), nil)
	l.Addresses[host] = []netip.Addr{
		here, netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"),
	}
	l.Routes["192.0.2.2:443"] = start(t, httptest.NewUnstartedServer(page("Server", "forgotten")), true)
	got, _ := observe(t, l, 0)
	var seen []string
	for _, hop := range got.Others {
		seen = append(seen, hop.URL+" at "+hop.Address)
	}
	if diff := cmp.Diff([]string{origin + "/ at 192.0.2.2"}, seen); diff != "" {
		t.Error(diff)
	}
	// The other family of the name is tried once, at the address the door
	// chooses; here nobody answers there.
	byFamily := 0
	for _, dial := range l.Dials() {
		if dial == "tcp6 "+host+":443" {
			byFamily++
		}
	}
	if byFamily != 1 {
		t.Errorf("dialled %v", l.Dials())
	}
	if got.Others[0].Headers["server"][0] != "forgotten" || got.Others[0].Headers["strict-transport-security"] != nil {
		t.Errorf("%+v", got.Others[0])
	}
}

// TestObserveFormsInClear holds that what port 80 shows is read, and that what
// it asks for is noted without its words.
func TestObserveFormsInClear(t *testing.T) {
	t.Parallel()
	login, _ := observe(t, site(t, page(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("<html><form><input type=password>"))
	})), 0)
	if p := login.Plain.Page; p == nil || p.Passwords != 1 || p.Forms[0].Scheme != "http" || p.URL != "http://"+host+"/" {
		t.Errorf("%+v", login.Plain.Page)
	}
	basic, _ := observe(t, site(t, page(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="Salle de garde"`)
		w.WriteHeader(http.StatusUnauthorized)
	})), 0)
	if diff := cmp.Diff([]string{"basic"}, basic.Plain.Hops[0].Auth); diff != "" {
		t.Error(diff)
	}
}

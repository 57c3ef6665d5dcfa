// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

const signedFile = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Contact: mailto:ssi@chu.test
Expires: 2027-01-01T00:00:00Z
-----BEGIN PGP SIGNATURE-----

Contact: not-a-field
-----END PGP SIGNATURE-----
`

func TestParseSecurityTxt(t *testing.T) {
	tests := map[string]struct {
		file string
		want policy
	}{
		"usual":       {"# us\nContact: mailto:a@chu.test\nCONTACT: https://chu.test/c\nExpires: 2027-01-01T00:00:00Z\n", policy{contacts: 2, expires: "2027-01-01T00:00:00Z"}},
		"windows":     {"\ufeffContact: tel:+33-1\r\nexpires:2027-01-01T00:00:00+01:00\r\n", policy{contacts: 1, expires: "2027-01-01T00:00:00+01:00"}},
		"signed":      {signedFile, policy{contacts: 1, expires: "2027-01-01T00:00:00Z", signed: true}},
		"empty":       {"", policy{}},
		"comment":     {"# Contact: mailto:a@chu.test\n", policy{}},
		"no-value":    {"Contact:\nContact: \n", policy{}},
		"twice":       {"Expires: 2027-01-01T00:00:00Z\nExpires: 2030-01-01T00:00:00Z\n", policy{expires: "2027-01-01T00:00:00Z, 2030-01-01T00:00:00Z"}},
		"canonical":   {"Canonical: https://chu.test/s\nCanonical: https://b.test/s\n", policy{canonicals: []string{"https://chu.test/s", "https://b.test/s"}}},
		"long-expiry": {"Expires: " + strings.Repeat("9", 1000), policy{expires: strings.Repeat("9", maxExpires) + "…"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseSecurityTxt([]byte(tt.file)), cmp.AllowUnexported(policy{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseSecurityTxt(f *testing.F) {
	f.Add([]byte(signedFile))
	f.Add([]byte("Contact: a\nExpires: b"))
	f.Add([]byte("\xef\xbb\xbfcontact:\xff\r\r\nEXPIRES::"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got := parseSecurityTxt(file)
		if got.contacts > strings.Count(strings.ToLower(string(file)), "contact:") {
			t.Errorf("%d contacts out of nothing", got.contacts)
		}
		if len(got.expires) > maxExpires+len("…") {
			t.Errorf("Expires of %d bytes", len(got.expires))
		}
	})
}

// serveFile is a site with a page at every address, and a file.
func serveFile(file http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", page())
	mux.Handle("/.well-known/security.txt", file)
	return mux
}

func TestObserveSecurityTxt(t *testing.T) {
	t.Parallel()
	good := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "Contact: mailto:a@chu.test\n") }
	const at = origin + "/.well-known/security.txt"
	tests := map[string]struct {
		file http.HandlerFunc
		want fact.SecurityTxt
	}{
		"present":     {good, fact.SecurityTxt{URL: at, Status: 200, Contacts: 1}},
		"absent":      {http.NotFound, fact.SecurityTxt{URL: at, Status: 404}},
		"soft-404":    {page("Content-Type", "text/html"), fact.SecurityTxt{URL: at, Status: 200}},
		"page-as-txt": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\n <p>Contact: us</p>\nContact: x\n") }, fact.SecurityTxt{URL: at, Status: 200}},
		"moved":       {redirect("/security.txt", 301), fact.SecurityTxt{URL: origin + "/security.txt", Status: 200}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, site(t, serveFile(tt.file), nil), 0)
			tt.want.Reach = fact.Answered
			if diff := cmp.Diff(tt.want, got.SecurityTxt); diff != "" {
				t.Error(diff)
			}
			if kept := len(sighting.Artifacts) > 1; kept != (tt.want.Contacts > 0) || len(sighting.Missing) > 0 {
				t.Errorf("kept %t, missing %q", kept, sighting.Missing.Detail())
			}
		})
	}
}

// TestObserveSecurityTxtHostile holds that a file that cannot be had to its end
// is not known, and that one without end is cut.
func TestObserveSecurityTxtHostile(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file http.HandlerFunc
		lost bool
		kept int
	}{
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(w, "Contact: mailto:a@chu.test\n")
			}
		}, false, maxBody},
		"stalled": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "Contact: mailto:a@chu.test\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, true, 0},
		"out-of-scope": {redirect("https://vendor.test/security.txt", 302), true, 0},
		"hung-up":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, site(t, serveFile(tt.file), nil), 5*time.Second)
			if len(sighting.Missing) > 0 || (got.SecurityTxt.Reach == fact.Unreached) != tt.lost || (got.SecurityTxt.Error != "") != tt.lost {
				t.Fatalf("missing %q, %+v", sighting.Missing.Detail(), got.SecurityTxt)
			}
			kept := 0
			for _, a := range sighting.Artifacts[1:] {
				kept += len(a.Data)
			}
			if kept != tt.kept {
				t.Errorf("%d bytes kept, want %d", kept, tt.kept)
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
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
		"usual":            {"# us\nContact: mailto:a@chu.test\nCONTACT: https://chu.test/c\nExpires: 2027-01-01T00:00:00Z\n", policy{contacts: 2, expires: "2027-01-01T00:00:00Z"}},
		"windows":          {"\ufeffContact: tel:+33-1\r\nexpires:2027-01-01T00:00:00+01:00\r\n", policy{contacts: 1, expires: "2027-01-01T00:00:00+01:00"}},
		"fields_in_clear":  {"Contact: mailto:a@chu.test\nPolicy: http://chu.test/p\nHiring: HTTP://chu.test/h\n", policy{contacts: 1, faults: []fact.SecurityTxtFault{fact.TxtFieldClear}}},
		"fields_of_others": {"Contact: mailto:a@chu.test\nEncryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f\nX-Note: http://chu.test/\nPolicy: https://chu.test/p\n", policy{contacts: 1}},
		"bare":             {"Contact: securite@chu.test\nContact: 01 02 03 04 05\nContact: http://chu.test/\n", policy{contacts: 3, faults: []fact.SecurityTxtFault{fact.TxtContactNoURI, fact.TxtContactClear}}},
		"signed":           {signedFile, policy{contacts: 1, expires: "2027-01-01T00:00:00Z", signed: true}},
		"empty":            {"", policy{}},
		"comment":          {"# Contact: mailto:a@chu.test\n", policy{}},
		"no-value":         {"Contact:\nContact: \n", policy{}},
		"twice":            {"Expires: 2027-01-01T00:00:00Z\nExpires: 2030-01-01T00:00:00Z\n", policy{expires: "2027-01-01T00:00:00Z, 2030-01-01T00:00:00Z", faults: []fact.SecurityTxtFault{fact.TxtExpiresTwice}}},
		"canonical":        {"Canonical: https://chu.test/s\nCanonical: https://b.test/s\n", policy{canonicals: []string{"https://chu.test/s", "https://b.test/s"}}},
		"long-expiry":      {"Expires: " + strings.Repeat("9", 1000), policy{expires: strings.Repeat("9", maxExpires) + "…"}},
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

// typed serves a file as a type.
func typed(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, "Contact: mailto:a@chu.test\n")
	}
}

func TestContactFault(t *testing.T) {
	for value, want := range map[string]fact.SecurityTxtFault{
		"mailto:a@chu.test": "", "mailto:a@chu.test?subject=x%20y": "", "https://chu.test/c": "", "tel:+33-1-02-03-04-05": "", "HTTPS://chu.test": "",
		"a@chu.test": fact.TxtContactNoURI, "chu.test/contact": fact.TxtContactNoURI, "+33 1 02 03 04 05": fact.TxtContactNoURI, "0102030405": fact.TxtContactNoURI,
		"<mailto:a@chu.test>": fact.TxtContactNoURI, "mailto:": fact.TxtContactNoURI, "mailto:chu": fact.TxtContactNoURI, "mailto: a@chu.test": fact.TxtContactNoURI,
		"tel:+33 1": fact.TxtContactNoURI, "https://": fact.TxtContactNoURI, "mailto:é@chu.test": fact.TxtContactNoURI, "https://chu.test/%zz": fact.TxtContactNoURI,
		"http://chu.test/c": fact.TxtContactClear, "HTTP://chu.test/c": fact.TxtContactClear,
	} {
		if got := contactFault(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// TestAgainstPublicFiles reads the public files of RFC 9116. What an Expires says is
// judged by the check, which plays the same values.
func TestAgainstPublicFiles(t *testing.T) {
	judged := []string{"expired", "expires-malformed"}
	var files map[string]struct {
		Errors []string `yaml:"errors"`
		Signed bool     `yaml:"signed"`
	}
	if err := yaml.Unmarshal(scannertest.Vectors(t, "securitytxt/expected.yaml"), &files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		file := scannertest.Vectors(t, "securitytxt/"+name)
		got := parseSecurityTxt(file)
		var errors []string
		switch {
		case isMarkup(file):
			errors = []string{"not-a-security-txt"}
		default:
			if got.contacts == 0 {
				errors = append(errors, "contact-missing")
			}
			if got.expires == "" {
				errors = append(errors, "expires-missing")
			}
			for _, f := range got.faults {
				errors = append(errors, string(f))
			}
		}
		wanted := slices.DeleteFunc(want.Errors, func(e string) bool { return slices.Contains(judged, e) })
		if diff := cmp.Diff(wanted, errors, cmpopts.EquateEmpty()); diff != "" || got.signed != want.Signed {
			t.Errorf("%s, signed %t (-want +got):\n%s", name, got.signed, diff)
		}
	}
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
		"present":     {good, fact.SecurityTxt{URL: at, Status: 200, Contacts: 1, MediaType: "text/plain"}},
		"absent":      {http.NotFound, fact.SecurityTxt{URL: at, Status: 404}},
		"soft-404":    {page("Content-Type", "text/html"), fact.SecurityTxt{URL: at, Status: 200, MediaType: "text/html", Faults: []fact.SecurityTxtFault{fact.TxtPage}}},
		"page-as-txt": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\n <p>Contact: us</p>\nContact: x\n") }, fact.SecurityTxt{URL: at, Status: 200, MediaType: "text/html", Faults: []fact.SecurityTxtFault{fact.TxtPage}}},
		"moved":       {redirect("/security.txt", 301), fact.SecurityTxt{URL: origin + "/security.txt", Status: 200, MediaType: "text/html", Faults: []fact.SecurityTxtFault{fact.TxtPage}}},
		// A home page in place of the file is no file without contact.
		"to-the-page": {redirect("/", 302), fact.SecurityTxt{URL: origin + "/", Status: 200, MediaType: "text/html", Faults: []fact.SecurityTxtFault{fact.TxtPage}}},
		// RFC 9116 section 3: the type is text/plain, in UTF-8.
		"as-html":   {typed("text/html; charset=utf-8"), fact.SecurityTxt{URL: at, Status: 200, Contacts: 1, MediaType: "text/html", Faults: []fact.SecurityTxtFault{fact.TxtMediaType}}},
		"as-binary": {typed("application/octet-stream"), fact.SecurityTxt{URL: at, Status: 200, Contacts: 1, MediaType: "application/octet-stream", Faults: []fact.SecurityTxtFault{fact.TxtMediaType}}},
		"in-latin":  {typed("text/plain; charset=iso-8859-1"), fact.SecurityTxt{URL: at, Status: 200, Contacts: 1, MediaType: "text/plain", Faults: []fact.SecurityTxtFault{fact.TxtMediaType}}},
		"in-utf-8":  {typed("text/plain; charset=UTF-8"), fact.SecurityTxt{URL: at, Status: 200, Contacts: 1, MediaType: "text/plain"}},
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

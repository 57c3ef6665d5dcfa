// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"carescan/scanner/fact"
	"carescan/scanner/probes/nuclei"
)

// everywhere is a site that answers any address alike, but for its own pages.
type everywhere struct {
	status int
	body   string
	own    tree
}

func (e everywhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, own := e.own[r.URL.Path]; own {
		e.own.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(e.status)
	_, _ = w.Write([]byte(e.body))
}

// counting answers everything with one status.
type counting struct {
	status int
	asked  atomic.Int32
}

func (c *counting) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	c.asked.Add(1)
	w.WriteHeader(c.status)
}

func run(seen fact.Templates, id string) fact.TemplateRun {
	for _, r := range seen.Ran {
		if r.ID == id {
			return r
		}
	}
	return fact.TemplateRun{}
}

func TestSoftNotFoundIsRecorded(t *testing.T) {
	p := newProbe(t, nuclei.Options{Portals: map[string]fact.Declaration{"vpn.chu.test:443": {Kind: "vpn", TwoFactor: "yes"}}})
	head := ok("/.git/HEAD", "ref: refs/heads/main")
	soft := everywhere{http.StatusOK, "<title>Accueil</title>", tree{head.path: head}}
	seen, _ := observe(t, p, serve(t, soft), siteTarget)
	if !seen.SoftNotFound || seen.Blocked || seen.Error != "" {
		t.Errorf("soft %v, blocked %v, error %q", seen.SoftNotFound, seen.Blocked, seen.Error)
	}
	if r := run(seen, "git-head"); !r.Matched || r.Severity != "critical" || r.Home {
		t.Errorf("a real page is lost on a site that answers anything: %+v", r)
	}
	if len(seen.Declared) != 1 || !seen.Intrusive {
		t.Errorf("declared %v, intrusive %v", seen.Declared, seen.Intrusive)
	}
}

func TestRefusedEverywhereIsRecorded(t *testing.T) {
	refusing := everywhere{http.StatusForbidden, "Forbidden", nil}
	seen, _ := observe(t, newProbe(t, nuclei.Options{}), serve(t, refusing), siteTarget)
	if seen.SoftNotFound || !seen.Blocked || len(matches(seen)) > 0 {
		t.Errorf("soft %v, blocked %v, matches %v", seen.SoftNotFound, seen.Blocked, matches(seen))
	}
}

// turning answers as it should, then refuses everything: something in front of it
// had enough of us.
type turning struct{ asked atomic.Int32 }

func (s *turning) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	status := http.StatusNotFound
	if s.asked.Add(1) > 60 {
		status = http.StatusForbidden
	}
	w.WriteHeader(status)
}

func TestRefusedDuringTheLookIsRecorded(t *testing.T) {
	seen, _ := observe(t, newProbe(t, nuclei.Options{}), serve(t, &turning{}), siteTarget)
	if !seen.Blocked || seen.Error != "" {
		t.Errorf("blocked %v, error %q", seen.Blocked, seen.Error)
	}
}

// TestPushBackEndsTheLook covers sites that ask for fewer requests.
func TestPushBackEndsTheLook(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		pages := &counting{status: status}
		seen, _ := observe(t, newProbe(t, nuclei.Options{}), serve(t, pages), siteTarget)
		if !strings.Contains(seen.Error, errPushBack.Error()) || pages.asked.Load() > 8 {
			t.Errorf("%d: error %q after %d requests", status, seen.Error, pages.asked.Load())
		}
	}
}

// TestHomePageNeedsNoRandomAddress: a console that gives its sign-in page at any
// address is still that console.
func TestHomePageNeedsNoRandomAddress(t *testing.T) {
	console := everywhere{http.StatusOK, `<title>pfSense - Login</title><input name="usernamefld"><input name="passwordfld">`, nil}
	seen, _ := observe(t, newProbe(t, nuclei.Options{}), serve(t, console), siteTarget)
	if r := run(seen, "pfsense"); !r.Matched || !r.Home {
		t.Errorf("got %+v", r)
	}
}

// TestWhatAMatchTells covers what is kept of a match: lists, version, curation.
func TestWhatAMatchTells(t *testing.T) {
	pages := tree{
		"/webstart.jnlp":       ok("", `<jnlp><title>Mirth Connect Administrator 4.3.0</title> com.mirth.connect`),
		"/system":              ok("", `{"ApiVersion" : 24,"DicomAet" : "ORTHANC","Version" : "1.12.4"}`),
		"/app/explorer.html":   ok("", `<title>Orthanc Explorer</title><script src="explorer.js"></script>`),
		"/owa/auth/logon.aspx": ok("", `OwaPage <link href="/owa/auth/15.2.1544/themes/x">`),
	}
	seen, _ := observe(t, newProbe(t, nuclei.Options{}), serve(t, pages), siteTarget)
	mirth := run(seen, "mirth-connect-cve-2023-43208")
	if !mirth.KEV || mirth.Version != "4.3.0" || len(mirth.CVE) != 1 || mirth.Group != fact.GroupKnownExploited {
		t.Errorf("got %+v", mirth)
	}
	if r := run(seen, "orthanc"); !r.Matched || r.Curation != fact.Merged {
		t.Errorf("got %+v", r)
	}
	if r := run(seen, "orthanc-open"); r.Version != "1.12.4" || r.Curation != "" {
		t.Errorf("got %+v", r)
	}
	if r := run(seen, "outlook-web"); r.Version != "15.2.1544" {
		t.Errorf("got %+v", r)
	}
}

// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/nuclei"
)

// page is what a site answers at one address; elsewhere it answers 404.
type page struct {
	path   string
	status int
	header http.Header
	body   string
}

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) { tree{p.path: p}.ServeHTTP(w, r) }

// tree is a site of some pages.
type tree map[string]page

func (t tree) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, ok := t[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	maps.Copy(w.Header(), p.header)
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

func ok(path, body string) page { return page{path, http.StatusOK, nil, body} }

func matches(seen fact.Templates) []string {
	found := []string{}
	for _, r := range seen.Ran {
		if r.Matched {
			found = append(found, r.ID)
		}
	}
	return found
}

func expectMatches(t *testing.T, p *nuclei.Probe, at page, want []string) {
	t.Helper()
	seen, sighting := observe(t, p, serve(t, at), siteTarget)
	if diff := cmp.Diff(want, matches(seen)); diff != "" {
		t.Errorf("page %s %q: matches (-want +got):\n%s", at.path, at.body, diff)
	}
	if len(sighting.Missing) > 0 || seen.Error != "" {
		t.Errorf("page %s: missing %q, error %q", at.path, sighting.Missing.Detail(), seen.Error)
	}
}

// recorder notes what a site is asked.
type recorder struct {
	mu     sync.Mutex
	asked  []string
	agents []string
}

func (s *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.agents = append(s.agents, r.UserAgent())
	http.NotFound(w, r)
}

func TestSiteIsAskedOnlyWhatIsPlanned(t *testing.T) {
	pages := &recorder{}
	s := serve(t, pages)
	p := newProbe(t, nuclei.Options{})
	seen, sighting := observe(t, p, s, siteTarget)
	if len(pages.asked) != p.Requests() {
		t.Errorf("%d requests, want %d: %v", len(pages.asked), p.Requests(), pages.asked)
	}
	if slices.ContainsFunc(pages.asked, func(a string) bool { return !strings.HasPrefix(a, "GET /") && !strings.HasPrefix(a, "HEAD /") }) {
		t.Errorf("other requests than GET and HEAD: %v", pages.asked)
	}
	if slices.ContainsFunc(pages.agents, func(a string) bool { return a != s.UserAgent() }) {
		t.Errorf("user agents %v, want %q", pages.agents, s.UserAgent())
	}
	if seen.Engine != engineName() || len(sighting.Artifacts) != 1 {
		t.Errorf("engine %q, %d artifacts", seen.Engine, len(sighting.Artifacts))
	}
}

// pacing is a site whose door counts the requests that asked for a permit, and
// gives so many.
type pacing struct {
	site
	asked atomic.Int64
	most  int64
}

func (p *pacing) Pace(context.Context, string) error {
	if p.asked.Add(1) > p.most {
		return &scanner.Refusal{Code: scanner.RefusedQuietHours, Address: siteName, Detail: "targets are not contacted at this hour"}
	}
	return nil
}

// TestEveryRequestHasItsPermit redirects each page once and answers a few with a
// closed connection, so that redirects and second tries are counted too; then
// it ends the permits half way.
func TestEveryRequestHasItsPermit(t *testing.T) {
	var sent, cut atomic.Int64
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := sent.Add(1); {
		case n%10 == 0:
			cut.Add(1)
			panic(http.ErrAbortHandler)
		case !strings.HasSuffix(r.URL.Path, "/moved"):
			http.Redirect(w, r, r.URL.Path+"/moved", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	p := newProbe(t, nuclei.Options{Connections: 500})
	network := &pacing{site: serve(t, pages), most: 1 << 30}
	observe(t, p, network, siteTarget)
	if sent.Load() <= int64(p.Requests()) || cut.Load() == 0 {
		t.Errorf("%d requests, %d cut: nothing was redirected or tried again", sent.Load(), cut.Load())
	}
	if sent.Load() != network.asked.Load() {
		t.Errorf("%d requests were sent with %d permits", sent.Load(), network.asked.Load())
	}

	sent.Store(0)
	network = &pacing{site: network.site, most: 20}
	seen, _ := observe(t, p, network, siteTarget)
	if sent.Load() != network.most {
		t.Errorf("%d requests were sent with %d permits", sent.Load(), network.most)
	}
	if last := seen.Ran[len(seen.Ran)-1]; last.Ran || seen.Error == "" {
		t.Errorf("without permits, template %s is said to have run; error %q", last.ID, seen.Error)
	}
	if !slices.ContainsFunc(seen.Ran, func(r fact.TemplateRun) bool { return strings.Contains(r.Error, "quiet-hours") }) {
		t.Error("no template says why it could not run")
	}
}

func TestPageFoundEverywhereProvesNothing(t *testing.T) {
	everywhere := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<title>phpMyAdmin</title><input name="pma_username">`)
	})
	seen, sighting := observe(t, newProbe(t, nuclei.Options{}), serve(t, everywhere), siteTarget)
	for _, r := range seen.Ran {
		if r.ID == "phpmyadmin" && (r.Ran || r.Matched || r.Error != "the site gives the same page at a random address") {
			t.Errorf("got %+v", r)
		}
	}
	if !strings.Contains(sighting.Missing.Detail(), "template phpmyadmin could not run") {
		t.Errorf("missing %q", sighting.Missing.Detail())
	}
}

// spent is a scope whose budget of connections is spent.
type spent struct{ site }

func (spent) DialContext(_ context.Context, _, address string) (net.Conn, error) {
	return nil, &scanner.Refusal{Code: scanner.RefusedBudget, Address: address, Detail: "enough for today"}
}

func TestUnansweredSiteProvesNothing(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	cut := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	dropped := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	tests := map[string]struct {
		network scanner.Network
		want    string
	}{
		"connection-refused": {site{siteName, closed.Addr().String()}, "connection refused"},
		"cut-answer":         {cut, "an answer was cut short"},
		"dropped":            {dropped, "EOF"},
		"not-tls":            {site{siteName, strings.TrimPrefix(plain.URL, "http://")}, "server gave HTTP response to HTTPS client"},
		"budget-spent":       {spent{cut}, "refused by the scope guard (budget-spent): enough for today"},
		"out-of-scope":       {site{"other.test", closed.Addr().String()}, "refused by the scope guard (out-of-scope)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, sighting := observe(t, newProbe(t, nuclei.Options{}), test.network, siteTarget)
			if !strings.Contains(seen.Error, test.want) || sighting.Missing.Detail() != seen.Error {
				t.Errorf("error %q, missing %q, want %q", seen.Error, sighting.Missing.Detail(), test.want)
			}
			for _, r := range seen.Ran {
				if r.Ran || r.Matched || r.Error == "" {
					t.Errorf("%s: %+v", r.ID, r)
				}
			}
		})
	}
}

// TestSiteWithoutCommonTLSIsLeftAlone: a site that refuses the TLS of the engine does not
// hear of it once for each template.
func TestSiteWithoutCommonTLSIsLeftAlone(t *testing.T) {
	var hellos atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			hellos.Add(1)
			_, _ = conn.Read(make([]byte, 4<<10))                       // its hello
			_, _ = io.WriteString(conn, "\x15\x03\x01\x00\x02\x02\x28") // handshake_failure
			conn.Close()
		}
	}()
	seen, sighting := observe(t, newProbe(t, nuclei.Options{}), site{siteName, listener.Addr().String()}, siteTarget)
	if n := hellos.Load(); n < 1 || n > 2 {
		t.Errorf("%d hellos, want two at most", n)
	}
	if !slices.ContainsFunc(sighting.Missing, func(c scanner.Cause) bool { return c.Code == scanner.CauseTLSUnspoken }) {
		t.Errorf("missing %v, want %s", sighting.Missing, scanner.CauseTLSUnspoken)
	}
	for _, r := range seen.Ran {
		if r.Ran || r.Matched || r.Error == "" {
			t.Errorf("%s: %+v", r.ID, r)
		}
	}
}

func TestIsCut(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	tests := map[string]struct {
		response string
		want     bool
	}{
		"whole":      {head + "Content-Length: 4\r\n\r\nbody", false},
		"cut":        {head + "Content-Length: 5\r\n\r\nbody", true},
		"no-length":  {head + "Server: a\r\n\r\nbody", false},
		"to-head":    {head + "Content-Length: 5\r\n\r\n", false},
		"encoded":    {head + "Content-Encoding: gzip\r\nContent-Length: 500\r\n\r\nbody", false},
		"not-number": {head + "Content-Length: x\r\n\r\nbody", false},
		"very-long":  {head + "Content-Length: 9000000\r\n\r\n" + strings.Repeat("a", maxResponse), false},
		"nothing":    {"", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := isCut(test.response, maxResponse); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSilentSiteIsGivenUp(t *testing.T) {
	released := make(chan struct{})
	silent := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released }))
	seen, sighting := observe(t, newProbe(t, nuclei.Options{Timeout: 1500 * time.Millisecond}), silent, siteTarget)
	close(released)
	if want := "the look was stopped: it took too long"; seen.Error != want || sighting.Missing.Detail() != want {
		t.Errorf("error %q, missing %q, want %q", seen.Error, sighting.Missing.Detail(), want)
	}
}

func TestTooMuchMemoryEndsTheWorker(t *testing.T) {
	seen, _ := observe(t, newProbe(t, nuclei.Options{MemoryLimit: 8 << 20}), serve(t, http.NotFoundHandler()), siteTarget)
	if want := "the worker needed more memory than allowed"; seen.Error != want {
		t.Errorf("error %q, want %q", seen.Error, want)
	}
}

const operatorTemplate = `id: intranet
info: {name: Intranet, author: someone, severity: info, tags: panel}
http:
  - method: GET
    path: ["{{BaseURL}}/intranet"]
    host-redirects: true
    matchers:
      - type: word
        words: ["Our intranet"]
`

func TestOperatorTemplateRuns(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "intranet.yaml"), []byte(operatorTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProbe(t, nuclei.Options{Folder: folder})
	expectMatches(t, p, ok("/intranet", "Our intranet"), []string{"intranet"})

	t.Run("redirection-elsewhere-is-not-followed", func(t *testing.T) {
		other := &recorder{}
		elsewhere := httptest.NewServer(other)
		defer elsewhere.Close()
		seen, _ := observe(t, p, serve(t, http.RedirectHandler(elsewhere.URL+"/intranet", http.StatusFound)), siteTarget)
		if len(other.asked) > 0 || len(matches(seen)) > 0 {
			t.Errorf("asked elsewhere: %v, matches %v", other.asked, matches(seen))
		}
	})
}

// TestPlainSiteIsAsked covers http origins with a port.
func TestPlainSiteIsAsked(t *testing.T) {
	server := httptest.NewServer(ok("/metadata", `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}`))
	defer server.Close()
	at := scanner.Target{Kind: scanner.KindSite, ID: "http://www.chu.test:8080"}
	seen, _ := observe(t, newProbe(t, nuclei.Options{}), site{siteName, strings.TrimPrefix(server.URL, "http://")}, at)
	if diff := cmp.Diff([]string{"fhir-server"}, matches(seen)); diff != "" {
		t.Errorf("matches (-want +got):\n%s", diff)
	}
}

// askWorker gives a plan and an order to a worker without a parent, and hears what it
// says of them.
func askWorker(t *testing.T, plan nuclei.Plan, order nuclei.Order) (lines []nuclei.Line, err error) {
	t.Helper()
	cmd := exec.Command(self(t), nuclei.Work)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tell(t, stdin, plan, order)
	decoder := json.NewDecoder(stdout)
	for {
		var l nuclei.Line
		if err := decoder.Decode(&l); err != nil {
			break
		}
		lines = append(lines, l)
		if l.Done {
			break
		}
	}
	stdin.Close()
	return lines, cmd.Wait()
}

// tell writes lines of JSON.
func tell(t *testing.T, to io.Writer, messages ...any) {
	t.Helper()
	for _, m := range messages {
		if err := json.NewEncoder(to).Encode(m); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWorkerRefusesWhatTheParentWouldNotSend(t *testing.T) {
	post := []byte(strings.Replace(operatorTemplate, "GET", "POST", 1))
	tests := map[string]struct {
		template nuclei.PlannedTemplate
		want     string
	}{
		"altered":    {nuclei.PlannedTemplate{ID: "intranet", Digest: scanner.Digest([]byte("other")), Data: []byte(operatorTemplate)}, "the template does not have the announced hash"},
		"renamed":    {nuclei.PlannedTemplate{ID: "grafana", Digest: scanner.Digest([]byte(operatorTemplate)), Data: []byte(operatorTemplate)}, `the template calls itself "intranet"`},
		"unaccepted": {nuclei.PlannedTemplate{ID: "intranet", Digest: scanner.Digest(post), Data: post}, `method "POST": only GET and HEAD are accepted`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lines, err := askWorker(t,
				nuclei.Plan{Protocol: nuclei.Protocol, MemoryLimit: 512 << 20, Templates: []nuclei.PlannedTemplate{test.template}},
				nuclei.Order{Site: 3, URL: siteURL, Door: "/nonexistent", Templates: []string{test.template.ID, "unknown"}})
			want := []nuclei.Line{
				{Engine: engineName()},
				{Site: 3, Result: &nuclei.Result{ID: test.template.ID, Error: test.want}},
				{Site: 3, Result: &nuclei.Result{ID: "unknown", Error: "the template is neither in the plan nor in the order"}},
				{Site: 3, Done: true},
			}
			if diff := cmp.Diff(want, lines); diff != "" || err != nil {
				t.Errorf("%v, lines (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestWorkerRefusesWhatIsNoPlan(t *testing.T) {
	for input, want := range map[string]int{
		"": 1, "{": 1, "[]": 1, `{"protocol":3,"unknown":1}`: 1,
		`{"url":"https://www.chu.test"}`: nuclei.ExitOtherProtocol, `{"protocol":2,"unknown":1}`: nuclei.ExitOtherProtocol,
	} {
		cmd := exec.Command(self(t), nuclei.Work)
		cmd.Env = []string{"HOME=" + t.TempDir()}
		cmd.Stdin = strings.NewReader(input)
		if output, err := cmd.Output(); err == nil || cmd.ProcessState.ExitCode() != want || len(output) > 0 {
			t.Errorf("plan %q: %v, want exit code %d, output %q", input, err, want, output)
		}
	}
}

// The door of this plan never answers: only the end of the input ends the
// worker.
func TestWorkerEndsWithItsParent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "door")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cmd := exec.Command(self(t), nuclei.Work)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	intranet := nuclei.PlannedTemplate{ID: "intranet", Digest: scanner.Digest([]byte(operatorTemplate)), Data: []byte(operatorTemplate)}
	tell(t, stdin, nuclei.Plan{Protocol: nuclei.Protocol, MemoryLimit: 512 << 20, Templates: []nuclei.PlannedTemplate{intranet}},
		nuclei.Order{Site: 1, URL: siteURL, Door: path, Templates: []string{"intranet"}})
	conn, err := listener.Accept() // the worker is at work
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stdin.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("the worker ended well although it could do nothing")
	}
}

// TestSiteThatKeepsNoConnection: a site that closes after each answer hears the hellos
// allowed. Its home page is told, whatever was recognised too, and of the rest that it was
// not asked; allowed more, all is asked.
func TestSiteThatKeepsNoConnection(t *testing.T) {
	console := everywhere{http.StatusOK, `<title>pfSense - Login</title><input name="usernamefld"><input name="passwordfld">`, nil}
	closing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		console.ServeHTTP(w, r)
	})
	for _, allowed := range []int{0, 500} {
		p, h, pages := newProbe(t, nuclei.Options{Connections: allowed}), newHospital(), &count{Handler: closing}
		brought := lookAll(t, p, h, h.add(t, "www.chu.test", "192.0.2.1", rate.Inf, pages))[0]
		spared := slices.ContainsFunc(brought.missing, func(c scanner.Cause) bool {
			return c.Code == scanner.CauseHangsUp && c.Values[scanner.ValueLimit] == "2"
		})
		if r := run(brought.seen, "pfsense"); !r.Matched || brought.seen.Error != "" || spared != (allowed == 0) {
			t.Errorf("%d allowed: home page %+v, error %q, missing %v", allowed, r, brought.seen.Error, brought.missing)
		}
		if n := len(pages.times()); allowed == 0 && n > 2 || allowed > 0 && n < p.Requests() {
			t.Errorf("%d allowed: %d requests, a hello each", allowed, n)
		}
		for _, r := range brought.seen.Ran {
			if !r.Home && r.Ran == (allowed == 0) {
				t.Errorf("%d allowed: %s ran %t", allowed, r.ID, r.Ran)
			}
		}
	}
}

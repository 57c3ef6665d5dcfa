// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
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

// hospital is a network of several sites, which may share an address.
type hospital struct {
	site                               // for what one site and many have alike
	leads map[string]string            // where the server of a site listens, by name
	at    map[string]netip.Addr        // its address in the hospital
	turns map[netip.Addr]*rate.Limiter // of requests
	paced map[netip.Addr]*atomic.Int64 // permits given
}

// newHospital has each address take so many requests a second.
func newHospital() *hospital {
	return &hospital{
		leads: map[string]string{}, at: map[string]netip.Addr{},
		turns: map[netip.Addr]*rate.Limiter{}, paced: map[netip.Addr]*atomic.Int64{},
	}
}

// add puts a site at an address, which takes so many requests a second.
func (h *hospital) add(t testing.TB, name, address string, perSecond rate.Limit, pages http.Handler) scanner.Target {
	t.Helper()
	server := httptest.NewTLSServer(pages)
	t.Cleanup(server.Close)
	addr := netip.MustParseAddr(address)
	h.leads[name], h.at[name] = strings.TrimPrefix(server.URL, "https://"), addr
	if h.turns[addr] == nil {
		h.turns[addr], h.paced[addr] = rate.NewLimiter(perSecond, 1), &atomic.Int64{}
	}
	return scanner.Target{Kind: scanner.KindSite, ID: "https://" + name}
}

func (h *hospital) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, network, h.leads[name])
}

func (h *hospital) Permits(context.Context, string) error { return nil }

func (h *hospital) Pace(ctx context.Context, name string) error {
	if err := h.turns[h.at[name]].Wait(ctx); err != nil {
		return err
	}
	h.paced[h.at[name]].Add(1)
	return nil
}

func (h *hospital) Lookup(_ context.Context, name string) ([]netip.Addr, error) {
	return []netip.Addr{h.at[name]}, nil
}

// told is what a look at one of several sites brought, and when.
type told struct {
	seen       fact.Templates
	missing    scanner.Causes
	begun, end time.Time
}

// lookAll looks at several sites at once.
func lookAll(t testing.TB, p *nuclei.Probe, network scanner.Network, sites ...scanner.Target) []told {
	t.Helper()
	all := make([]told, len(sites))
	var looks sync.WaitGroup
	for i, at := range sites {
		looks.Go(func() {
			all[i].begun = time.Now()
			sightings, err := p.Observe(t.Context(), network, at)
			all[i].end = time.Now()
			if err != nil || len(sightings) != 1 {
				t.Errorf("%s: %d sightings, %v", at.ID, len(sightings), err)
				return
			}
			all[i].seen, all[i].missing = sightings[0].Fact.(fact.Templates), sightings[0].Missing
		})
	}
	looks.Wait()
	return all
}

// roll is a program that writes down the number of its process, then becomes a worker.
func roll(t testing.TB) (program nuclei.Program, pids func() []int) {
	t.Helper()
	if runtime.GOOS == "windows" {
		// The script below becomes the worker (exec), so that its number is the worker's: no
		// program of Windows does that. What the worker does there is tried by the other tests.
		t.Skip("a script of Windows cannot become the worker it starts")
	}
	folder := t.TempDir()
	list := filepath.Join(folder, "pids")
	path := filepath.Join(folder, "worker")
	script := fmt.Sprintf("#!/bin/sh\necho $$ >> %s\nexec %s %s\n", list, self(t), nuclei.Work)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return nuclei.Program{Path: path, SHA256: hashOf(t, path)}, func() (pids []int) {
		raw, err := os.ReadFile(list)
		if err != nil {
			return nil
		}
		for word := range strings.FieldsSeq(string(raw)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				t.Error(err)
			}
			pids = append(pids, pid)
		}
		return pids
	}
}

// watchMemory reads how much memory workers have held at most, in bytes, until it is
// asked: 0 where the system does not tell (proc_pid_status(5)).
func watchMemory(t testing.TB, pids func() []int) (peak func() int) {
	t.Helper()
	most, over, read := 0, make(chan struct{}), sync.WaitGroup{}
	read.Go(func() {
		for {
			for _, pid := range pids() {
				most = max(most, peakOf(pid))
			}
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() int {
		close(over)
		read.Wait()
		return most
	}
}

func peakOf(pid int) (bytes int) {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may have ended
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.Atoi(fields[0])
	return kilobytes << 10
}

// count counts what a site is asked, and when.
type count struct {
	http.Handler
	mu    sync.Mutex
	asked []time.Time
}

func (c *count) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.asked = append(c.asked, time.Now())
	c.mu.Unlock()
	c.Handler.ServeHTTP(w, r)
}

func (c *count) times() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.asked)
}

var (
	fhirPage    = ok("/metadata", `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}`)
	orthancPage = ok("/app/explorer.html", `<title>Orthanc Explorer</title><script src="explorer.js"></script>`)
)

// TestSitesAreLookedAtTogether has two addresses, the second of which holds two sites,
// and a third that sends everyone to one of them.
func TestSitesAreLookedAtTogether(t *testing.T) {
	program, pids := roll(t)
	p := newProbe(t, nuclei.Options{Program: program})
	h := newHospital()
	alone, first, second := &count{Handler: fhirPage}, &count{Handler: orthancPage}, &count{Handler: http.NotFoundHandler()}
	astray := http.RedirectHandler("https://first.chu.test/app/explorer.html", http.StatusFound)
	results := lookAll(t, p, h,
		h.add(t, "alone.chu.test", "192.0.2.1", 100, alone),
		h.add(t, "first.chu.test", "192.0.2.2", 100, first),
		h.add(t, "second.chu.test", "192.0.2.2", 100, second),
		h.add(t, "astray.chu.test", "192.0.2.3", 100, astray))
	for i, want := range [][]string{{"fhir-server"}, {"orthanc"}, {}, {}} {
		if diff := cmp.Diff(want, matches(results[i].seen)); diff != "" || len(results[i].missing) > 0 {
			t.Errorf("site %d: missing %q, matches (-want +got):\n%s", i, results[i].missing.Detail(), diff)
		}
	}
	if n := len(pids()); n != 1 {
		t.Errorf("%d workers were started, want one for all", n)
	}
	// A template that matched at its first of three pages asks for no other, and is tried
	// at three random addresses.
	for name, c := range map[string][2]int{
		"alone": {len(alone.times()), p.Requests() + 1}, "first": {len(first.times()), p.Requests() + 1}, "second": {len(second.times()), p.Requests()},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: asked %d times, want %d: nothing of another site", name, c[0], c[1])
		}
	}
	if got, want := h.paced[netip.MustParseAddr("192.0.2.2")].Load(), int64(len(first.times())+len(second.times())); got != want {
		t.Errorf("%d requests to one address with %d permits", want, got)
	}
	if !overlap(alone.times(), first.times()) && !overlap(alone.times(), second.times()) {
		t.Error("two addresses were asked one after the other")
	}
	if overlap(first.times(), second.times()) {
		t.Error("two sites of one address were looked at together: each holds a connection there")
	}
}

// overlap tells whether two series, which are in order, have a moment in common.
func overlap(a, b []time.Time) bool {
	return len(a) > 0 && len(b) > 0 && a[0].Before(b[len(b)-1]) && b[0].Before(a[len(a)-1])
}

// TestHostileSitesCostTheOthersNothing has sites that never answer, answer without end
// and answer too much beside one that behaves.
func TestHostileSitesCostTheOthersNothing(t *testing.T) {
	p := newProbe(t, nuclei.Options{Timeout: 12 * time.Second})
	h := newHospital()
	over := make(chan struct{})
	silent := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over })
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
			}
			if _, err := w.Write([]byte("<title>")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
		}
	})
	results := lookAll(t, p, h,
		h.add(t, "www.chu.test", "192.0.2.1", rate.Inf, fhirPage),
		h.add(t, "silent.chu.test", "192.0.2.2", rate.Inf, silent),
		h.add(t, "endless.chu.test", "192.0.2.3", rate.Inf, endless),
		h.add(t, "huge.chu.test", "192.0.2.4", rate.Inf, huge(20)))
	close(over)
	if diff := cmp.Diff([]string{"fhir-server"}, matches(results[0].seen)); diff != "" || len(results[0].missing) > 0 {
		t.Errorf("the site that behaves: missing %q, matches (-want +got):\n%s", results[0].missing.Detail(), diff)
	}
	for _, i := range []int{1, 2} {
		if want := "the look was stopped: it took too long"; results[i].seen.Error != want || results[i].seen.Cause.Code != scanner.CauseLate {
			t.Errorf("site %d: error %q, cause %s", i, results[i].seen.Error, results[i].seen.Cause.Code)
		}
		if !results[0].end.Before(results[i].end) {
			t.Errorf("the site that behaves ended after site %d, which does not", i)
		}
	}
}

// huge answers some requests by as much as is read of an answer, and drops the others.
func huge(most int64) http.Handler {
	var asked atomic.Int64
	page := []byte(strings.Repeat("<p>Accueil</p>\n", maxResponse/15+1))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > most {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(page)
	})
}

// killer kills a worker each time a site is asked for the nth time since the last
// death, so many times.
type killer struct {
	http.Handler
	pids  func() []int
	every int64
	most  int
	asked atomic.Int64
	dead  atomic.Int64
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n := int(k.dead.Load()); k.asked.Add(1)%k.every == 0 && n < k.most {
		if pids := k.pids(); len(pids) == n+1 {
			if worker, err := os.FindProcess(pids[n]); err == nil && worker.Kill() == nil {
				k.dead.Add(1)
			}
		}
	}
	k.Handler.ServeHTTP(w, r)
}

func TestDeathOfAWorker(t *testing.T) {
	t.Run("once", func(t *testing.T) {
		program, pids := roll(t)
		p := newProbe(t, nuclei.Options{Program: program})
		h := newHospital()
		neighbour := &count{Handler: fhirPage}
		results := lookAll(t, p, h,
			h.add(t, "fatal.chu.test", "192.0.2.1", 100, &killer{Handler: http.NotFoundHandler(), pids: pids, every: 60, most: 1}),
			h.add(t, "www.chu.test", "192.0.2.2", 100, neighbour))
		for i, want := range [][]string{{}, {"fhir-server"}} {
			if diff := cmp.Diff(want, matches(results[i].seen)); diff != "" || results[i].seen.Error != "" || len(results[i].missing) > 0 {
				t.Errorf("site %d: error %q, missing %q, matches (-want +got):\n%s", i, results[i].seen.Error, results[i].missing.Detail(), diff)
			}
		}
		if n := len(pids()); n != 2 {
			t.Errorf("%d workers were started, want 2", n)
		}
		// What was told before is not asked again; the request under way then is.
		if asked := len(neighbour.times()); asked > p.Requests()+4 {
			t.Errorf("the neighbour was asked %d times, %d are enough", asked, p.Requests()+1)
		}
	})
	t.Run("each-time", func(t *testing.T) {
		program, pids := roll(t)
		p := newProbe(t, nuclei.Options{Program: program})
		h := newHospital()
		results := lookAll(t, p, h, h.add(t, "fatal.chu.test", "192.0.2.1", 100, &killer{Handler: http.NotFoundHandler(), pids: pids, every: 20, most: 9}))
		if want := "the worker failed: signal: killed"; results[0].seen.Error != want || results[0].seen.Cause.Code != scanner.CauseProgramFailed {
			t.Errorf("error %q, cause %s, want %q", results[0].seen.Error, results[0].seen.Cause.Code, want)
		}
		if n := len(pids()); n != 2 {
			t.Errorf("%d workers were started, want 2", n)
		}
		results = lookAll(t, p, h, h.add(t, "www.chu.test", "192.0.2.2", 100, fhirPage))
		if diff := cmp.Diff([]string{"fhir-server"}, matches(results[0].seen)); diff != "" || results[0].seen.Error != "" {
			t.Errorf("the next site: error %q, matches (-want +got):\n%s", results[0].seen.Error, diff)
		}
	})
}

// TestSecondLookRepeatsWhatWasRecognised takes one of two pages away between the looks.
func TestSecondLookRepeatsWhatWasRecognised(t *testing.T) {
	pages := tree{fhirPage.path: fhirPage, orthancPage.path: orthancPage}
	asked := &count{Handler: pages}
	s, p := serve(t, asked), newProbe(t, nuclei.Options{})
	first, _ := observe(t, p, s, siteTarget)
	if diff := cmp.Diff([]string{"fhir-server", "orthanc"}, slices.Sorted(slices.Values(matches(first)))); diff != "" {
		t.Fatalf("first look: matches (-want +got):\n%s", diff)
	}
	delete(pages, orthancPage.path)
	before := len(asked.times())
	sightings, err := p.Observe(scanner.WithAttempt(t.Context(), 1), s, siteTarget)
	if err != nil {
		t.Fatal(err)
	}
	// Three random addresses; the first page of one template, the three of the other; and
	// three below a random address, for the one that matched.
	if n, want := len(asked.times())-before, 3+1+3+3; n != want {
		t.Errorf("%d requests, want %d", n, want)
	}
	second := sightings[0].Fact.(fact.Templates)
	if diff := cmp.Diff([]string{"fhir-server"}, matches(second)); diff != "" || second.Error != "" || len(sightings[0].Missing) > 0 {
		t.Errorf("error %q, missing %q, matches (-want +got):\n%s", second.Error, sightings[0].Missing.Detail(), diff)
	}
	for _, r := range second.Ran {
		if again := r.ID == "fhir-server" || r.ID == "orthanc"; r.Ran != again || (r.Error == "") != again {
			t.Errorf("%s: ran %v, error %q", r.ID, r.Ran, r.Error)
		}
	}
}

// TestMemoryOfManySites has as many sites as a worker takes at once, each of which gives
// as much as is read of an answer.
func TestMemoryOfManySites(t *testing.T) {
	const sites, limit = 32, 512 << 20
	program, pids := roll(t)
	p := newProbe(t, nuclei.Options{Program: program, MemoryLimit: limit})
	h := newHospital()
	var targets []scanner.Target
	for i := range sites {
		targets = append(targets, h.add(t, fmt.Sprintf("www%d.chu.test", i), fmt.Sprintf("192.0.2.%d", i+1), rate.Inf, huge(8)))
	}
	peak := watchMemory(t, pids)
	for i, r := range lookAll(t, p, h, targets...) {
		if !slices.ContainsFunc(r.seen.Ran, func(run fact.TemplateRun) bool { return run.Ran }) {
			t.Errorf("site %d: no template ran: %s", i, r.seen.Error)
		}
	}
	if n := len(pids()); n != 1 {
		t.Errorf("%d workers were started: one had not enough memory", n)
	}
	if held := peak(); held > limit*9/10 {
		t.Errorf("%d MiB were held, of %d allowed: that is too close", held>>20, limit>>20)
	}
}

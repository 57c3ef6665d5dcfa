// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// badWorkers are programs that misbehave as a worker could, by name.
var badWorkers = map[string]func(){
	"mute":     func() {},
	"liar":     func() { answer(Line{Result: &Result{ID: "unplanned", Ran: true}}) },
	"stutter":  func() { answer(Line{Result: &Result{ID: "grafana"}}, Line{Result: &Result{ID: "grafana"}}) },
	"nameless": func() { hear(); say(Line{Site: 1, Result: &Result{ID: "grafana", Ran: true}}); forever() },
	"twice":    func() { say(Line{Engine: "x"}, Line{Engine: "x"}); forever() },
	"hasty":    func() { answer(Line{Done: true}) },
	"stray":    func() { hear(); say(Line{Engine: "x"}, Line{Site: 7, Done: true}); forever() },
	"babble":   func() { fmt.Println("[INF] hello"); forever() },
	"endless":  func() { writeForever(os.Stdout, strings.Repeat("a", 4096)) },
	"crash":    func() { fmt.Fprintln(os.Stderr, "panic: secret of the site"); os.Exit(2) },
	"starve":   func() { fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory"); os.Exit(2) },
	"rant":     func() { writeForever(os.Stderr, "complaint\n") },
	"sleep":    forever,
	"family":   func() { startChild(); forever() },
	"child":    holdPipe,
	"half":     half,
	"tell":     tellEnvironment,
	"stranger": func() { os.Exit(ExitOtherProtocol) },
}

// TestMain makes the test binary able to be one of the bad workers.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if work, ok := badWorkers[os.Args[1]]; ok {
			work()
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func say(lines ...Line) {
	for _, l := range lines {
		_ = json.NewEncoder(os.Stdout).Encode(l)
	}
}

// hear reads what a worker is told first.
func hear() (*Input, Plan, Order) {
	input := NewInput(os.Stdin)
	plan, _ := input.Plan()
	order, _ := input.Order()
	return input, plan, order
}

// answer says what a worker could of the site it was told of, and waits.
func answer(lines ...Line) {
	_, _, order := hear()
	say(Line{Engine: "x"})
	for _, l := range lines {
		l.Site = order.Site
		say(l)
	}
	forever()
}

// half dies after one template of a site, and sooner when it was told of that one
// already.
func half() {
	_, _, order := hear()
	say(Line{Engine: "x 1"})
	if slices.Contains(order.Templates, "grafana") {
		say(Line{Site: order.Site, Result: &Result{ID: "grafana", Ran: true}})
	}
	os.Exit(3)
}

// forever waits to be killed.
func forever() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	<-interrupted
}

func writeForever(out *os.File, text string) {
	for {
		if _, err := out.WriteString(text); err != nil {
			return
		}
	}
}

// startChild starts a descendant that holds the pipe named by the last argument.
func startChild() {
	exe, _ := os.Executable()
	_ = exec.Command(exe, "child", os.Args[2]).Start()
}

func holdPipe() {
	pipe, _ := os.OpenFile(os.Args[2], os.O_WRONLY, 0)
	defer pipe.Close()
	forever()
}

func tellEnvironment() {
	_, _, order := hear()
	say(Line{Engine: "x"})
	for _, id := range order.Templates {
		r := Result{ID: id}
		if id == "adminer" {
			r.Error = strings.Join(os.Environ(), " ")
		}
		say(Line{Site: order.Site, Result: &r})
	}
	say(Line{Site: order.Site, Done: true})
	forever()
}

// closedNetwork refuses every connection, as the guard does out of scope.
type closedNetwork struct{ permits error }

func (n closedNetwork) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, &scanner.Refusal{Code: scanner.RefusedBudget, Detail: "spent"}
}
func (n closedNetwork) Permits(context.Context, string) error                   { return n.permits }
func (closedNetwork) Pace(context.Context, string) error                        { return nil }
func (n closedNetwork) Lookup(context.Context, string) ([]netip.Addr, error)    { return nil, nil }
func (n closedNetwork) Resolvers() []netip.AddrPort                             { return nil }
func (closedNetwork) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (closedNetwork) Intrusive() error                                          { return nil }
func (n closedNetwork) UserAgent() string                                       { return "test" }

var siteTarget = scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu.test"}

// ownHash is that of the test binary.
var ownHash = sync.OnceValue(func() string {
	exe, _ := os.Executable()
	raw, _ := os.ReadFile(exe)
	return strings.TrimPrefix(scanner.Digest(raw), "sha256:")
})

func newProbe(t *testing.T, o Options, args ...string) *Probe {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Program = Program{Path: exe, SHA256: ownHash(), Args: args}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func observe(t *testing.T, ctx context.Context, p *Probe, n scanner.Network) (fact.Templates, string) {
	t.Helper()
	sightings, err := p.Observe(ctx, n, siteTarget)
	if err != nil {
		t.Fatal(err)
	}
	if len(sightings) != 1 {
		t.Fatalf("got %d sightings, want 1", len(sightings))
	}
	return sightings[0].Fact.(fact.Templates), sightings[0].Missing.Detail()
}

func TestBadWorkersProveNothing(t *testing.T) {
	tests := map[string]string{
		"mute":     "the worker ended before its last template",
		"liar":     `the worker spoke out of turn: template "unplanned" is not in the order`,
		"stutter":  `the worker spoke out of turn: template "grafana" is told twice`,
		"nameless": "the worker spoke out of turn: the engine must name itself first, and once",
		"twice":    "the worker spoke out of turn: the engine must name itself first, and once",
		"hasty":    "the worker spoke out of turn: site 1 ended before its last template",
		"stray":    "the worker spoke out of turn: site 7 is not under look",
		"babble":   "the worker spoke out of turn: read line of the worker: invalid character 'I' looking for beginning of value",
		"endless":  "the worker spoke out of turn: a line is too long",
		"crash":    "the worker crashed",
		"starve":   "the worker needed more memory than allowed",
		"half":     "the worker failed: exit status 3",
	}
	for role, want := range tests {
		t.Run(role, func(t *testing.T) {
			seen, missing := observe(t, t.Context(), newProbe(t, Options{}, role), closedNetwork{})
			if diff := cmp.Diff(want, seen.Error); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if missing == "" {
				t.Error("nothing is said to be missing")
			}
			for _, r := range seen.Ran {
				if r.Matched || (r.Ran && role != "half") || (!r.Ran && r.Error == "") {
					t.Errorf("template %s proves something: %+v", r.ID, r)
				}
			}
		})
	}
}

func TestSlowWorkersAreStopped(t *testing.T) {
	for _, role := range []string{"sleep", "rant"} {
		t.Run(role, func(t *testing.T) {
			seen, _ := observe(t, t.Context(), newProbe(t, Options{Timeout: 300 * time.Millisecond}, role), closedNetwork{})
			if diff := cmp.Diff("the look was stopped: it took too long", seen.Error); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWorkerSeesNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("CARESCAN_SECRET", "hunter2")
	p := newProbe(t, Options{MemoryLimit: 400}, "tell")
	seen, _ := observe(t, t.Context(), p, closedNetwork{})
	told := seen.Ran[0].Error
	if strings.Contains(told, "hunter2") || !strings.Contains(told, "GOMEMLIMIT=300") || !strings.Contains(told, "HOME=") {
		t.Errorf("the worker runs with %s", told)
	}
}

func TestRefusedSiteIsNotAsked(t *testing.T) {
	refusal := &scanner.Refusal{Code: scanner.RefusedExpired, Address: "www.chu.test", Detail: "ended yesterday"}
	seen, missing := observe(t, t.Context(), newProbe(t, Options{}, "crash"), closedNetwork{refusal})
	if seen.Error != refusal.Error() || missing != refusal.Error() {
		t.Errorf("error %q, missing %q, want both %q", seen.Error, missing, refusal.Error())
	}
	if len(seen.Ran) == 0 || seen.Ran[0].Ran || seen.Ran[0].Error != refusal.Error() {
		t.Errorf("templates are said to have run: %+v", seen.Ran)
	}
}

func TestObserveRefusesWhatIsNotAnOrigin(t *testing.T) {
	p := newProbe(t, Options{}, "crash")
	for _, id := range []string{"", "www.chu.test", "ftp://www.chu.test", "https://", "https://www.chu.test/app", "https://u:p@www.chu.test", "https://www.chu.test/?q"} {
		if _, err := p.Observe(t.Context(), closedNetwork{}, scanner.Target{Kind: scanner.KindSite, ID: id}); err == nil {
			t.Errorf("site %q is accepted", id)
		}
	}
}

func TestConfirmWithdrawsPagesFoundEverywhere(t *testing.T) {
	tests := map[string]struct {
		again batch
		want  fact.TemplateRun
	}{
		"elsewhere-absent":  {batch{results: map[string]Result{"a": {ID: "a", Ran: true}}}, fact.TemplateRun{ID: "a", Ran: true, Matched: true, URL: "u"}},
		"elsewhere-too":     {batch{results: map[string]Result{"a": {ID: "a", Ran: true, Matched: true}}}, fact.TemplateRun{ID: "a", Error: "the site gives the same page at a random address"}},
		"elsewhere-unasked": {batch{problem: "gone"}, fact.TemplateRun{ID: "a", Error: "the match could not be confirmed: gone"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			seen := fact.Templates{Ran: []fact.TemplateRun{{ID: "a", Ran: true, Matched: true, URL: "u"}}}
			confirm(&seen, test.again)
			if diff := cmp.Diff(test.want, seen.Ran[0]); diff != "" {
				t.Errorf("run (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadCountsRetriesAndConfirmation(t *testing.T) {
	p := newProbe(t, Options{}, "mute")
	requests := baselineRequests
	for _, template := range p.Templates() {
		requests += template.Requests
	}
	if got := p.Needs().Load.Requests; got != 4*p.Requests() || p.Requests() >= requests || p.Requests() > 180 {
		t.Errorf("load of %d requests, %d for a usual site, %d if none was shared", got, p.Requests(), requests)
	}
}

func FuzzParseLine(f *testing.F) {
	for _, seed := range []string{
		`{"engine":"nuclei v3"}`, `{"site":1,"done":true}`, `{"site":2,"result":{"id":"a","ran":true,"matched":true,"url":"https://a/"}}`,
		`{"site":1,"result":{"id":"a","error":"x\u0000\u2028\u001b[31m"}}`, `{"engine":"a","done":true}`, `{} {}`, `[`, `{"result":null}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		line, err := parseLine(raw)
		if err != nil {
			return
		}
		if !line.single() {
			t.Fatalf("accepted a line with several messages: %s", raw)
		}
		if line.Result == nil {
			return
		}
		if text := line.Result.Error; len([]rune(text)) > 300 || strings.ContainsAny(text, "\n\r\x1b\x00") {
			t.Fatalf("kept an unclean text: %q", text)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte("{\"engine\":\"x\"}\n{\"site\":1,\"result\":{\"id\":\"a\"}}\n{\"site\":1,\"done\":true}\n"), 7)
	f.Add(bytes.Repeat([]byte("x"), maxLine+2), 1000)
	f.Add([]byte("\n\n"), 1)
	f.Fuzz(func(t *testing.T, output []byte, chunk int) {
		j := &job{order: Order{Site: 1, Templates: []string{"a"}}, batch: batch{results: map[string]Result{}}, ended: make(chan struct{})}
		w := &worker{stop: func() {}, jobs: map[int]*job{1: j}}
		for len(output) > 0 && w.wrong == nil {
			n := min(max(chunk, 1), len(output))
			_, _ = w.Write(output[:n])
			output = output[n:]
		}
		if len(j.batch.results) > 1 || len(j.batch.raw) > 4*(maxLine+1) || (w.wrong == nil && len(w.rest) > maxLine) {
			t.Fatalf("kept too much: %d results, %d bytes, %d waiting", len(j.batch.results), len(j.batch.raw), len(w.rest))
		}
	})
}

// TestSparedSite: of a site that was not asked everything, its home page and what was
// recognised stand; a page that was not there proves nothing, and what a second look had
// no reason to ask is as the first one saw it.
func TestSparedSite(t *testing.T) {
	t.Parallel()
	p := &Probe{templates: []Template{{ID: "home", Home: true}, {ID: "absent"}, {ID: "seen"}, {ID: "late"}, {ID: "settled"}}}
	b := batch{
		results: map[string]Result{
			"home": {ID: "home", Ran: true}, "absent": {ID: "absent", Ran: true}, "seen": {ID: "seen", Ran: true, Matched: true}, "late": {ID: "late", Error: "refused"},
		},
		spared: scanner.Cause{Code: scanner.CauseHangsUp}, unreached: scanner.Causes{{Code: scanner.CauseTimeout}},
	}
	seen := p.account(&url.URL{Scheme: "https", Host: "www.chu.test"}, p.templates[:4], b)
	got := map[string]string{}
	for _, r := range seen.Ran {
		got[r.ID] = fmt.Sprint(r.Ran, " ", r.Matched, " ", r.Error)
	}
	want := map[string]string{
		"home": "true false ", "absent": "false false " + notAsked, "seen": "true true ", "late": "false false " + notAsked, "settled": "false false " + notAgain,
	}
	if diff := cmp.Diff(want, got); diff != "" || seen.Error != "" {
		t.Errorf("error %q; what is told of each (-want +got):\n%s", seen.Error, diff)
	}
	unseen := missing(seen, b)
	for _, c := range unseen {
		if c.Code != scanner.CauseHangsUp {
			t.Errorf("cause %s, want %s", c.Code, scanner.CauseHangsUp)
		}
	}
	if len(unseen) != 2 {
		t.Errorf("missing %v, want the two that were not asked", unseen)
	}
}

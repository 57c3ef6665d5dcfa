// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"carescan/scanner"
	"carescan/scanner/guard"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

// hospital is a scope on loopback, authorised on the day of noon.
func hospital() scanner.Scope {
	return scanner.Scope{
		Names:  []string{"chu.test", "*.chu.test"},
		Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Authorisation: scanner.Authorisation{
			By: "Directeur du système d'information", From: noon.Add(-time.Hour), Until: noon.Add(24 * time.Hour),
		},
	}
}

// door is a fact of these tests: what a probe found at a door.
type door struct {
	Open bool   `json:"open"`
	Note string `json:"note,omitempty"`
}

func (door) FactKind() string { return "door" }

// lock is a second one.
type lock struct{ Turns int }

func (lock) FactKind() string { return "lock" }

// unspeakable is a fact that JSON cannot carry.
type unspeakable struct{ Deaf chan int }

func (unspeakable) FactKind() string { return "lock" }

// walker is a probe whose behaviour a test decides.
type walker struct {
	name    string
	kind    scanner.TargetKind
	facts   []string
	observe func(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error)
}

func (w walker) Name() string                   { return w.name }
func (w walker) TargetKind() scanner.TargetKind { return w.kind }
func (w walker) Facts() []string                { return w.facts }
func (w walker) Needs() scanner.Needs {
	return scanner.Needs{Load: scanner.Load{Connections: 1, Requests: 1}}
}

func (w walker) Observe(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	return w.observe(ctx, network, t)
}

// outsider is a walker that always looks from the internet.
type outsider struct{ walker }

func (outsider) Needs() scanner.Needs { return scanner.Needs{Vantage: scanner.VantageInternet} }

// rememberer brings what earlier runs concluded.
type rememberer struct{ walker }

func (rememberer) Needs() scanner.Needs { return scanner.Needs{Recalls: true} }

func brings(sightings ...scanner.Sighting) walker {
	return walker{
		"walk", scanner.KindDomain,
		[]string{"door", "lock"},
		func(context.Context, scanner.Network, scanner.Target) ([]scanner.Sighting, error) {
			return sightings, nil
		},
	}
}

func fails(err error, sightings ...scanner.Sighting) walker {
	w := brings()
	w.observe = func(context.Context, scanner.Network, scanner.Target) ([]scanner.Sighting, error) {
		return sightings, err
	}
	return w
}

var (
	chu   = scanner.DomainTarget("chu.test")
	other = scanner.DomainTarget("other.test")
	both  = []scanner.Sighting{{Fact: door{Open: true}}, {Fact: lock{2}}}
)

func planOf(tasks ...scanner.Task) scanner.Plan {
	return scanner.Plan{
		Establishment: scanner.Establishment{FINESS: "690781810", Name: "CHU"}, Scope: hospital(),
		Vantage: scanner.VantageInternet, Tasks: tasks,
	}
}

func engineWith(probes ...scanner.Probe) Engine {
	return Engine{Probes: probes, Clock: at(noon.In(time.FixedZone("Paris", 3600))), Software: "carescan-agent test"}
}

// line is what these tests compare of an observation.
func line(o scanner.Observation) string {
	unread := ""
	if len(o.Unread) > 0 {
		unread = fmt.Sprint(o.Unread)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s %s", o.Kind, o.Target.ID, o.Status, o.Fact, o.Error, unread))
}

func lines(run scanner.Run) []string {
	var all []string
	for _, o := range run.Observations {
		all = append(all, line(o))
	}
	return all
}

func TestRun_observations(t *testing.T) {
	refusal := &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: "x", Detail: "outside"}
	tests := []struct {
		name   string
		probe  scanner.Probe
		want   []string
		status scanner.RunStatus
	}{
		{
			name: "all-seen", probe: brings(both...), status: scanner.RunComplete,
			want: []string{`door chu.test completed {"open":true}`, `lock chu.test completed {"Turns":2}`},
		},
		{
			name: "partly-seen", probe: brings(scanner.Sighting{Fact: door{}, Missing: scanner.Causes{{Code: scanner.CauseTimeout, Detail: "the  back\ndoor"}}}, both[1]), status: scanner.RunPartial,
			want: []string{`door chu.test partial {"open":false} the back door`, `lock chu.test completed {"Turns":2}`},
		},
		{
			name: "parts-not-seen", status: scanner.RunPartial,
			probe: brings(scanner.Sighting{Fact: door{}, Unread: []scanner.Gap{
				{Part: "hinge", Causes: scanner.Causes{{Code: scanner.CauseTimeout, Detail: "the  hinge"}}},
			}}, both[1]),
			want: []string{`door chu.test partial {"open":false} the hinge [{hinge [{timeout map[] }]}]`, `lock chu.test completed {"Turns":2}`},
		},
		{
			name: "parts-not-seen-and-an-error", status: scanner.RunPartial,
			probe: fails(errors.New("no key"), scanner.Sighting{Fact: door{}, Unread: []scanner.Gap{{Part: "hinge", Causes: scanner.Causes{{Code: scanner.CauseTimeout}}}}}, both[1]),
			want:  []string{`door chu.test partial {"open":false} no answer came in time`, `lock chu.test partial {"Turns":2} no key`},
		},
		{
			name: "kind-not-brought", probe: brings(both[0]), status: scanner.RunPartial,
			want: []string{`door chu.test completed {"open":true}`, `lock chu.test error  the probe brought nothing back`},
		},
		{
			name: "error", probe: fails(errors.New("no key")), status: scanner.RunFailed,
			want: []string{`door chu.test error  no key`, `lock chu.test error  no key`},
		},
		{
			name: "error-with-a-sighting", probe: fails(errors.New("no key"), both[0]), status: scanner.RunPartial,
			want: []string{`door chu.test completed {"open":true}`, `lock chu.test error  no key`},
		},
		{
			name: "error-with-all-sightings", probe: fails(errors.New("no key"), both...), status: scanner.RunPartial,
			want: []string{`door chu.test partial {"open":true} no key`, `lock chu.test partial {"Turns":2} no key`},
		},
		{
			name: "error-with-sightings-elsewhere", status: scanner.RunPartial,
			probe: fails(errors.New("no key"), scanner.Sighting{Target: other, Fact: door{}}, both[1]),
			want: []string{
				`door other.test completed {"open":false}`, `lock chu.test completed {"Turns":2}`, `door chu.test error  no key`,
			},
		},
		{
			name: "sightings-elsewhere", probe: brings(scanner.Sighting{Target: other, Fact: door{}}, both[1]), status: scanner.RunComplete,
			want: []string{`door other.test completed {"open":false}`, `lock chu.test completed {"Turns":2}`},
		},
		{
			name: "refusal", probe: fails(fmt.Errorf("dial: %w", refusal), both[0]), status: scanner.RunPartial,
			want: []string{
				`door chu.test completed {"open":true}`,
				`lock chu.test skipped  dial: connection to x refused by the scope guard (out-of-scope): outside`,
			},
		},
		{
			name: "panic", status: scanner.RunFailed,
			probe: walker{
				"walk", scanner.KindDomain,
				[]string{"door"},
				func(context.Context, scanner.Network, scanner.Target) ([]scanner.Sighting, error) { panic("tripped") },
			},
			want: []string{`door chu.test error  probe walk stopped on an internal error: tripped`},
		},
		{
			name: "sighting-without-fact", probe: brings(scanner.Sighting{}, both[0]), status: scanner.RunPartial,
			want: []string{`door chu.test completed {"open":true}`, `lock chu.test error  probe walk brought a sighting without a fact`},
		},
		{
			name: "fact-cannot-be-written", probe: brings(both[0], scanner.Sighting{Fact: unspeakable{}}), status: scanner.RunPartial,
			want: []string{
				`door chu.test completed {"open":true}`,
				`lock chu.test error  encode fact lock of domain/chu.test: json: unsupported type: chan int`,
			},
		},
		{
			name: "unknown-probe", probe: walker{name: "other"}, status: scanner.RunFailed,
			want: []string{`unknown-probe chu.test error  this program has no probe called "walk"`},
		},
		{
			name: "wrong-target", status: scanner.RunFailed,
			probe: walker{"walk", scanner.KindSite, []string{"door"}, nil},
			want:  []string{`door chu.test error  probe walk looks at a site, not at a domain`},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := engineWith(tc.probe).Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}))
			if diff := cmp.Diff(tc.want, lines(run)); diff != "" {
				t.Errorf("observations (-want +got):\n%s", diff)
			}
			if run.Status != tc.status {
				t.Errorf("status is %s, want %s", run.Status, tc.status)
			}
			for _, o := range run.Observations {
				if o.ID != o.Identify().ID || !o.At.Equal(noon) || o.At.Location() != time.UTC || o.Probe != "walk" {
					t.Errorf("observation is badly sealed: %+v", o)
				}
			}
		})
	}
}

func TestRun_errorsAreOneBoundedLine(t *testing.T) {
	long := strings.Repeat("é\x00\n\xff ", 400)
	run := engineWith(fails(errors.New(long))).Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}))
	got := run.Observations[0].Error
	if strings.ContainsAny(got, "\n\x00") || len(got) > maxError+len("…") || !strings.HasSuffix(got, "…") {
		t.Errorf("error is %q", got)
	}
}

func TestRun_head(t *testing.T) {
	plan := planOf(scanner.Task{Probe: "walk", Target: chu})
	plan.Profile = scanner.ProfileRef{ID: "care", Version: "1"}
	run := engineWith(brings(both...)).Run(t.Context(), plan)
	id, err := uuid.Parse(run.ID)
	if err != nil || id.Version() != 7 {
		t.Errorf("id %q is not a UUID version 7 (%v)", run.ID, err)
	}
	want := scanner.Run{
		Schema: scanner.RunSchema, Establishment: plan.Establishment, Scope: plan.Scope, Vantage: plan.Vantage,
		Profile: plan.Profile, Software: "carescan-agent test", Started: noon, Ended: noon, Status: scanner.RunComplete,
		Controls: []scanner.ControlResult{}, Findings: []scanner.Finding{}, Coverage: []scanner.Coverage{},
		Names: map[string]string{},
	}
	ignore := cmpopts.IgnoreFields(scanner.Run{}, "ID", "Observations")
	if diff := cmp.Diff(want, run, ignore, cmpopts.EquateComparable(hospital().Ranges[0])); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
}

func TestRun_emptyPlanHasFailed(t *testing.T) {
	run := engineWith().Run(t.Context(), planOf())
	if run.Status != scanner.RunFailed || run.Observations == nil {
		t.Errorf("status %s, observations %v", run.Status, run.Observations)
	}
}

func TestRun_rememberingIsNotSeeing(t *testing.T) {
	memory := brings(scanner.Sighting{Fact: door{}}, scanner.Sighting{Fact: lock{}})
	memory.name = "recall"
	recall := scanner.Task{Probe: "recall", Target: chu}
	if run := engineWith(rememberer{memory}).Run(t.Context(), planOf(recall)); run.Status != scanner.RunFailed {
		t.Errorf("a run that only remembered is %s", run.Status)
	}
	walk := brings(scanner.Sighting{Fact: door{}}, scanner.Sighting{Fact: lock{}})
	plan := planOf(recall, scanner.Task{Probe: "walk", Target: chu})
	if run := engineWith(rememberer{memory}, walk).Run(t.Context(), plan); run.Status != scanner.RunComplete {
		t.Errorf("a run that remembered and saw is %s", run.Status)
	}
}

func TestRun_judges(t *testing.T) {
	check := scanner.Check{
		ID: "exposure.door", Revision: 1, Severity: scanner.High,
		Judge: scanner.Each(struct{}{}, func(_ scanner.Case[struct{}], d door) scanner.Verdict {
			if d.Open {
				return scanner.Failed("open", nil)
			}
			return scanner.Passed("shut", nil)
		}),
	}
	plan := planOf(scanner.Task{Probe: "walk", Target: chu}, scanner.Task{Probe: "walk", Target: other})
	plan.Checks = []scanner.PlannedCheck{{Check: check}}
	plan.Controls = []scanner.Control{{ID: "1", Checks: []string{check.ID}}}
	probe := brings()
	probe.observe = func(_ context.Context, _ scanner.Network, target scanner.Target) ([]scanner.Sighting, error) {
		return []scanner.Sighting{{Fact: door{Open: target == other}}, {Fact: lock{}}}, nil
	}
	run := engineWith(probe).Run(t.Context(), plan)
	var outcomes []scanner.Outcome
	for _, f := range run.Findings {
		outcomes = append(outcomes, f.Outcome)
	}
	if diff := cmp.Diff([]scanner.Outcome{scanner.Pass, scanner.Fail}, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if got := run.Controls[0].State; got != scanner.NotSatisfied {
		t.Errorf("control is %s, want %s", got, scanner.NotSatisfied)
	}
	if len(run.Coverage) != 2 {
		t.Errorf("coverage is %v, want both targets", run.Coverage)
	}
}

func TestRun_vantages(t *testing.T) {
	tests := []struct {
		kind scanner.TargetKind
		want scanner.Vantage
	}{
		{scanner.KindDomain, "plan"},
		{scanner.KindService, "plan"},
		{scanner.KindSite, "plan"},
		{scanner.KindDirectory, scanner.VantageInside},
		{scanner.KindApplication, scanner.VantageDeclared},
		{scanner.KindRegister, scanner.VantageDeclared},
		{scanner.KindEstablishment, scanner.VantageDeclared},
	}
	for _, tc := range tests {
		t.Run(string(tc.kind), func(t *testing.T) {
			plan := planOf(scanner.Task{Probe: "walk", Target: scanner.Target{Kind: tc.kind, ID: "x"}})
			plan.Vantage = "plan"
			probe := brings(both...)
			probe.kind = tc.kind
			run := engineWith(probe).Run(t.Context(), plan)
			if got := run.Observations[0].Vantage; got != tc.want {
				t.Errorf("vantage is %s, want %s", got, tc.want)
			}
			run = engineWith(outsider{probe}).Run(t.Context(), plan)
			if got := run.Observations[0].Vantage; got != scanner.VantageInternet {
				t.Errorf("vantage of a probe that fixes it is %s, want %s", got, scanner.VantageInternet)
			}
		})
	}
}

func TestRun_artifactsAndNames(t *testing.T) {
	large := []byte(strings.Repeat("x", maxArtifact+1))
	probe := brings(
		scanner.Sighting{Fact: door{}, Names: map[string]string{"p-1": "alice"}, Artifacts: []scanner.Artifact{
			scanner.NewArtifact("photo", "text/plain", []byte("same")), scanner.NewArtifact("film", "text/plain", large),
		}},
		scanner.Sighting{Fact: lock{}, Names: map[string]string{"p-2": "bruno"}, Artifacts: []scanner.Artifact{
			scanner.NewArtifact("photo", "text/plain", []byte("same")),
		}},
	)
	run := engineWith(probe).Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}))
	if diff := cmp.Diff(map[string]string{"p-1": "alice", "p-2": "bruno"}, run.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	want := []scanner.Artifact{
		scanner.NewArtifact("photo", "text/plain", []byte("same")),
		scanner.NewArtifact("film (first 65536 of 65537 bytes)", "text/plain", large[:maxArtifact]),
	}
	if diff := cmp.Diff(want, run.Artifacts); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]scanner.ArtifactRef{want[0].Ref, want[1].Ref}, run.Observations[0].Artifacts); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

// However the workers race, the same world gives the same run.
func TestRun_isDeterministic(t *testing.T) {
	var tasks []scanner.Task
	for i := range 40 {
		tasks = append(tasks, scanner.Task{Probe: "walk", Target: scanner.DomainTarget(fmt.Sprintf("d%d.test", 40-i))})
	}
	probe := brings()
	probe.observe = func(_ context.Context, _ scanner.Network, target scanner.Target) ([]scanner.Sighting, error) {
		return []scanner.Sighting{{Fact: door{Note: target.ID}}, {Fact: lock{}}}, nil
	}
	e := engineWith(probe)
	e.Workers = 1
	first := e.Run(t.Context(), planOf(tasks...))
	e.Workers = 16
	second := e.Run(t.Context(), planOf(tasks...))
	if diff := cmp.Diff(first.Observations, second.Observations); diff != "" {
		t.Errorf("observations of one worker and of sixteen (-one +sixteen):\n%s", diff)
	}
	if got, want := first.Observations[0].Target.ID, "d40.test"; got != want {
		t.Errorf("the first observation is of %s, want the first task, %s", got, want)
	}
}

func TestRun_progress(t *testing.T) {
	var told []Progress
	e := engineWith(brings(both...))
	e.Progress = func(p Progress) {
		if p.Task != (scanner.Task{}) { // a look ended
			told = append(told, p)
		}
	}
	e.Workers = 3
	e.Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}, scanner.Task{Probe: "walk", Target: other}))
	if len(told) != 2 || told[0].Done != 1 || told[1].Done != 2 || told[1].Total != 2 {
		t.Errorf("told %+v", told)
	}
	targets := []string{told[0].Task.Target.ID, told[1].Task.Target.ID}
	slices.Sort(targets)
	if diff := cmp.Diff([]string{"chu.test", "other.test"}, targets); diff != "" {
		t.Errorf("targets told (-want +got):\n%s", diff)
	}
}

// A probe that ignores its context is given up; the others are not concerned.
func TestRun_hangingProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		defer close(let)
		hang := brings()
		hang.name = "hang"
		hang.observe = func(context.Context, scanner.Network, scanner.Target) ([]scanner.Sighting, error) {
			<-let
			return both, nil
		}
		e := engineWith(hang, brings(both...))
		e.Timeout, e.Workers = time.Minute, 1
		began := time.Now()
		run := e.Run(t.Context(), planOf(scanner.Task{Probe: "hang", Target: chu}, scanner.Task{Probe: "walk", Target: chu}))
		if got, want := time.Since(began), time.Minute+grace; got != want {
			t.Errorf("the run took %s of virtual time, want %s", got, want)
		}
		want := []string{
			`door chu.test error  the look did not end within 1m0s`, `lock chu.test error  the look did not end within 1m0s`,
			`door chu.test completed {"open":true}`, `lock chu.test completed {"Turns":2}`,
		}
		if diff := cmp.Diff(want, lines(run)); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
	})
}

// A probe that obeys its context keeps what it saw before its time was up.
func TestRun_obedientProbeKeepsWhatItSaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := brings()
		slow.observe = func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
			<-ctx.Done()
			return both[:1], ctx.Err()
		}
		e := engineWith(slow)
		e.Timeout = time.Minute
		run := e.Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}))
		want := []string{`door chu.test completed {"open":true}`, `lock chu.test error  the look did not end within 1m0s`}
		if diff := cmp.Diff(want, lines(run)); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
	})
}

func TestRun_stopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		probe := brings()
		probe.observe = func(looking context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
			cancel()
			<-looking.Done()
			return nil, looking.Err()
		}
		e := engineWith(probe)
		e.Workers = 1
		run := e.Run(ctx, planOf(scanner.Task{Probe: "walk", Target: chu}, scanner.Task{Probe: "walk", Target: other}))
		want := []string{
			`door chu.test skipped  the run was stopped during this look`, `lock chu.test skipped  the run was stopped during this look`,
			`door other.test skipped  the run was stopped before this look`, `lock other.test skipped  the run was stopped before this look`,
		}
		if diff := cmp.Diff(want, lines(run)); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
		if run.Status != scanner.RunFailed {
			t.Errorf("status is %s, want %s", run.Status, scanner.RunFailed)
		}
	})
}

// Stopping a run ends the traffic of a probe that ignores its context and reads
// from a peer that never ends: its connection is closed and it gets no other.
func TestRun_stopEndsTheTrafficOfADeafProbe(t *testing.T) {
	endless := serve(t, func(c net.Conn) {
		chunk := make([]byte, 32<<10)
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ends := make(chan error, 2)
	probe := brings()
	probe.observe = func(_ context.Context, network scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
		deaf := context.Background()
		conn, err := network.DialContext(deaf, "tcp", endless)
		if err != nil {
			ends <- err
			return nil, err
		}
		cancel()
		_, err = io.Copy(io.Discard, conn)
		ends <- err
		_, err = network.DialContext(deaf, "tcp", endless)
		ends <- err
		return nil, err
	}
	e := engineWith(probe)
	door := oneAtATime(t)
	e.Network = door
	run := e.Run(ctx, planOf(scanner.Task{Probe: "walk", Target: chu}))
	if err := <-ends; !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading ended with %v, want %v", err, net.ErrClosed)
	}
	var refusal *scanner.Refusal
	if err := <-ends; !errors.As(err, &refusal) || refusal.Code != scanner.RefusedStopped {
		t.Errorf("the next connection ended with %v, want a refusal %q", err, scanner.RefusedStopped)
	}
	if got := run.Observations[0].Status; got != scanner.StatusSkipped {
		t.Errorf("status is %s, want %s", got, scanner.StatusSkipped)
	}
	wantNothingOpen(t, door, endless)
}

// A probe that forgets to close its connections leaves none behind.
func TestRun_closesForgottenConnections(t *testing.T) {
	patient := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	probe := brings()
	probe.observe = func(ctx context.Context, network scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
		_, err := network.DialContext(ctx, "tcp", patient)
		return both, err
	}
	e := engineWith(probe)
	door := oneAtATime(t)
	e.Network = door
	run := e.Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}, scanner.Task{Probe: "walk", Target: other}))
	if run.Status != scanner.RunComplete {
		t.Errorf("status is %s, want %s", run.Status, scanner.RunComplete)
	}
	wantNothingOpen(t, door, patient)
}

// oneAtATime is a real door that lets one connection be open at a time.
func oneAtATime(t *testing.T) *guard.Guard {
	t.Helper()
	door, err := guard.New(guard.Config{Scope: hospital(), Clock: at(noon), RatePerHost: 1e6, ConcurrentPerHost: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Stop)
	return door
}

// wantNothingOpen finds the only place of such a door free.
func wantNothingOpen(t *testing.T, door *guard.Guard, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := door.DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatalf("a connection outlives the run: %v", err)
	}
	conn.Close()
}

// serve speaks to whoever connects, on loopback, until the test ends.
func serve(t *testing.T, speak func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				speak(c)
			}()
		}
	}()
	return listener.Addr().String()
}

// knocker is a walker that asks ports nobody declared.
type knocker struct{ walker }

func (knocker) Needs() scanner.Needs { return scanner.Needs{Ports: true} }

// TestRun_onlyLooksAtPortsReachDevices lets two probes dial the port of a printer,
// and the caveats of the plan reach the run.
func TestRun_onlyLooksAtPortsReachDevices(t *testing.T) {
	var lock sync.Mutex
	refused := map[string]bool{}
	dials := func(name string) walker {
		w := brings(both...)
		w.name = name
		w.observe = func(ctx context.Context, network scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
			conn, err := network.DialContext(ctx, "tcp", "127.9.0.1:9100")
			if err == nil {
				conn.Close()
			}
			lock.Lock()
			defer lock.Unlock()
			refusal, isRefusal := errors.AsType[*scanner.Refusal](err)
			refused[name] = isRefusal && refusal.Code == scanner.RefusedPort
			return both, nil
		}
		return w
	}
	e := engineWith(dials("pages"), knocker{dials("ports")})
	e.Network = oneAtATime(t)
	plan := planOf(scanner.Task{Probe: "pages", Target: chu}, scanner.Task{Probe: "ports", Target: chu})
	plan.Caveats = []scanner.Caveat{{Key: "scope.names[0]"}}
	plan.Lists = []scanner.PublicList{{Name: "CISA KEV", SHA256: "00ff"}}
	run := e.Run(t.Context(), plan)
	if diff := cmp.Diff(map[string]bool{"pages": true, "ports": false}, refused); diff != "" {
		t.Errorf("refused the port of a printer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(plan.Caveats, run.Caveats); diff != "" {
		t.Errorf("caveats (-plan +run):\n%s", diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// town is a network of these tests: names at addresses, of which each is asked one
// request a second.
type town struct {
	scanner.Network // nothing else is asked of it
	at              map[string]string
	mu              sync.Mutex
	next            map[string]time.Time // by address
}

func (*town) Permits(context.Context, string) error { return nil }

func (n *town) Lookup(_ context.Context, host string) ([]netip.Addr, error) {
	if address, ok := n.at[host]; ok {
		return []netip.Addr{netip.MustParseAddr(address)}, nil
	}
	return nil, nil
}

func (n *town) Pace(ctx context.Context, host string) error {
	at := host
	if address, ok := n.at[host]; ok {
		at = address
	}
	n.mu.Lock()
	turn := time.Now()
	if n.next[at].After(turn) {
		turn = n.next[at]
	}
	n.next[at] = turn.Add(time.Second)
	n.mu.Unlock()
	return rest(ctx, time.Until(turn))
}

// rest takes its time, unless it is told to stop.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// timed is one look as it was made.
type timed struct {
	probe, target string
	attempt       int
	from, to      time.Duration // since the run began
}

// diary notes the looks of its probes, in virtual time.
type diary struct {
	began time.Time
	mu    sync.Mutex
	looks []timed
}

func newDiary() *diary { return &diary{began: time.Now()} }

// probe brings a door, open or not, after some work.
func (d *diary) probe(name string, kind scanner.TargetKind, open bool, work func(context.Context, scanner.Network, scanner.Target) error) walker {
	return walker{name, kind, []string{"door"}, func(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
		from := time.Since(d.began)
		err := work(ctx, network, t)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.looks = append(d.looks, timed{name, t.ID, scanner.Attempt(ctx), from, time.Since(d.began)})
		if err != nil {
			return nil, err
		}
		return []scanner.Sighting{{Fact: door{Open: open, Note: name}}}, nil
	}}
}

// lasting is work of one duration.
func lasting(d time.Duration) func(context.Context, scanner.Network, scanner.Target) error {
	return func(ctx context.Context, _ scanner.Network, _ scanner.Target) error { return rest(ctx, d) }
}

// asking is work of so many requests to the host; a second look repeats a part of them.
func asking(requests, again int) func(context.Context, scanner.Network, scanner.Target) error {
	return func(ctx context.Context, network scanner.Network, t scanner.Target) error {
		count := requests
		if scanner.Attempt(ctx) > 0 {
			count = again
		}
		for range count {
			if err := network.Pace(ctx, t.Host()); err != nil {
				return err
			}
		}
		return nil
	}
}

// of are the looks of an attempt, in the order they ended.
func (d *diary) of(attempt int) []timed {
	return slices.DeleteFunc(slices.Clone(d.looks), func(l timed) bool { return l.attempt != attempt })
}

func latest(looks []timed) time.Duration {
	var last time.Duration
	for _, l := range looks {
		last = max(last, l.to)
	}
	return last
}

func site(i int) scanner.Target {
	return scanner.Target{Kind: scanner.KindSite, ID: fmt.Sprintf("https://www%d.chu.test", i)}
}

func host(i int) scanner.Target { return scanner.HostTarget(fmt.Sprintf("h%d.chu.test", i)) }

// townOf gives sites and hosts an address each.
func townOf(sites, hosts int) *town {
	n := &town{at: map[string]string{}, next: map[string]time.Time{}}
	for i := range sites {
		n.at[site(i).Host()] = fmt.Sprintf("198.51.100.%d", i+1)
	}
	for i := range hosts {
		n.at[host(i).Host()] = fmt.Sprintf("203.0.113.%d", i+1)
	}
	return n
}

func clocked(network scanner.Network, probes ...scanner.Probe) Engine {
	return Engine{Probes: probes, Network: network, Timeout: 25 * time.Minute}
}

// A host whose every port is silent holds up none of the others, nor do several.
func TestRun_silentHostsCostTheOthersNothing(t *testing.T) {
	for _, silent := range []int{1, 8} {
		t.Run(fmt.Sprint(silent), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary()
				ports := d.probe("services", scanner.KindHost, false, func(ctx context.Context, _ scanner.Network, at scanner.Target) error {
					for i := range silent {
						if at == host(i) {
							return rest(ctx, 20*time.Minute)
						}
					}
					return rest(ctx, 30*time.Second)
				})
				var tasks []scanner.Task
				for i := range 30 {
					tasks = append(tasks, scanner.Task{Probe: "services", Target: host(i)})
				}
				clocked(townOf(0, 30), ports).Run(t.Context(), planOf(tasks...))
				if last := latest(d.looks[:30-silent]); last != 30*time.Second {
					t.Errorf("the other hosts were looked at after %s, want 30 s", last)
				}
			})
		})
	}
}

// Sites that have an address each are looked at together; those that share one wait for
// their turn, and none of them loses its time to it.
func TestRun_placesFollowAddresses(t *testing.T) {
	const each = 200 * time.Second
	for name, test := range map[string]struct {
		address func(i int) string // of a site
		want    time.Duration
	}{
		"an-address-each": {func(i int) string { return fmt.Sprintf("198.51.100.%d", i+1) }, each},
		"one-address":     {func(int) string { return "198.51.100.1" }, 24 * each},
		"two-addresses":   {func(i int) string { return fmt.Sprintf("198.51.100.%d", i%2+1) }, 12 * each},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary()
				network := townOf(24, 0)
				var tasks []scanner.Task
				for i := range 24 {
					network.at[site(i).Host()] = test.address(i)
					tasks = append(tasks, scanner.Task{Probe: "templates", Target: site(i)})
				}
				e := clocked(network, d.probe("templates", scanner.KindSite, false, lasting(each)))
				e.Timeout = each + time.Second
				run := e.Run(t.Context(), planOf(tasks...))
				if last := latest(d.looks); last != test.want {
					t.Errorf("24 sites of %s took %s, want %s", each, last, test.want)
				}
				if run.Status != scanner.RunComplete {
					t.Errorf("the run is %s: a look lost its time while it waited", run.Status)
				}
			})
		})
	}
}

// Each look that confirms is made ten minutes after the one it confirms, beside first
// looks that are still under way.
func TestRun_confirmsTenMinutesAfterItsOwnFirstLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		open := d.probe("open", scanner.KindSite, true, lasting(3*time.Minute))
		long := d.probe("long", scanner.KindHost, false, lasting(24*time.Minute))
		network := townOf(3, 1)
		network.at[site(1).Host()] = network.at[site(0).Host()]
		plan := planOf(
			scanner.Task{Probe: "open", Target: site(0)}, scanner.Task{Probe: "open", Target: site(1)},
			scanner.Task{Probe: "long", Target: host(0)},
		)
		plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmLater)}
		run := clocked(network, open, long).Run(t.Context(), plan)
		want := []timed{
			{"open", site(0).ID, 1, 10 * time.Minute, 13 * time.Minute},
			{"open", site(1).ID, 1, 13 * time.Minute, 16 * time.Minute},
		}
		if diff := cmp.Diff(want, d.of(1), cmp.AllowUnexported(timed{})); diff != "" {
			t.Errorf("second looks (-want +got):\n%s", diff)
		}
		if took := run.Ended.Sub(run.Started); took != 24*time.Minute {
			t.Errorf("the run took %s, want no more than its longest look", took)
		}
	})
}

// A look that confirms at once does not wait for the first looks of others.
func TestRun_confirmsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		open := d.probe("open", scanner.KindSite, true, lasting(time.Minute))
		long := d.probe("long", scanner.KindSite, false, lasting(20*time.Minute))
		plan := planOf(
			scanner.Task{Probe: "open", Target: site(0)}, scanner.Task{Probe: "long", Target: site(0)},
			scanner.Task{Probe: "long", Target: site(1)},
		)
		plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmAtOnce)}
		clocked(townOf(2, 0), open, long).Run(t.Context(), plan)
		want := []timed{{"open", site(0).ID, 1, time.Minute, 2 * time.Minute}}
		if diff := cmp.Diff(want, d.of(1), cmp.AllowUnexported(timed{})); diff != "" {
			t.Errorf("second looks (-want +got):\n%s", diff)
		}
	})
}

// key is a reference of these tests: what a door is judged beside.
type key struct{ Lost bool }

func (key) FactKind() string          { return "key" }
func (key) FactName() (fr, en string) { return "la clé", "the key" }

// A failure that is one beside a reference is confirmed once the reference has come, and
// what has failed without it is not confirmed in two parts.
func TestRun_confirmsOnceTheReferenceHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		doors := d.probe("doors", scanner.KindHost, true, lasting(time.Second))
		keys := walker{"keys", scanner.KindRegister, []string{"key"}, func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
			return []scanner.Sighting{{Fact: key{Lost: true}}}, rest(ctx, time.Minute)
		}}
		beside := doorCheck(scanner.ConfirmAtOnce)
		beside.Judge = scanner.Against(struct{}{}, func(_ scanner.Case[struct{}], d door, k key) scanner.Verdict {
			if d.Open && k.Lost {
				return scanner.Failed("lost", nil)
			}
			return scanner.Passed("kept", nil)
		})
		beside.ID, beside.Reads = "exposure.key", []string{"hinge"}
		alone := doorCheck(scanner.ConfirmAtOnce)
		alone.Reads = []string{"lock"}
		plan := planOf(
			scanner.Task{Probe: "doors", Target: host(0)},
			scanner.Task{Probe: "keys", Target: scanner.Target{Kind: scanner.KindRegister, ID: "keys"}},
		)
		plan.Checks = []scanner.PlannedCheck{alone, beside}
		run := clocked(townOf(0, 1), doors, keys).Run(t.Context(), plan)
		want := []timed{{"doors", host(0).ID, 1, time.Minute, time.Minute + time.Second}}
		if diff := cmp.Diff(want, d.of(1), cmp.AllowUnexported(timed{})); diff != "" {
			t.Errorf("second looks (-want +got):\n%s", diff)
		}
		for _, f := range run.Findings {
			if f.Outcome != scanner.Fail {
				t.Errorf("%s is %s (%s), want a confirmed failure", f.Check, f.Outcome, f.Reason)
			}
		}
	})
}

// A hospital of 24 sites, 30 hosts and 5 domains, at one request a second and address:
// every failure there is, four hosts silent, every site slow to tell its products.
func TestRun_hospitalBeforeTheCoffeeIsCold(t *testing.T) {
	for name, shared := range map[string]int{"hosts-apart": 0, "hosts-of-the-sites": 24} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { lookAtHospital(t, shared) }) })
	}
}

// lookAtHospital looks at a hospital where some of the hosts are those of the sites.
func lookAtHospital(t *testing.T, shared int) {
	t.Helper()
	d := newDiary()
	ports := d.probe("services", scanner.KindHost, true, func(ctx context.Context, network scanner.Network, at scanner.Target) error {
		if slices.Contains([]scanner.Target{host(0), host(7), host(8), host(29)}, at) {
			return rest(ctx, 130*2*time.Second/2) // two ports at once
		}
		return asking(130, 10)(ctx, network, at)
	})
	probes := []scanner.Probe{
		ports,
		d.probe("http", scanner.KindSite, true, asking(25, 25)),
		d.probe("tls", scanner.KindSite, true, asking(30, 30)),
		d.probe("templates", scanner.KindSite, true, asking(200, 60)),
	}
	var tasks []scanner.Task
	for i := range 24 {
		for _, probe := range []string{"http", "tls", "templates"} {
			tasks = append(tasks, scanner.Task{Probe: probe, Target: site(i)})
		}
	}
	for i := range 30 {
		tasks = append(tasks, scanner.Task{Probe: "services", Target: host(i)})
	}
	for _, probe := range []string{"dns", "dnssec", "mail", "smtp", "inventory"} {
		probes = append(probes, d.probe(probe, scanner.KindDomain, true, asking(60, 15)))
		for i := range 5 {
			tasks = append(tasks, scanner.Task{Probe: probe, Target: scanner.DomainTarget(fmt.Sprintf("d%d.test", i))})
		}
	}
	network := townOf(24, 30)
	for i := range shared {
		network.at[host(i).Host()] = network.at[site(i).Host()]
	}
	plan := planOf(tasks...)
	plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmLater)}
	run := clocked(network, probes...).Run(t.Context(), plan)
	if last := latest(d.of(0)); last > 8*time.Minute {
		t.Errorf("first looks took %s, want at most 8 minutes", last)
	}
	if last := latest(d.of(1)); last > 20*time.Minute || len(d.of(1)) != len(tasks) {
		t.Errorf("%d of %d looks were made again, within %s, want all within 20 minutes", len(d.of(1)), len(tasks), last)
	}
	for _, f := range run.Findings {
		if f.Outcome != scanner.Fail {
			t.Fatalf("%s of %s is %s (%s), want a confirmed failure", f.Check, f.Target.Key(), f.Outcome, f.Reason)
		}
	}
	t.Logf("first looks within %s, all within %s", latest(d.of(0)), latest(d.of(1)))
}

// With more places than looks that may be made at once, the longest begin first: a long
// look that comes last would make the whole run longer.
func TestRun_longestPlacesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		e := clocked(townOf(1, 4), d.probe("short", scanner.KindHost, false, lasting(time.Minute)), heavy{d.probe("long", scanner.KindSite, false, lasting(4*time.Minute))})
		e.Workers = 2
		var tasks []scanner.Task
		for i := range 4 {
			tasks = append(tasks, scanner.Task{Probe: "short", Target: host(i)})
		}
		e.Run(t.Context(), planOf(append(tasks, scanner.Task{Probe: "long", Target: site(0)})...))
		if last := latest(d.looks); last != 4*time.Minute {
			t.Errorf("the run took %s, want 4 minutes", last)
		}
	})
}

// A probe that makes one look at a time holds up neither the other looks at the places
// where its own wait, nor the time of these.
func TestRun_probeThatLooksOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const each = 4 * time.Minute
		d := newDiary()
		network := townOf(6, 0)
		var tasks []scanner.Task
		for i := range 6 {
			tasks = append(tasks, scanner.Task{Probe: "engine", Target: site(i)}, scanner.Task{Probe: "http", Target: site(i)})
		}
		e := clocked(network, single{d.probe("engine", scanner.KindSite, false, lasting(each))}, d.probe("http", scanner.KindSite, false, lasting(time.Second)))
		e.Timeout = each + time.Second
		run := e.Run(t.Context(), planOf(tasks...))
		if last := latest(d.looks); last > 6*each+time.Second || run.Status != scanner.RunComplete {
			t.Errorf("the run took %s and is %s, want six times %s, complete", last, run.Status, each)
		}
		if last := latest(d.looks[:5]); last > time.Second {
			t.Errorf("the other looks waited until %s", last)
		}
	})
}

// single is a walker that makes one look at a time.
type single struct{ walker }

func (single) Needs() scanner.Needs { return scanner.Needs{AtOnce: 1} }

// At one machine a long look begins first, and the short ones pass beside it, one after
// the other; no probe is there twice.
func TestRun_shortLooksPassBesideTheLongOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		network := townOf(2, 0)
		network.at[site(1).Host()] = network.at[site(0).Host()]
		slow := heavy{d.probe("templates", scanner.KindSite, false, lasting(6*time.Minute))}
		quick := d.probe("http", scanner.KindSite, false, lasting(time.Minute))
		run := clocked(network, quick, slow).Run(t.Context(), planOf(
			scanner.Task{Probe: "http", Target: site(0)}, scanner.Task{Probe: "templates", Target: site(0)},
			scanner.Task{Probe: "http", Target: site(1)}, scanner.Task{Probe: "templates", Target: site(1)},
		))
		want := []timed{
			{"http", site(0).ID, 0, 0, time.Minute},
			{"http", site(1).ID, 0, time.Minute, 2 * time.Minute},
			{"templates", site(0).ID, 0, 0, 6 * time.Minute},
			{"templates", site(1).ID, 0, 6 * time.Minute, 12 * time.Minute},
		}
		if diff := cmp.Diff(want, d.of(0), cmp.AllowUnexported(timed{})); diff != "" {
			t.Errorf("looks (-want +got):\n%s", diff)
		}
		if run.Observations[0].Target != site(0) || run.Observations[0].Probe != "http" {
			t.Errorf("the first observation is of %s, want the first of the plan", run.Observations[0].Target.Key())
		}
	})
}

// heavy is a walker that says how much it asks.
type heavy struct{ walker }

func (heavy) Needs() scanner.Needs { return scanner.Needs{Load: scanner.Load{Requests: 240}} }

// Stopping a run with everything in flight, deaf probes included, ends it within two
// seconds, and confirms nothing more.
func TestRun_stopsWithEverythingInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		defer close(let)
		d := newDiary()
		deaf := d.probe("deaf", scanner.KindHost, false, func(context.Context, scanner.Network, scanner.Target) error {
			<-let
			return nil
		})
		open := d.probe("open", scanner.KindSite, true, lasting(time.Second))
		slow := d.probe("slow", scanner.KindSite, false, lasting(20*time.Minute))
		plan := planOf()
		for i := range 100 {
			plan.Tasks = append(plan.Tasks, scanner.Task{Probe: "open", Target: site(i)}, scanner.Task{Probe: "slow", Target: site(i)}, scanner.Task{Probe: "deaf", Target: host(i)})
		}
		plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmLater)}
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
		defer stop()
		e := clocked(townOf(100, 100), deaf, open, slow)
		var phases []Phase
		e.Progress = func(p Progress) { phases = append(phases, p.Phase) }
		run := e.Run(ctx, plan)
		if took := time.Since(d.began) - 5*time.Minute; took > 2*time.Second {
			t.Errorf("the run went on for %s", took)
		}
		if len(d.of(1)) > 0 || len(run.Observations) != len(plan.Tasks) {
			t.Errorf("%d looks confirmed, %d observations of %d tasks", len(d.of(1)), len(run.Observations), len(plan.Tasks))
		}
		if diff := cmp.Diff([]Phase{PhaseFirst, PhaseStop, PhaseJudge}, slices.Compact(phases)); diff != "" {
			t.Errorf("phases (-want +got):\n%s", diff)
		}
	})
}

// Whatever the time each look takes, the same plan gives the same observations in the
// same order.
func TestRun_orderDoesNotDependOnTime(t *testing.T) {
	plan := planOf()
	for i := range 20 {
		for _, probe := range []string{"http", "tls"} {
			plan.Tasks = append(plan.Tasks, scanner.Task{Probe: probe, Target: site(i)})
		}
		plan.Tasks = append(plan.Tasks, scanner.Task{Probe: "services", Target: host(i)}, scanner.Task{Probe: "dns", Target: scanner.DomainTarget(fmt.Sprintf("d%d.test", i))})
	}
	later, atOnce := doorCheck(scanner.ConfirmLater), doorCheck(scanner.ConfirmAtOnce)
	atOnce.ID = "exposure.wall"
	atOnce.Judge = scanner.Each(struct{}{}, func(_ scanner.Case[struct{}], w wall) scanner.Verdict { return scanner.Failed("high", nil) })
	plan.Checks = []scanner.PlannedCheck{later, atOnce}
	var want []string
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			chance := rand.New(rand.NewPCG(seed, 9))
			probe := func(name string, kind scanner.TargetKind, facts ...scanner.Fact) walker {
				w := walker{name: name, kind: kind}
				var seen []scanner.Sighting
				for _, f := range facts {
					w.facts = append(w.facts, f.FactKind())
					seen = append(seen, scanner.Sighting{Fact: f})
				}
				w.observe = func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
					mu.Lock()
					d := time.Duration(chance.Int64N(int64(15 * time.Minute)))
					mu.Unlock()
					return seen, rest(ctx, d)
				}
				return w
			}
			e := clocked(townOf(20, 20), probe("http", scanner.KindSite, door{Open: true}), probe("tls", scanner.KindSite, wall{}),
				probe("services", scanner.KindHost, door{Open: true}, wall{}), probe("dns", scanner.KindDomain, door{}))
			e.Workers = 1 + int(seed)*3
			got := lines(e.Run(t.Context(), plan))
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d: observations (-first +this):\n%s", seed, diff)
			}
		})
	}
}

// What is told of a run tells its phases, what is under way and what remains.
func TestRun_tellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		open := d.probe("open", scanner.KindSite, true, func(ctx context.Context, _ scanner.Network, _ scanner.Target) error {
			return rest(ctx, time.Minute/time.Duration(1+scanner.Attempt(ctx)))
		})
		var told []string
		e := clocked(nil, open)
		e.Progress = func(p Progress) {
			until := ""
			if !p.Until.IsZero() {
				until = fmt.Sprintf(" until %s", p.Until.Sub(d.began))
			}
			told = append(told, fmt.Sprintf("%s %s %d/%d %d/%d looking %d waiting %d left %s%s",
				time.Since(d.began), p.Phase, p.Done, p.Total, p.Confirmed, p.Doubted, len(p.Looking), p.Waiting, p.Left, until))
		}
		network := townOf(1, 0)
		network.at[site(1).Host()] = network.at[site(0).Host()]
		e.Network = network
		plan := planOf(scanner.Task{Probe: "open", Target: site(0)}, scanner.Task{Probe: "open", Target: site(1)})
		plan.Checks = []scanner.PlannedCheck{doorCheck(scanner.ConfirmLater)}
		e.Run(t.Context(), plan)
		want := []string{
			"0s first 0/2 0/0 looking 0 waiting 2 left 0s",
			"0s first 0/2 0/0 looking 1 waiting 1 left 0s",
			"1m0s first 1/2 0/1 looking 1 waiting 0 left 1m0s until 10m0s",
			"2m0s wait 2/2 0/2 looking 0 waiting 0 left 0s until 10m0s",
			"10m0s second 2/2 0/2 looking 1 waiting 0 left 0s until 11m0s",
			"10m30s wait 2/2 1/2 looking 0 waiting 0 left 0s until 11m0s",
			"11m0s second 2/2 1/2 looking 1 waiting 0 left 0s",
			"11m30s judge 2/2 2/2 looking 0 waiting 0 left 0s",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

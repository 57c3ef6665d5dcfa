// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
)

// TestFreshnessIsTheAgeOfTheLook delivers runs that ended otherwise, and at other times:
// they are received today, all of them.
func TestFreshnessIsTheAgeOfTheLook(t *testing.T) { storetest.Each(t, testFreshnessIsTheAgeOfTheLook) }

func testFreshnessIsTheAgeOfTheLook(t *testing.T) {
	const after = 8 * 24 * time.Hour
	now := time.Now().UTC()
	day := func(n int) time.Time { return now.AddDate(0, 0, -n).Add(-time.Hour) }
	type run struct {
		ended  time.Time
		status scanner.RunStatus
	}
	cases := map[string]struct {
		runs  [][]run // by agent
		later time.Duration
		want  store.Freshness
	}{
		"never":           {nil, 0, store.NeverSeen},
		"fresh":           {[][]run{{{day(0), scanner.RunComplete}}}, 0, store.FreshEnough},
		"silent":          {[][]run{{{day(0), scanner.RunComplete}}}, after + time.Hour, store.Silent},
		"late":            {[][]run{{{day(30), scanner.RunComplete}}}, 0, store.LateBundle},
		"late-then-quiet": {[][]run{{{day(30), scanner.RunComplete}}}, after + time.Hour, store.Silent},
		"late-and-fresh":  {[][]run{{{day(0), scanner.RunComplete}, {day(30), scanner.RunFailed}}}, 0, store.FreshEnough},
		"partial":         {[][]run{{{day(0), scanner.RunPartial}}}, 0, store.PartialRun},
		"failed":          {[][]run{{{day(1), scanner.RunComplete}, {day(0), scanner.RunFailed}}}, 0, store.FailedRun},
		"mended":          {[][]run{{{day(1), scanner.RunFailed}, {day(0), scanner.RunComplete}}}, 0, store.FreshEnough},
		"one-of-two":      {[][]run{{{day(0), scanner.RunComplete}}, {{day(1), scanner.RunFailed}}}, 0, store.FailedRun},
		"old-agent":       {[][]run{{{day(0), scanner.RunComplete}}, {{day(30), scanner.RunFailed}}}, 0, store.FreshEnough},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := regiontest.New(t)
			site := r.Establishment(siteA, "CHU A")
			for _, runs := range c.runs {
				a := r.Enrol(siteA)
				for _, ran := range runs {
					made := regiontest.Run(t, site, ran.ended)
					made.Status = ran.status
					a.Deliver(made)
				}
			}
			looked, err := r.Store.Looked(t.Context(), store.Region(), siteA)
			if err != nil {
				t.Fatal(err)
			}
			standings, err := r.Store.Standings(t.Context(), store.Region())
			if err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(c.later)
			for where, l := range map[string]store.Looked{"its page": looked, "the overview": standings[0].Looked} {
				if got := l.Freshness(at, after); got != c.want {
					t.Errorf("%s says %q, want %q", where, got, c.want)
				}
			}
		})
	}
}

// TestSilentAgentIsSilentSooner says so when an agent missed two moments that it announced,
// however young its last look is; whatever comes since says otherwise.
func TestSilentAgentIsSilentSooner(t *testing.T) {
	const after = 8 * 24 * time.Hour
	r := regiontest.New(t)
	site := r.Establishment(siteA, "CHU A")
	a := r.Enrol(siteA)
	now := time.Now().UTC()
	a.Deliver(regiontest.Run(t, site, now.Add(-time.Minute)))
	if err := r.Store.Hear(t.Context(), store.Region(), a.ID, regiontest.Software, store.Pulse{HeardAt: now, NextRun: now.Add(time.Hour), LateAt: now.Add(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for later, want := range map[time.Duration]store.Freshness{time.Hour: store.FreshEnough, 4 * time.Hour: store.Silent} {
		looked, err := r.Store.Looked(t.Context(), store.Region(), siteA)
		if err != nil {
			t.Fatal(err)
		}
		standings, err := r.Store.Standings(t.Context(), store.Region())
		if err != nil {
			t.Fatal(err)
		}
		for where, l := range map[string]store.Looked{"its page": looked, "the overview": standings[0].Looked} {
			if got := l.Freshness(now.Add(later), after); got != want {
				t.Errorf("%s says %q %s later, want %q", where, got, later, want)
			}
		}
	}
	if _, err := r.Store.MoveAgent(t.Context(), store.Region(), a.ID, store.Suspend, now); err != nil {
		t.Fatal(err)
	}
	looked, err := r.Store.Looked(t.Context(), store.Region(), siteA)
	if err != nil || looked.Freshness(now.Add(4*time.Hour), after) != store.FreshEnough {
		t.Errorf("a suspended agent makes its establishment silent: %v", err)
	}
}

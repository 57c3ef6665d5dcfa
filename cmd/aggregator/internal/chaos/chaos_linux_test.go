// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	rounds = flag.Int("rounds", 25, "rounds of chaos on each engine")
	seed   = flag.Uint64("seed", 0, "seed of what is chosen; 0 draws one")
	clocks = flag.Bool("clock", false, "let clocks jump too: the programs are built over a clock that the test moves, which takes minutes the first time")
)

// deepChecks is how often, in one test, everything is read and derived again.
const deepChecks = 4

// TestChaos disturbs a region at work, round after round. What is chosen follows from
// the seed; the machine decides the rest, so that a seed plays the same disturbances at
// the same steps, and not the same instants.
func TestChaos(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine.name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Skipped() && os.Getenv("CI") == "true" {
					t.Error("continuous integration has all that this needs")
				}
			})
			drawn := *seed
			if drawn == 0 {
				drawn = uint64(time.Now().UnixNano())
			}
			t.Logf("seed %d, %d rounds", drawn, *rounds)
			w := newWorld(t, engine)
			began := time.Now()
			for n := 1; n <= *rounds && !t.Failed(); n++ {
				w.random = rand.New(rand.NewPCG(drawn, uint64(n))) // whatever the rounds before drew
				w.round(n)
				if n%50 == 0 {
					t.Logf("round %d (%s)", n, time.Since(began).Round(time.Second))
				}
				if n%max(*rounds/deepChecks, 25) == 0 || n == *rounds {
					w.checkDeeply(n)
					w.report(n, time.Since(began))
				}
			}
		})
	}
}

// round lets some agents work, disturbs the region at some moment, mends everything and
// checks what is there.
func (w *world) round(n int) {
	w.t.Helper()
	moment := pick(w, w.moments())
	disturbance := pick(w, w.disturbances())
	tasks := w.tasks(moment)
	w.label = fmt.Sprintf("round %d, %s %s", n, disturbance.name, moment.name)

	ready, release := moment.expect(w, tasks)
	defer release()
	for _, task := range tasks {
		task.begin(w)
	}
	came := ready()
	disturbance.strike(w, tasks)
	release()
	if disturbance.hold > 0 {
		pause(w.draw(disturbance.hold))
	}
	if came {
		w.count("disturbed", disturbance.name)
		w.count("moment", moment.name)
	} else {
		w.count("disturbed", "nothing: the work was done")
	}
	w.mend()
	for _, task := range tasks {
		task.end(w)
	}
	w.mend() // what a late agent ran into
	w.checkAcknowledged(tasks)
	w.settle(tasks)
	w.checkSettled(tasks)
}

// report says how often what was done and found so far.
func (w *world) report(n int, took time.Duration) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, about := range slices.Sorted(maps.Keys(w.counts)) {
		for _, what := range slices.Sorted(maps.Keys(w.counts[about])) {
			fmt.Fprintf(table, "%s\t%s\t%d\n", about, what, w.counts[about][what])
		}
	}
	if err := table.Flush(); err != nil {
		w.t.Error(err)
	}
	w.t.Logf("%d rounds in %s\n%s", n, took.Round(time.Second), text.String())
}

func (w *world) count(about, what string) {
	if w.counts[about] == nil {
		w.counts[about] = map[string]int{}
	}
	w.counts[about][what]++
}

// pick draws one of several.
func pick[T any](w *world, list []T) T { return list[w.random.IntN(len(list))] }

// draw draws a time up to a longest one.
func (w *world) draw(longest time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(longest)))
}

func pause(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

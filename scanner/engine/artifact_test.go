// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

func TestArtifactsHaveABudget(t *testing.T) {
	const piece = 64 << 10
	cases := map[string]struct {
		ofEach []int // artifacts of 64 KiB of each target
		want   []int // kept of each
	}{
		"under_budget":      {[]int{8, 8}, []int{8, 8}},
		"one_target_over":   {[]int{20, 3}, []int{8, 3}},
		"all_together_over": {[]int{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8}, nil},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			run := scanner.Run{}
			for target, n := range tt.ofEach {
				bring(t, &run, fmt.Sprintf("https://www%d.chu.test", target), n, piece)
			}
			afford(&run)
			if tt.want == nil {
				if len(run.Artifacts) != maxOfRun/piece {
					t.Errorf("%d artifacts are kept, want %d", len(run.Artifacts), maxOfRun/piece)
				}
				return
			}
			var kept []int
			for _, o := range run.Observations {
				if o.Identify().ID != o.ID {
					t.Errorf("observation %s has another content than its identifier", o.ID)
				}
				n := 0
				for _, ref := range o.Artifacts {
					if !ref.Dropped {
						n++
					}
				}
				kept = append(kept, n)
			}
			if diff := cmp.Diff(tt.want, kept); diff != "" {
				t.Errorf("artifacts kept of each target (-want +got):\n%s", diff)
			}
		})
	}
}

// bring adds one observation with artifacts, the last one the largest.
func bring(t *testing.T, run *scanner.Run, site string, n, size int) {
	t.Helper()
	o := scanner.Observation{Target: scanner.Target{Kind: scanner.KindSite, ID: site}}
	for i := range n {
		data := bytes.Repeat([]byte{byte(i)}, size)
		copy(data, site)
		a := scanner.NewArtifact("noise", "application/octet-stream", data)
		o.Artifacts = append(o.Artifacts, a.Ref)
		run.Artifacts = append(run.Artifacts, a)
	}
	run.Observations = append(run.Observations, o.Identify())
}

func TestLargestArtifactsGoFirst(t *testing.T) {
	run := scanner.Run{}
	for i, size := range []int{10 << 10, 500 << 10, 20 << 10} {
		bring(t, &run, "https://www.chu.test", 1, size+i)
	}
	afford(&run)
	if dropped := run.Dropped(); len(dropped) != 1 || dropped[0].Size != 500<<10+1 {
		t.Errorf("dropped %v, want the largest alone", dropped)
	}
}

func TestSharedArtifactIsKeptWhereOneTargetCanAffordIt(t *testing.T) {
	run := scanner.Run{}
	bring(t, &run, "https://a.chu.test", 9, 64<<10) // one too many
	bring(t, &run, "https://b.chu.test", 1, 1)
	run.Observations[1].Artifacts = append(run.Observations[1].Artifacts, run.Observations[0].Artifacts[:5]...)
	bring(t, &run, "https://c.chu.test", 1, 1)
	run.Observations[2].Artifacts = append(run.Observations[2].Artifacts, run.Observations[0].Artifacts[5:]...)
	afford(&run)
	if dropped := run.Dropped(); len(dropped) > 0 {
		t.Errorf("dropped %v, want nothing", dropped)
	}
}

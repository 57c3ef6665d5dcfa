// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"testing"
	"time"
)

// TestPlansTellTheirLists: what the probes were given to consult goes with the plan,
// and the engine seals it with the run.
func TestPlansTellTheirLists(t *testing.T) {
	ready, err := Runner{Config: newWorld(t).configOf(1)}.Prepare(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Door.Stop()
	var names []string
	for _, l := range ready.Plan.Lists {
		names = append(names, l.Name)
		if len(l.SHA256) != 64 || l.Date.IsZero() || l.Holds == 0 || l.Source == "" {
			t.Errorf("got %+v", l)
		}
	}
	if len(names) != 2 || names[0] != "CISA KEV" || names[1] != "endoflife" {
		t.Errorf("lists %q", names)
	}
}

// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// A look that our own courtesy keeps waiting for longer than it may last is not late:
// the target has taken nothing of its time.
func TestRun_waitsForOurTurnAreNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polite := brings()
		polite.observe = func(ctx context.Context, _ scanner.Network, _ scanner.Target) ([]scanner.Sighting, error) {
			resume := scanner.Hold(ctx)
			<-time.After(time.Hour)
			resume()
			<-time.After(50 * time.Second)
			return both, ctx.Err()
		}
		e := engineWith(polite)
		e.Timeout = time.Minute
		run := e.Run(t.Context(), planOf(scanner.Task{Probe: "walk", Target: chu}))
		want := []string{`door chu.test completed {"open":true}`, `lock chu.test completed {"Turns":2}`}
		if diff := cmp.Diff(want, lines(run)); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
	})
}

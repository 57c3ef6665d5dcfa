// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDaemon lets the agent live: it sends what waited, runs at its own moment
// of the shortest rhythm, sends that too, shows its state, and ends when asked.
func TestDaemon(t *testing.T) {
	config := papers(t, finess)
	raw, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	page := freeAddress(t)
	text := strings.Replace(string(raw), "status_address: 127.0.0.1:0", "status_address: "+page+"\nschedule: {every: 1m}", 1)
	write(t, config, text)
	r := newRegion(t)
	r.serve(t)
	r.welcome(t, finess, "CHU", config)
	run(t, 3, programs.agent, "scan", "--config", config, "--quiet") // not sent

	daemon := start(t, programs.agent, "run", "--config", config)
	awaitBundles(t, r, 2)
	if body := fetch(t, "http://"+page+"/"); !strings.Contains(body, "agent enrôlé") || !strings.Contains(body, "complet") {
		t.Errorf("the status page does not tell of the run:\n%s", body)
	}
	awaitSent(t, filepath.Join(filepath.Dir(config), "state", "spool", "outbox", "0*"))
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		t.Errorf("asked to end, the daemon says %v", err)
	}
}

// awaitSent waits, a minute at most, until no bundle waits: the aggregator holds
// one a moment before the agent knows.
func awaitSent(t *testing.T, waiting string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		left, err := filepath.Glob(waiting)
		if err == nil && len(left) == 0 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%v waits, %v, want nothing", left, err)
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// awaitBundles waits, two minutes at most, until the aggregator holds so many.
func awaitBundles(t *testing.T, r *region, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if countBundles(t, r.data) >= want {
			return
		}
		pause(ctx, 200*time.Millisecond)
	}
	t.Fatalf("%d bundles are stored after two minutes, want %d", countBundles(t, r.data), want)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

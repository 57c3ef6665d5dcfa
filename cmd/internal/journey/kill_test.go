// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"carescan/reports/bundle"
	"carescan/scanner"
)

// kills is how many times a program is killed while it works.
const kills = 100

// TestKilledAtRandom kills the agent and the aggregator with SIGKILL at random
// points, then shows that every bundle ever sealed is there, once.
func TestKilledAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, seed))
	config := papers(t, finess)
	r := newRegion(t)
	r.serve(t)
	r.welcome(t, finess, "CHU Exemple", config)
	typical := timeOf(t, config)

	killed := map[string]int{}
	for round := 0; killed["agent"]+killed["aggregator"] < kills; round++ {
		if round == 5*kills {
			t.Fatalf("only %v were killed in %d rounds", killed, round)
		}
		agent := exec.Command(programs.agent, "scan", "--config", config, "--send", "--quiet")
		if err := agent.Start(); err != nil {
			t.Fatal(err)
		}
		pause(t.Context(), time.Duration(random.Int64N(int64(typical))))
		if random.IntN(3) > 0 {
			killed["agent"] += kill(agent)
		} else {
			killed["aggregator"] += kill(r.process)
			_ = agent.Wait() // with a dead aggregator it keeps its bundle and says so
			r.serve(t)
		}
	}
	t.Logf("killed %v", killed)

	run(t, 3, programs.agent, "scan", "--config", config, "--send", "--quiet")
	everyBundleOnce(t, r, filepath.Join(filepath.Dir(config), "state", "spool"))
}

// timeOf is how long one run and its sending last here.
func timeOf(t *testing.T, config string) time.Duration {
	t.Helper()
	began := time.Now()
	run(t, 3, programs.agent, "scan", "--config", config, "--send", "--quiet")
	return time.Since(began)
}

// kill ends a program on the spot; 1 when it was still at work.
func kill(program *exec.Cmd) int {
	_ = program.Process.Kill()
	_ = program.Wait()
	if program.ProcessState.ExitCode() == -1 { // ended by a signal
		return 1
	}
	return 0
}

// everyBundleOnce walks the chain in the aggregator's database: numbers without
// gap or repeat, each bundle sealed over the digest of the one before, and
// nothing left behind in the spool.
func everyBundleOnce(t *testing.T, r *region, spool string) {
	t.Helper()
	for _, folder := range []string{"outbox", "rejected"} {
		if left, err := filepath.Glob(filepath.Join(spool, folder, "0*")); err != nil || len(left) > 0 {
			t.Errorf("%s holds %v, %v, want nothing", folder, left, err)
		}
	}
	var last struct {
		Seq    uint64 `json:"seq"`
		Digest string `json:"digest"`
	}
	readJSON(t, filepath.Join(spool, "chain.json"), &last)
	previous := ""
	stored := storedBundles(t, r.data)
	for i, raw := range stored {
		opened, err := bundle.Open(raw, bundle.Options{})
		if err != nil {
			t.Fatalf("bundle %d of the aggregator: %v", i+1, err)
		}
		if opened.Header.Seq != uint64(i+1) || opened.Header.Previous != previous {
			t.Errorf("place %d holds number %d after %q, want it after %q", i+1, opened.Header.Seq, opened.Header.Previous, previous)
		}
		previous = opened.Digest
	}
	if last.Seq != uint64(len(stored)) || last.Digest != previous {
		t.Errorf("the agent sealed %d bundles up to %s, the aggregator holds %d up to %s", last.Seq, last.Digest, len(stored), previous)
	}
	t.Logf("%d bundles sealed, each there once", len(stored))
}

// storedBundles reads the sealed bytes from the aggregator's database, by number.
func storedBundles(t *testing.T, data string) [][]byte {
	t.Helper()
	rows, err := database(t, data).QueryContext(t.Context(), `SELECT b.digest, blob.content FROM bundle b JOIN blob ON blob.digest = b.digest ORDER BY b.seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var stored [][]byte
	for rows.Next() {
		var digest string
		var raw []byte
		if err := rows.Scan(&digest, &raw); err != nil {
			t.Fatal(err)
		}
		if scanner.Digest(raw) != digest {
			t.Errorf("the bytes of %s have another digest", digest)
		}
		stored = append(stored, raw)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return stored
}

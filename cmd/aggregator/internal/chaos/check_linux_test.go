// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
)

// maxSkew is by how much the clock of an agent may be ahead (package ingest).
const maxSkew = 5 * time.Minute

// stored reads what the region holds of a bundle, past all its code. Everything that
// speaks of it must, once.
func (a *agent) stored(db *sql.DB, b *sealed) (receipt wire.Receipt, held bool) {
	a.w.t.Helper()
	var digest, text string
	var keys, bundles, blobs int
	err := db.QueryRowContext(a.w.t.Context(), `
		SELECT digest, receipt, (SELECT COUNT(*) FROM bundle_key WHERE bundle_id = $1),
		    (SELECT COUNT(*) FROM bundle WHERE id = $1), (SELECT COUNT(*) FROM blob WHERE digest = $2)
		FROM bundle_key WHERE bundle_id = $1`, b.id, b.digest).Scan(&digest, &text, &keys, &bundles, &blobs)
	if errors.Is(err, sql.ErrNoRows) {
		return receipt, false
	}
	a.w.must(err)
	if digest != b.digest || keys != 1 || bundles != 1 || blobs != 1 {
		a.w.fail("bundle %d of %s is held as %s, under %d keys, %d times, with %d contents", b.seq, a.folder, digest, keys, bundles, blobs)
	}
	a.w.must(json.Unmarshal([]byte(text), &receipt))
	return receipt, true
}

// checkAcknowledged looks at what a disturbance left, before anything is sent again:
// what an agent holds a receipt for, the region holds.
func (w *world) checkAcknowledged(tasks []*task) {
	w.t.Helper()
	db := w.database.open(w)
	defer db.Close()
	for _, t := range tasks {
		t.agent.look()
		for _, b := range t.agent.sealed {
			if b.settled && (b.filed == "sent" || b.gone) {
				continue
			}
			kept, stored := t.agent.stored(db, b)
			given, acknowledged := t.agent.receipt(b)
			if acknowledged && (!stored || !cmp.Equal(given, kept)) {
				w.fail("bundle %d of %s is acknowledged (%+v), and the region holds %+v", b.seq, t.agent.folder, given, kept)
			}
			w.count("left", fate(b, stored, acknowledged))
		}
	}
}

// fate is how far a bundle came.
func fate(b *sealed, stored, acknowledged bool) string {
	switch {
	case b.filed == "sent":
		return "bundle sent"
	case acknowledged:
		return "bundle whose receipt is kept, not filed"
	case stored:
		return "bundle stored, its receipt not heard"
	}
	return "bundle sealed, not stored"
}

// checkSettled finds every bundle of some agents, its receipt and what the region holds
// in agreement, and nothing more in the region.
func (w *world) checkSettled(tasks []*task) {
	w.t.Helper()
	db := w.database.open(w)
	defer db.Close()
	for _, t := range tasks {
		for _, b := range t.agent.sealed {
			if !b.settled && (b.filed != "outbox" || !b.early(w.regionClock.now())) {
				t.agent.checkHeld(db, b)
				b.settled = true
			}
		}
	}
	settled := 0
	for _, a := range w.agents {
		for _, b := range a.sealed {
			if b.settled {
				settled++
			}
		}
	}
	var held int
	w.must(db.QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM bundle`).Scan(&held))
	if held != settled {
		w.fail("the agents sent %d bundles, the region holds %d", settled, held)
	}
}

func (a *agent) checkHeld(db *sql.DB, b *sealed) {
	a.w.t.Helper()
	kept, stored := a.stored(db, b)
	if b.gone {
		if !stored || !cmp.Equal(b.receipt, kept) {
			a.w.fail("the region held bundle %d of %s as %+v, and holds %+v", b.seq, a.folder, b.receipt, kept)
		}
		return
	}
	given, acknowledged := a.receipt(b)
	b.receipt = given
	if b.filed != "sent" || !acknowledged || !stored || !cmp.Equal(given, kept) {
		a.w.fail("bundle %d of %s lies in %s: acknowledged %t (%+v), stored %t (%+v)", b.seq, a.folder, b.filed, acknowledged, given, stored, kept)
	}
}

// checkDeeply lets time pass, has every agent work once undisturbed, and reads
// everything: all bundles again, the region's own opinion of itself, what lies about on
// its disk, and what rebuild makes of it.
func (w *world) checkDeeply(n int) {
	w.t.Helper()
	w.label = "deep check after " + w.label
	began := time.Now()
	w.passTime()
	var tasks []*task
	for _, a := range w.agents {
		w.counts["left"]["file begun by an agent"] += len(a.leftovers())
		a.age()
		t := &task{agent: a, does: looks}
		t.begin(w)
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		t.process.await(w)
		if code := t.process.ProcessState.ExitCode(); code != 1 && code != 3 { // a run with failures, or with gaps
			w.fail("%s, undisturbed, ends with %d\n%s", t.agent.folder, code, t.process.said())
		}
	}
	for _, t := range tasks {
		t.agent.look()
		for _, b := range t.agent.sealed {
			b.settled = false
		}
	}
	w.settle(tasks)
	w.checkSettled(tasks)
	w.checkClocks()
	w.countRounds()
	w.region.stop()
	w.checkRegion()
	w.checkFiles()
	w.region.serve()
	w.t.Logf("round %d: everything agrees (%s)", n, time.Since(began).Round(time.Millisecond))
}

// passTime lets the moments come that bundles sealed by a fast clock bear and, unless
// the database is a program with the clock of the machine, weeks go by: rounds of the
// region fall due, and certificates grow old.
func (w *world) passTime() {
	if !*clocks {
		return
	}
	var wanted time.Duration
	if !w.database.apart() {
		wanted = 3 * 7 * 24 * time.Hour
	}
	for _, a := range w.agents {
		for _, b := range a.sealed {
			wanted = max(wanted, b.latest.Sub(w.regionClock.now()))
		}
	}
	w.regionClock.pass(wanted)
	w.agentClock.pass(wanted)
}

// checkClocks makes sure that the programs read the clocks of the test.
func (w *world) checkClocks() {
	a := w.agents[len(w.agents)-1]
	last := a.last()
	receipt, _ := a.receipt(&last)
	for _, at := range []time.Time{last.latest, receipt.ReceivedAt} {
		if late := w.regionClock.now().Sub(at); late < 0 || late > patience {
			w.fail("it is %s, and %s dates from %s", w.regionClock.now(), a.folder, at)
		}
	}
}

// countRounds tells what became of the rounds of the region so far.
func (w *world) countRounds() {
	db := w.database.open(w)
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), `SELECT state, COUNT(*) FROM river_job GROUP BY state`)
	w.must(err)
	defer rows.Close()
	w.counts["round of the region"] = map[string]int{}
	for rows.Next() {
		var state string
		var n int
		w.must(rows.Scan(&state, &n))
		w.counts["round of the region"][state] = n
	}
	w.must(rows.Err())
}

// checkRegion asks the region what it thinks of itself, and compares its projections
// with those that rebuild derives.
func (w *world) checkRegion() {
	w.t.Helper()
	said := w.run(w.region.command("doctor"))
	for _, wanted := range []string{"Database: sound", "all match their digest", "Numbers of bundles: none missing, none twice"} {
		if !strings.Contains(said, wanted) {
			w.fail("doctor does not say %q:\n%s", wanted, said)
		}
	}
	db := w.database.open(w)
	defer db.Close()
	var turns, different int
	w.must(db.QueryRowContext(w.t.Context(), `SELECT COUNT(*), COUNT(DISTINCT args) FROM river_job WHERE kind = 'round'`).Scan(&turns, &different))
	if turns != different {
		w.fail("%d turns of rounds are %d different ones", turns, different)
	}
	arrived := regiontest.Rows(w.t, db, regiontest.Projections()...)
	w.run(w.region.command("rebuild"))
	if diff := cmp.Diff(arrived, regiontest.Rows(w.t, db, regiontest.Projections()...)); diff != "" {
		w.fail("projections (-arrival +rebuild):\n%s", diff)
	}
}

// checkFiles finds on the disks nothing that nobody names, once the region has swept
// what is old.
func (w *world) checkFiles() {
	w.t.Helper()
	known := []string{"addresses.json", "backup-rehearsal", "blobs", "carescan.db", "carescan.db-shm", "carescan.db-wal", "in-use", "keys"}
	for _, name := range w.names(w.region.data) {
		if !slices.Contains(known, name) {
			w.fail("what is %s?", name)
		}
	}
	blobs := filepath.Join(w.region.data, "blobs")
	before := len(w.names(blobs))
	s, err := store.Open(w.t.Context(), w.database.at(w))
	w.must(err)
	defer s.Close()
	w.must(s.SweepBlobs(w.t.Context(), time.Now())) // the region lets a day go by
	w.counts["left"]["file of the region that nobody names"] += before - len(w.names(blobs))
	db := w.database.open(w)
	defer db.Close()
	for _, name := range w.names(blobs) {
		var named int
		w.must(db.QueryRowContext(w.t.Context(), `SELECT COUNT(*) FROM blob WHERE digest = $1 AND content IS NULL`, "sha256:"+name).Scan(&named))
		if named != 1 {
			w.fail("no bundle names the file %s", name)
		}
	}
	for _, a := range w.agents {
		if left := a.leftovers(); len(left) > 0 {
			w.fail("%s are left", left)
		}
	}
}

func (w *world) names(folder string) (list []string) {
	entries, err := os.ReadDir(folder)
	w.must(err)
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

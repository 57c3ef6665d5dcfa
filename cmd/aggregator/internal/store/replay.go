// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"runtime"
	"sync"

	"carescan/scanner"
)

// Judging verifies a stored bundle and judges its facts; several goroutines use it.
type Judging func(Bundle, []byte) (Judged, error)

const (
	maxReplays = 4  // establishments replayed at once, each with a bundle open, which may cost its decoded size several times
	replayPage = 50 // bundles listed at once
)

// Rebuild derives every projection again from the sealed bundles, and tells how many were
// read. Every establishment is replayed in memory, in the order its bundles came, and
// written in one short transaction: others write meanwhile, and after a rebuild that was
// interrupted each establishment is as it was, or as it becomes.
func (s *Store) Rebuild(ctx context.Context, judge Judging) (n int, err error) {
	_, n, err = s.replayAll(ctx, judge, (*replay).rewrite)
	if err != nil {
		return n, err
	}
	return n, s.writeInTurn(ctx, Region(), func(tx *transaction) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM upkeep WHERE name = 'rebuild'`); err != nil {
			return wrap(err, "note that all is derived again")
		}
		return tx.sealProjections(ctx)
	})
}

// NeedsRebuild tells whether an upgrade of the schema emptied the projections.
func (s *Store) NeedsRebuild(ctx context.Context) (bool, error) {
	n, err := one(ctx, s.view(Region()), scanInt, `SELECT COUNT(*) FROM upkeep WHERE name = 'rebuild'`)
	return n > 0, wrap(err, "read what is left to be done after an upgrade")
}

// replayAll replays every establishment, several at once, has each of them end in some
// way, and tells what stands otherwise since and how many bundles were read.
func (s *Store) replayAll(ctx context.Context, judge Judging, end func(*replay, context.Context) ([]Turn, error)) (turns []Turn, n int, err error) {
	sites, err := many(ctx, s.view(Region()), scanString, `SELECT finess FROM establishment ORDER BY finess`)
	if err != nil {
		return nil, 0, wrap(err, "list establishments")
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan *replay)
	var workers sync.WaitGroup
	var mutex sync.Mutex
	for range min(maxReplays, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for r := range next {
				turned, err := r.run(ctx, end)
				mutex.Lock()
				turns, n = append(turns, turned...), n+r.heard
				mutex.Unlock()
				if err != nil {
					stop(wrap(err, "replay establishment %s", r.finess))
				}
			}
		})
	}
	for _, site := range sites {
		next <- &replay{projection: newProjection(scanner.FINESS(site)), store: s, judge: judge}
	}
	close(next)
	workers.Wait()
	return turns, n, context.Cause(ctx)
}

// replay is an establishment derived again in memory, from its bundles in the order they
// came.
type replay struct {
	*projection
	store *Store
	judge Judging
	last  int64 // arrival of the last bundle that was heard
	heard int   // bundles
}

func (r *replay) run(ctx context.Context, end func(*replay, context.Context) ([]Turn, error)) ([]Turn, error) {
	if err := r.hearAll(ctx, r.store.view(Only(r.finess))); err != nil {
		return nil, err
	}
	return end(r, ctx)
}

// hearAll lives through the bundles that came since the last one that was heard.
func (r *replay) hearAll(ctx context.Context, from source) error {
	for {
		page, err := many(ctx, from, scanArrived, selectArrived, r.finess, r.last, replayPage)
		if err != nil {
			return wrap(err, "list bundles")
		}
		for _, b := range page {
			if err := r.hearOne(ctx, b.Bundle); err != nil {
				return wrap(err, "replay bundle %s", b.ID)
			}
			r.last = b.arrival
			r.heard++
		}
		if len(page) < replayPage {
			return nil
		}
	}
}

func (r *replay) hearOne(ctx context.Context, b Bundle) error {
	raw, err := r.store.readBlob(ctx, Only(b.FINESS), b.Digest)
	if err != nil {
		return err
	}
	judged, err := r.judge(b, raw)
	if err != nil {
		return err
	}
	looks, err := looksOf(b, judged.Findings)
	if err != nil {
		return err
	}
	_, err = r.live(b, looks, judged)
	return err
}

// rewrite puts what was derived in the place of what the pages show, writing only what
// differs, and tells what stands otherwise. What arrived meanwhile is heard first, with
// the writer in hand.
func (r *replay) rewrite(ctx context.Context) (turns []Turn, err error) {
	err = r.store.writeInTurn(ctx, Only(r.finess), func(tx *transaction) error {
		if err := r.hearAll(ctx, tx); err != nil {
			return err
		}
		kept := newProjection(r.finess)
		if err := kept.read(ctx, tx, place{}); err != nil {
			return err
		}
		turns = r.turns(kept)
		r.replaces(kept)
		if err := r.write(ctx, tx); err != nil {
			return err
		}
		return tx.sealDerived(ctx, r.finess)
	})
	return turns, err
}

// replaces names what differs from a projection that is kept.
func (r *replay) replaces(kept *projection) {
	r.changed = projectionChanges{
		looks: differing(r.eachLook(), kept.eachLook()), stands: differing(r.stands, kept.stands), words: r.changed.words, runs: r.changed.runs,
		covered: differing(r.covered, kept.covered), controls: differing(r.controls, kept.controls), disputes: differing(r.disputes, kept.disputes),
		past: true,
	}
	for _, l := range kept.eachLook() {
		delete(r.changed.words, l.wording)
	}
}

// differing names what is not alike, or in one only.
func differing[K, V comparable](now, was map[K]V) map[K]bool {
	names := map[K]bool{}
	for key, value := range now {
		if before, known := was[key]; !known || before != value {
			names[key] = true
		}
	}
	for key := range was {
		if _, lasts := now[key]; !lasts {
			names[key] = true
		}
	}
	return names
}

// arrived is a bundle in the order of arrivals.
type arrived struct {
	Bundle
	arrival int64
}

const selectArrived = `SELECT ` + bundleColumns + `, arrival FROM bundle JOIN profile_ref ON profile_ref.id = profile_id
	WHERE finess = $1 AND arrival > $2 ORDER BY arrival LIMIT $3`

func scanArrived(r row) (a arrived, err error) {
	err = r.Scan(append(a.into(), &a.arrival)...)
	return a, err
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"

	"carescan/scanner"
)

// history is what happened to the findings of an establishment: each step in the life of
// one, and each span of failure.
type history struct {
	finess   scanner.FINESS
	events   map[eventKey]event
	episodes map[episodeKey]episode
	// closed are the ends of spans that began before what is known here.
	closed map[episodeKey]episode
}

type eventKey struct{ fp, bundle string }

type event struct {
	at          int64
	was, became Observed
}

type episodeKey struct {
	fp string
	n  int64
}

type episode struct {
	opened, closed int64
	reason         string // of the end
}

func newHistory(finess scanner.FINESS) history {
	return history{finess, map[eventKey]event{}, map[episodeKey]episode{}, map[episodeKey]episode{}}
}

// step takes in that a bundle changed the life of a finding.
func (h history) step(b Bundle, was life, now standing) {
	at := stamp(b.EndedAt)
	h.events[eventKey{now.fp, b.ID}] = event{at, was.observed, now.observed}
	if now.episode > was.episode {
		h.episodes[episodeKey{now.fp, now.episode}] = episode{opened: at}
	}
	if now.failing || !was.failing {
		return
	}
	key, end := episodeKey{now.fp, was.episode}, episode{closed: at, reason: string(now.outcome)}
	began, known := h.episodes[key]
	if !known {
		h.closed[key] = end
		return
	}
	end.opened = began.opened
	h.episodes[key] = end
}

// read reads all that happened.
func (h history) read(ctx context.Context, from source) error {
	_, err := many(ctx, from, func(r row) (struct{}, error) {
		var key eventKey
		var e event
		err := r.Scan(&key.fp, &key.bundle, &e.at, &e.was, &e.became)
		h.events[key] = e
		return struct{}{}, err
	}, `SELECT fp, bundle_id, at, was, became FROM finding_event WHERE finess = $1`, h.finess)
	if err != nil {
		return wrap(err, "read events of %s", h.finess)
	}
	_, err = many(ctx, from, func(r row) (struct{}, error) {
		var key episodeKey
		var e episode
		err := r.Scan(&key.fp, &key.n, &e.opened, &e.closed, &e.reason)
		h.episodes[key] = e
		return struct{}{}, err
	}, `SELECT fp, episode, opened_at, closed_at, close_reason FROM finding_episode WHERE finess = $1`, h.finess)
	return wrap(err, "read episodes of %s", h.finess)
}

// write adds what happened.
func (h history) write(ctx context.Context, tx *transaction) error {
	events := batch{into: "finding_event", columns: "finess, fp, bundle_id, at, was, became"}
	for key, e := range h.events {
		events.add(h.finess, key.fp, key.bundle, e.at, e.was, e.became)
	}
	episodes := batch{into: "finding_episode", columns: "finess, fp, episode, opened_at, closed_at, close_reason"}
	for key, e := range h.episodes {
		episodes.add(h.finess, key.fp, key.n, e.opened, e.closed, e.reason)
	}
	for _, rows := range []batch{events, episodes} {
		if err := rows.write(ctx, tx); err != nil {
			return err
		}
	}
	for key, e := range h.closed {
		const last = `finess = $1 AND fp = $2 AND episode = $3`
		if err := tx.changeRows(ctx, "finding_episode", last, []any{h.finess, key.fp, key.n},
			`UPDATE finding_episode SET closed_at = $4, close_reason = $5 WHERE `+last, e.closed, e.reason); err != nil {
			return err
		}
	}
	return nil
}

// rewrite puts this history in the place of what is kept, unless that is the same.
func (h history) rewrite(ctx context.Context, tx *transaction) error {
	kept := newHistory(h.finess)
	if err := kept.read(ctx, tx); err != nil {
		return err
	}
	if maps.Equal(kept.events, h.events) && maps.Equal(kept.episodes, h.episodes) {
		return nil
	}
	for _, table := range []string{"finding_event", "finding_episode"} {
		if err := tx.changeRows(ctx, table, "finess = $1", []any{h.finess}, "DELETE FROM "+table+" WHERE finess = $1"); err != nil {
			return err
		}
	}
	return h.write(ctx, tx)
}

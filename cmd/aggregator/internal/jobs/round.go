// SPDX-License-Identifier: Apache-2.0

// Package jobs does what a region does without being asked: rounds, each on its
// rhythm, in any number of processes at once.
//
// A round that is due is a job in the database of the region, under its name and its
// moment (River, docs/adr/0045): every process may add it, and it is there once. One
// of them does it; when it fails or dies, the job is done again. So a round must bear
// to be done twice.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"carescan/scanner"
)

// Round is work that comes back on a rhythm.
type Round struct {
	// Name is that of the round in the queue, in the log and in the record of what was
	// done: it never changes.
	Name string
	// Title is what the round does, for people.
	Title scanner.Text
	// Every is its period, of a day at most. Its moments are the multiples of it since
	// midnight UTC, the same for every process.
	Every time.Duration
	// Takes is how long it may last: beyond, it is told to end, and others may do it.
	Takes time.Duration
	// Do does the round once. It ends soon after its context does.
	Do func(ctx context.Context, now time.Time) error
}

// tick is the moment of the round that is due at a time.
func (r Round) tick(now time.Time) time.Time { return now.UTC().Truncate(r.Every) }

// Next is when the round is due after a time.
func (r Round) Next(now time.Time) time.Time { return r.tick(now).Add(r.Every) }

// longest is the longest period: a job is kept for longer than that, so that its
// moment is not worked twice.
const longest = 24 * time.Hour

var roundName = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// check says what is wrong with a list of rounds.
func check(rounds []Round) (err error) {
	seen := map[string]bool{}
	for _, r := range rounds {
		switch {
		case !roundName.MatchString(r.Name) || seen[r.Name]:
			err = errors.Join(err, fmt.Errorf("round %q: not a name, or not the only one of that name", r.Name))
		case r.Every <= 0 || r.Every > longest:
			err = errors.Join(err, fmt.Errorf("round %s: a period of %s is not within a day", r.Name, r.Every))
		case r.Takes <= 0:
			err = errors.Join(err, fmt.Errorf("round %s: it is not said how long it may last", r.Name))
		}
		seen[r.Name] = true
	}
	return err
}

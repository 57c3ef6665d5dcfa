// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"time"
)

// Pulse is what an agent last said of itself, between two bundles or beside one. All of
// it is its word, but the moment it was heard.
type Pulse struct {
	HeardAt      time.Time // zero for an agent too old to say anything
	NextRun      time.Time
	LateAt       time.Time // when it will have missed two moments of its rhythm
	Waiting      int       // bundles in its outbox
	WaitingSince time.Time // since when the oldest is there
	Rejected     int       // bundles refused for good
	ClockOffset  time.Duration
}

// Silent tells that the agent said when it would look, and was not heard of since it
// missed that moment and the next.
func (p Pulse) Silent(now time.Time) bool { return !p.LateAt.IsZero() && now.After(p.LateAt) }

// Hear records what an agent says of itself.
func (s *Store) Hear(ctx context.Context, scope Scope, agent, software string, p Pulse) error {
	err := changedOne(s.change(ctx, scope, `
		UPDATE agent SET software = $3, heard_at = $4, next_run = $5, late_at = $6, waiting = $7, waiting_since = $8, rejected = $9, clock_offset = $10
		WHERE `+within("finess")+` AND id = $2`,
		scope.sees, agent, software, stamp(p.HeardAt), stamp(p.NextRun), stamp(p.LateAt), p.Waiting, stamp(p.WaitingSince), p.Rejected,
		p.ClockOffset.Microseconds()))
	return wrap(err, "hear agent %s", agent)
}

// micros reads a duration, kept in microseconds.
type micros time.Duration

// Scan implements sql.Scanner.
func (m *micros) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("read duration from %T", src)
	}
	*m = micros(time.Duration(n) * time.Microsecond)
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Deed is something done by a person or an agent that must stay known.
type Deed struct {
	At     time.Time
	Actor  string
	IP     string
	Action string
	Object string
}

// Audit records a deed.
func (s *Store) Audit(ctx context.Context, d Deed) error {
	return s.write(ctx, Scope{}, func(tx *transaction) error { return insertDeed(ctx, tx, d) })
}

// insertDeed records a deed, in the evidence log too.
func insertDeed(ctx context.Context, tx *transaction, d Deed) error {
	id, err := uuid.NewV7()
	if err != nil {
		return wrap(err, "name deed")
	}
	row := []any{id.String(), stamp(d.At), d.Actor, d.IP, d.Action, d.Object}
	if _, err = tx.ExecContext(ctx, `INSERT INTO audit (`+auditColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`, row...); err != nil {
		return wrap(err, "record %s", d.Action)
	}
	return tx.leaf(ctx, auditLeaf(row))
}

// auditColumns are those of a deed, its name first.
const auditColumns = "id, at, actor, ip, action, object"

// Deeds lists the latest deeds, last first. They tell of the whole region, so
// only a reader of the region sees any.
func (s *Store) Deeds(ctx context.Context, scope Scope, limit int) ([]Deed, error) {
	list, err := many(ctx, s.view(scope), scanDeed, `
		SELECT at, actor, ip, action, object FROM audit WHERE $1 = '*' ORDER BY at DESC, id DESC LIMIT $2`, scope.sees, limit)
	return list, wrap(err, "list deeds")
}

func scanDeed(r row) (d Deed, err error) {
	err = r.Scan((*moment)(&d.At), &d.Actor, &d.IP, &d.Action, &d.Object)
	return d, err
}

// refusalsWindow is over how long refused sign-ins are counted.
const refusalsWindow = time.Hour

// How many refused sign-ins are recorded within the window, of one person and of all: a
// stranger who guesses is seen, and fills no journal.
const (
	refusalsOfActor = 3
	refusalsOfAll   = 30
)

// AuditRefusal records a sign-in that was refused, unless enough are recorded already.
func (s *Store) AuditRefusal(ctx context.Context, d Deed) error {
	count := `SELECT COUNT(*) FROM audit WHERE at > $1 AND action = $2 AND $3 IN ('', actor)`
	err := s.write(ctx, Region(), func(tx *transaction) error {
		for actor, most := range map[string]int{d.Actor: refusalsOfActor, "": refusalsOfAll} {
			n, err := one(ctx, tx, scanInt, count, stamp(d.At.Add(-refusalsWindow)), d.Action, actor)
			if err != nil || n >= most {
				return err
			}
		}
		return insertDeed(ctx, tx, d)
	})
	return wrap(err, "record a refused sign-in")
}

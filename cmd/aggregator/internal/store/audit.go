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

func insertDeed(ctx context.Context, q querier, d Deed) error {
	id, err := uuid.NewV7()
	if err != nil {
		return wrap(err, "name deed")
	}
	_, err = q.ExecContext(ctx, `INSERT INTO audit (id, at, actor, ip, action, object) VALUES ($1, $2, $3, $4, $5, $6)`,
		id.String(), stamp(d.At), d.Actor, d.IP, d.Action, d.Object)
	return wrap(err, "record %s", d.Action)
}

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

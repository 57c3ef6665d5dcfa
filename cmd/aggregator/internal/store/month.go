// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

const (
	// monthsAhead is how many months there is room for, beyond the one that runs.
	monthsAhead = 3
	// mostMonths bounds the past months that one round makes room for.
	mostMonths = 24
)

// selectRest finds the months of the rows that are of none: those of looks that were made
// before there was room for their month.
const selectRest = `
	SELECT DISTINCT extract(epoch FROM date_trunc('month', to_timestamp(at / 1000000) AT TIME ZONE 'UTC'))::bigint * 1000000 FROM (
	    SELECT received_at AS at FROM bundle WHERE tableoid = 'bundle_rest'::regclass
	    UNION ALL SELECT at FROM finding_event WHERE tableoid = 'finding_event_rest'::regclass
	    UNION ALL SELECT at FROM audit WHERE tableoid = 'audit_rest'::regclass) AS rest
	WHERE at > 0 ORDER BY 1 LIMIT $1`

func (Postgres) addMonths(ctx context.Context, s *Store, now time.Time) error {
	months, err := many(ctx, s.view(Region()), scanMoment, selectRest, mostMonths)
	if err != nil {
		return err
	}
	for n := range monthsAhead + 1 {
		months = append(months, monthOf(now).AddDate(0, n, 0))
	}
	for _, month := range months {
		// In turn: a row that comes while those of the rest are moved would be in the way.
		err := s.writeInTurn(ctx, Region(), func(tx *transaction) error {
			_, err := tx.ExecContext(ctx, addMonth, month.Format(time.DateOnly))
			return err
		})
		if err != nil {
			return wrap(err, "of %s", month.Format("2006-01"))
		}
	}
	return nil
}

const addMonth = `SELECT carescan_add_month($1::text::date)`

// monthOf is the first moment of a month.
func monthOf(t time.Time) time.Time {
	return time.Date(t.UTC().Year(), t.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
}

func scanMoment(r row) (t time.Time, err error) {
	err = r.Scan((*moment)(&t))
	return t, err
}

func (p Postgres) describe(ctx context.Context, s *Store) (e Engine, err error) {
	e = Engine{Name: "PostgreSQL", Role: p.role()}
	err = s.view(Region()).ask(ctx, func(q querier) error {
		var last string
		if err := q.QueryRowContext(ctx, `
			SELECT current_setting('server_version'),
			       (SELECT COUNT(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity AND NOT relispartition),
			       COALESCE((SELECT MAX(substring(relname FROM '^bundle_(\d{6})$')) FROM pg_class WHERE relnamespace = 'public'::regnamespace), ''),
			       (SELECT COUNT(*) FROM bundle WHERE tableoid = 'bundle_rest'::regclass)
			       + (SELECT COUNT(*) FROM finding_event WHERE tableoid = 'finding_event_rest'::regclass)
			       + (SELECT COUNT(*) FROM audit WHERE tableoid = 'audit_rest'::regclass)`).
			Scan(&e.Version, &e.Guarded, &last, &e.Rest); err != nil {
			return err
		}
		if month, err := time.Parse("200601", last); err == nil {
			e.Until = month.AddDate(0, 1, 0)
		}
		return nil
	})
	return e, err
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// monthsAhead is how many months have their partitions before they begin.
const monthsAhead = 3

// AddMonths makes what PostgreSQL keeps the bundles, events and deeds of a month in, for
// the month of a moment and those that follow, where it is missing.
func (s *Store) AddMonths(ctx context.Context, now time.Time) error {
	now = now.UTC()
	for ahead := range monthsAhead + 1 {
		month := time.Date(now.Year(), now.Month()+time.Month(ahead), 1, 0, 0, 0, 0, time.UTC)
		if _, err := s.change(ctx, Region(), `SELECT carescan_add_month($1)`, month); err != nil {
			return wrap(err, "add the partitions of %s", month.Format("2006-01"))
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// queueDriver is how the queue of jobs speaks to the database: through the connection
// of those who write, which it takes for one statement at a time.
func (s *Store) queueDriver() riverdriver.Driver[*sql.Tx] { return riversqlite.New(s.writer) }

// Queue is the queue of jobs.
type Queue = river.Client[*sql.Tx]

// OpenQueue opens the queue of jobs in the database of the region.
func (s *Store) OpenQueue(config *river.Config) (*Queue, error) {
	queue, err := river.NewClient(s.queueDriver(), config)
	return queue, wrap(err, "open the queue of jobs")
}

// migrateQueue brings the tables of the queue up to date, which are River's own.
func (s *Store) migrateQueue(ctx context.Context) error {
	migrator, err := rivermigrate.New(s.queueDriver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("migrate the queue of jobs: %w", err)
	}
	return nil
}

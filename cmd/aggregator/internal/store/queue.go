// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// queueDriver is how the queue of jobs speaks to a database: through the connections
// of those who write, which it takes for one statement at a time.
type queueDriver = riverdriver.Driver[*sql.Tx]

func (sqlite) queue(db *sql.DB) queueDriver { return riversqlite.New(db) }

func (Postgres) queue(db *sql.DB) queueDriver { return riverdatabasesql.New(db) }

// Queue is the queue of jobs.
type Queue = river.Client[*sql.Tx]

// OpenQueue opens the queue of jobs in the database of the region.
func (s *Store) OpenQueue(config *river.Config) (*Queue, error) {
	// Indexes belong to the owner of the tables, which the application is not.
	config.ReindexerSchedule = river.NeverSchedule()
	queue, err := river.NewClient(s.engine.queue(s.writer), config)
	return queue, wrap(err, "open the queue of jobs")
}

// migrateQueue brings the tables of the queue up to date, which are River's own.
func migrateQueue(ctx context.Context, driver queueDriver) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return fmt.Errorf("migrate the queue of jobs: %w", err)
	}
	return nil
}

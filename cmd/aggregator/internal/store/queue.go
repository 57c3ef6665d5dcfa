// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"

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
	migrator, err := queueMigrator(driver)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return wrap(err, "migrate the queue of jobs")
}

// checkQueue refuses tables of the queue that are not up to date.
func checkQueue(ctx context.Context, driver queueDriver) error {
	migrator, err := queueMigrator(driver)
	if err != nil {
		return err
	}
	state, err := migrator.Validate(ctx)
	if err != nil {
		return wrap(err, "read the version of the queue of jobs")
	}
	if !state.OK {
		return fmt.Errorf("%w: %s", ErrOldSchema, strings.Join(state.Messages, "; "))
	}
	return nil
}

func queueMigrator(driver queueDriver) (*rivermigrate.Migrator[*sql.Tx], error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	return migrator, wrap(err, "read the migrations of the queue of jobs")
}

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

// Queue is the queue of jobs.
type Queue = river.Client[*sql.Tx]

// OpenQueue opens the queue of jobs in the database of the region. It takes a connection
// of those who write for one statement at a time.
func (s *Store) OpenQueue(config *river.Config) (*Queue, error) {
	queue, err := river.NewClient(s.engine.queue(s.writer), config)
	return queue, wrap(err, "open the queue of jobs")
}

func (sqlite) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) }

func (Postgres) queue(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) }

// migrateQueue brings the tables of the queue up to date, which are River's own.
func migrateQueue(ctx context.Context, driver riverdriver.Driver[*sql.Tx]) error {
	migrator, err := queueMigrator(driver)
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	return wrap(err, "migrate the queue of jobs")
}

// checkQueue refuses tables of the queue that are not up to date.
func checkQueue(ctx context.Context, driver riverdriver.Driver[*sql.Tx]) error {
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

func queueMigrator(driver riverdriver.Driver[*sql.Tx]) (*rivermigrate.Migrator[*sql.Tx], error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	return migrator, wrap(err, "read the migrations of the queue of jobs")
}

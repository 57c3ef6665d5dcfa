// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// querier is what a transaction and a database have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// source is where a query is asked: a transaction, or a view of the database.
type source interface {
	ask(ctx context.Context, do func(querier) error) error
}

// row is one row being read.
type row interface{ Scan(into ...any) error }

// many reads every row of a query.
func many[T any](ctx context.Context, from source, scan func(row) (T, error), query string, args ...any) (list []T, err error) {
	err = from.ask(ctx, func(q querier) error {
		list, err = readAll(ctx, q, scan, query, args...)
		return err
	})
	return list, err
}

func readAll[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) (list []T, err error) {
	err = readEach(ctx, q, scan, func(item T) { list = append(list, item) }, query, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// readEach gives each row of a query, and holds none.
func readEach[T any](ctx context.Context, q querier, scan func(row) (T, error), each func(T), query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return err
		}
		each(item)
	}
	return rows.Err()
}

// one reads the only row of a query, ErrNotFound when there is none.
func one[T any](ctx context.Context, from source, scan func(row) (T, error), query string, args ...any) (item T, err error) {
	err = from.ask(ctx, func(q querier) error {
		item, err = scan(q.QueryRowContext(ctx, query, args...))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return item, ErrNotFound
	}
	return item, err
}

// changedOne says ErrNotFound when a statement changed no row.
func changedOne(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}

// stamp writes a moment: microseconds since 1970, 0 for never. The same
// integer means the same on both engines, and no time zone can slip in.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment reads what stamp wrote.
type moment time.Time

// Scan implements sql.Scanner.
func (m *moment) Scan(src any) error {
	micros, ok := src.(int64)
	if !ok {
		return fmt.Errorf("read moment from %T", src)
	}
	*m = moment{}
	if micros != 0 {
		*m = moment(time.UnixMicro(micros).UTC())
	}
	return nil
}

// document reads and writes a column that holds JSON.
type document[T any] struct{ value *T }

// Scan implements sql.Scanner.
func (d document[T]) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("read document from %T", src)
	}
	return json.Unmarshal([]byte(text), d.value)
}

func encode(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", v, err)
	}
	return string(raw), nil
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// batch is rows to be written to one table, many by statement.
type batch struct {
	into    string
	columns string
	// key and set say what to do with a row that is there already: set these columns, if
	// any. Without a key it is an error.
	key  string
	set  []string
	rows [][]any
}

// maxPlaceholders bounds those of one statement, far below what engines take (SQLite
// 32 766, PostgreSQL 65 535).
const maxPlaceholders = 1600

func (b *batch) add(values ...any) { b.rows = append(b.rows, values) }

func (b batch) write(ctx context.Context, q querier) error {
	if len(b.rows) == 0 {
		return nil
	}
	if err := b.seal(ctx, q); err != nil {
		return err
	}
	most := max(1, maxPlaceholders/len(b.rows[0]))
	for rows := range slices.Chunk(b.rows, most) {
		values := slices.Concat(rows...)
		if _, err := q.ExecContext(ctx, b.statement(len(rows)), values...); err != nil {
			return fmt.Errorf("write %d rows of %s: %w", len(rows), b.into, err)
		}
	}
	return nil
}

// seal tells the evidence log of rows that are about to be written, if it is to know.
func (b batch) seal(ctx context.Context, q querier) error {
	tx, ok := q.(*sealing)
	if !ok {
		return nil
	}
	table, ok := tableNamed(b.into)
	if !ok {
		return nil
	}
	return tx.replaces(ctx, table, b)
}

// statement writes places without a number: "$1" is a name to SQLite, and it looks for
// each among all the others, which takes longer than the rest of an arrival.
func (b batch) statement(rows int) string {
	var s strings.Builder
	row := "(?" + strings.Repeat(", ?", len(b.rows[0])-1) + ")"
	fmt.Fprintf(&s, "INSERT INTO %s (%s) VALUES %s", b.into, b.columns, row+strings.Repeat(", "+row, rows-1))
	if b.key == "" {
		return s.String()
	}
	fmt.Fprintf(&s, " ON CONFLICT (%s) DO ", b.key)
	if len(b.set) == 0 {
		return s.String() + "NOTHING"
	}
	s.WriteString("UPDATE SET ")
	for i, column := range b.set {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%s = excluded.%s", column, column)
	}
	return s.String()
}

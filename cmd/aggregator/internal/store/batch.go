// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"strings"
)

// batch is rows to be written to one table, many by statement.
type batch struct {
	into    string
	columns string
	// key and set say what to do with a row that is there already: set these columns.
	// Without them it is an error.
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
	most := max(1, maxPlaceholders/len(b.rows[0]))
	for first := 0; first < len(b.rows); first += most {
		rows := b.rows[first:min(first+most, len(b.rows))]
		var values []any
		for _, row := range rows {
			values = append(values, row...)
		}
		if _, err := q.ExecContext(ctx, b.statement(len(rows)), values...); err != nil {
			return fmt.Errorf("write %d rows of %s: %w", len(rows), b.into, err)
		}
	}
	return nil
}

func (b batch) statement(rows int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "INSERT INTO %s (%s) VALUES ", b.into, b.columns)
	n := 0
	for i := range rows {
		if i > 0 {
			s.WriteString(", ")
		}
		for j := range b.rows[0] {
			n++
			s.WriteString(map[bool]string{true: "(", false: ", "}[j == 0])
			fmt.Fprintf(&s, "$%d", n)
		}
		s.WriteString(")")
	}
	if b.key == "" {
		return s.String()
	}
	fmt.Fprintf(&s, " ON CONFLICT (%s) DO UPDATE SET ", b.key)
	for i, column := range b.set {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%s = excluded.%s", column, column)
	}
	return s.String()
}

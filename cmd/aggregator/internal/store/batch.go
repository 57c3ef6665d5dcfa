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
	// keepsIdentity writes the numbers that the database gives otherwise.
	keepsIdentity bool
}

// maxPlaceholders bounds those of one statement, far below what engines take (SQLite
// 32 766, PostgreSQL 65 535).
const maxPlaceholders = 1600

func (b *batch) add(values ...any) { b.rows = append(b.rows, values) }

func (b batch) write(ctx context.Context, tx *transaction) error {
	if table, sealed := tableNamed(b.into); sealed && tx.ledger != nil && len(b.rows) > 0 {
		if err := tx.replaces(ctx, table, b); err != nil {
			return err
		}
	}
	return b.writeTo(ctx, tx, tx.engine)
}

func (b batch) writeTo(ctx context.Context, q querier, e engine) error {
	if len(b.rows) == 0 {
		return nil
	}
	most := max(1, maxPlaceholders/len(b.rows[0]))
	for rows := range slices.Chunk(b.rows, most) {
		values := slices.Concat(rows...)
		if _, err := q.ExecContext(ctx, b.statement(len(rows), e), values...); err != nil {
			return fmt.Errorf("write %d rows of %s: %w", len(rows), b.into, err)
		}
	}
	return nil
}

func (b batch) statement(rows int, e engine) string {
	var s strings.Builder
	identity := ""
	if b.keepsIdentity {
		identity = e.overridesIdentity()
	}
	fmt.Fprintf(&s, "INSERT INTO %s (%s)%s VALUES ", b.into, b.columns, identity)
	s.WriteString(tuples(e, rows, len(b.rows[0])))
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

// tuples writes the placeholders of rows of a width.
func tuples(e engine, rows, width int) string {
	var s strings.Builder
	for n := range rows * width {
		switch {
		case n == 0:
			s.WriteString("(")
		case n%width == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		s.WriteString(e.place(n + 1))
	}
	s.WriteString(")")
	return s.String()
}

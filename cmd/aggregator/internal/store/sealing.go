// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"

	"carescan/scanner"
)

// ledger is what a transaction adds up for the evidence log: the rows that it writes to
// the tables of verdicts.
type ledger struct {
	rows  rowDigester
	known map[scanner.FINESS]sums
	moved map[subject]bool
}

// OpenRowKey reads the key that rows are added up with, drawing it at first use, rather
// than with the first row that is written.
func (s *Store) OpenRowKey() error {
	_, err := s.rowKey()
	return err
}

// newLedger begins one; nil where nothing is sealed, as in the copy of a region.
func (s *Store) newLedger() (*ledger, error) {
	if s.rowKey == nil {
		return nil, nil
	}
	key, err := s.rowKey()
	return &ledger{rowDigester{key: key}, map[scanner.FINESS]sums{}, map[subject]bool{}}, err
}

// settled refuses rows that were written and that no leaf covers.
func (l *ledger) settled() error {
	if l == nil {
		return nil
	}
	for what := range l.moved {
		return fmt.Errorf("rows of %s of %s were written without a leaf", what.table, what.finess)
	}
	return nil
}

// sumsOf are those of an establishment, as this transaction left them.
func (t *transaction) sumsOf(ctx context.Context, finess scanner.FINESS) (sums, error) {
	if known, ok := t.ledger.known[finess]; ok {
		return known, nil
	}
	known, err := readSums(ctx, t, finess)
	if err == nil {
		t.ledger.known[finess] = known
	}
	return known, err
}

// came and went take a row in and out of the sum of its table.
func (t *transaction) came(ctx context.Context, table sealedTable, values []any) error {
	return t.move(ctx, table, values, sum.plus)
}

func (t *transaction) went(ctx context.Context, table sealedTable, values []any) error {
	return t.move(ctx, table, values, sum.minus)
}

func (t *transaction) move(ctx context.Context, table sealedTable, values []any, by func(sum, sum) sum) error {
	finess := table.site(values)
	known, err := t.sumsOf(ctx, finess)
	if err != nil {
		return err
	}
	known[table.name] = by(known[table.name], t.ledger.rows.digest(table.name, values))
	t.ledger.moved[subject{finess, table.name}] = true
	return nil
}

// added tells of a row that was inserted into a table, whose values are in the order of
// its columns in sealedTables.
func (t *transaction) added(ctx context.Context, table string, values ...any) error {
	if t.ledger == nil {
		return nil
	}
	known, ok := tableNamed(table)
	if !ok || len(values) != len(known.names) {
		return fmt.Errorf("a row of table %s with %d values is not one that is sealed", table, len(values))
	}
	return t.came(ctx, known, values)
}

// changeRows carries out a statement that changes or deletes the rows of a table which a
// condition finds, before and after. The statement takes the arguments of the condition
// first.
func (t *transaction) changeRows(ctx context.Context, table, where string, args []any, statement string, more ...any) error {
	known, sealed := tableNamed(table)
	if sealed = sealed && t.ledger != nil; sealed {
		if err := t.each(ctx, known, where, args, t.went); err != nil {
			return err
		}
	}
	if _, err := t.ExecContext(ctx, statement, append(slices.Clone(args), more...)...); err != nil {
		return wrap(err, "change rows of %s", table)
	}
	if sealed {
		return t.each(ctx, known, where, args, t.came)
	}
	return nil
}

// each has a function hear of every row that a condition finds.
func (t *transaction) each(
	ctx context.Context, table sealedTable, where string, args []any, hear func(context.Context, sealedTable, []any) error,
) error {
	rows, err := many(ctx, t, func(r row) ([]any, error) { return scanValues(r, len(table.names)) },
		"SELECT "+table.columns+" FROM "+table.from+" WHERE "+where, args...)
	if err != nil {
		return wrap(err, "read rows of %s", table.name)
	}
	for _, values := range rows {
		if err := hear(ctx, table, values); err != nil {
			return err
		}
	}
	return nil
}

// replaces takes in what a batch is about to write, each row in the place of the one that
// bears its key.
func (t *transaction) replaces(ctx context.Context, table sealedTable, b batch) error {
	names, columns := namesOf(b.columns), table.names
	if len(names) != len(columns) {
		return fmt.Errorf("a batch of table %s writes %d of its %d columns", table.name, len(names), len(columns))
	}
	order := make([]int, len(columns)) // where each column of the table is in the batch
	for i, column := range columns {
		if order[i] = slices.Index(names, column); order[i] < 0 {
			return fmt.Errorf("a batch of table %s does not write %s", table.name, column)
		}
	}
	before, err := t.rowsBefore(ctx, table, b)
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	for _, written := range b.rows {
		for i, at := range order {
			values[i] = written[at]
		}
		var old []any
		if len(before) > 0 {
			old = before[keyOf(b.key, columns, values)]
		}
		if old != nil {
			if err := t.went(ctx, table, old); err != nil {
				return err
			}
			for i, column := range columns {
				if !slices.Contains(b.set, column) {
					values[i] = old[i]
				}
			}
		}
		if err := t.came(ctx, table, values); err != nil {
			return err
		}
	}
	return nil
}

// rowsBefore reads the rows that a batch replaces, by their key. An establishment whose
// table adds up to nothing has none.
func (t *transaction) rowsBefore(ctx context.Context, table sealedTable, b batch) (map[string][]any, error) {
	names, keys := namesOf(b.columns), namesOf(b.key)
	known, err := t.sumsOf(ctx, siteOf(b.rows[0][slices.Index(names, "finess")]))
	if err != nil || len(keys) == 0 || known[table.name] == (sum{}) {
		return nil, err
	}
	at := make([]int, len(keys))
	for i, key := range keys {
		at[i] = slices.Index(names, key)
	}
	before := make(map[string][]any, len(b.rows))
	for rows := range slices.Chunk(b.rows, maxPlaceholders/len(keys)) {
		args := make([]any, 0, len(rows)*len(keys))
		for _, written := range rows {
			for _, i := range at {
				args = append(args, written[i])
			}
		}
		list, err := many(ctx, t, func(r row) ([]any, error) { return scanValues(r, len(table.names)) },
			"SELECT "+table.columns+" FROM "+table.name+" WHERE ("+b.key+") IN (VALUES "+tuples(t.engine, len(rows), len(keys))+")", args...)
		if err != nil {
			return nil, wrap(err, "read the rows of %s that are replaced", table.name)
		}
		for _, values := range list {
			before[keyOf(b.key, table.names, values)] = values
		}
	}
	return before, nil
}

// keyOf writes the key of a row as one text.
func keyOf(key string, columns []string, values []any) string {
	var raw []byte
	for _, name := range namesOf(key) {
		raw = appendValue(raw, values[slices.Index(columns, name)])
	}
	return string(raw)
}

// settleSums writes what the rows of an establishment add up to now, and returns what a
// leaf says of it.
func (t *transaction) settleSums(ctx context.Context, finess scanner.FINESS) (string, error) {
	known, err := t.sumsOf(ctx, finess)
	if err != nil {
		return "", err
	}
	rows := batch{into: "log_sum", columns: "finess, subject, total", key: "finess, subject", set: []string{"total"}}
	for _, table := range sealedTables {
		what := subject{finess, table.name}
		if t.ledger.moved[what] {
			rows.add(finess, table.name, known[table.name].bytes())
			delete(t.ledger.moved, what)
		}
	}
	return known.digest(), rows.write(ctx, t)
}

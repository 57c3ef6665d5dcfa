// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"carescan/scanner"
)

// Copied is what a copy holds of one table.
type Copied struct {
	Table string
	Rows  int
	// Digest is that of the rows, in whatever order.
	Digest string
}

// The reasons for which a region is not copied.
var (
	ErrNotEmpty = errors.New("the database to copy to holds rows")
	ErrUnlike   = errors.New("the copy is not what was copied")
)

// ofEngine tells the tables that are the engine's own, and not of the region: those of
// migrations, and the queue of jobs, whose rounds come again by themselves.
func ofEngine(table string) bool {
	return table == "goose_db_version" || strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "sqlite_")
}

// side is one end of a copy: a transaction, and the catalog of its engine.
type side struct {
	querier
	engine engine
}

// shape is the tables of a side that are of the region: their columns in order of names,
// and what each refers to.
type shape struct {
	columns, refersTo map[string][]string
}

func (s side) shape(ctx context.Context) (shape, error) {
	columns, refersTo := s.engine.catalog()
	found := shape{map[string][]string{}, map[string][]string{}}
	for into, query := range map[*map[string][]string]string{&found.columns: columns, &found.refersTo: refersTo} {
		pairs, err := readAll(ctx, s, scanPair, query)
		if err != nil {
			return found, wrap(err, "read the catalog of the database")
		}
		for _, pair := range pairs {
			if !ofEngine(pair[0]) {
				(*into)[pair[0]] = append((*into)[pair[0]], pair[1])
			}
		}
	}
	for _, columns := range found.columns {
		slices.Sort(columns)
	}
	return found, nil
}

// tables lists those of a shape, each after those that it refers to.
func (s shape) tables() (list []string) {
	var add func(table string)
	add = func(table string) {
		if slices.Contains(list, table) {
			return
		}
		for _, other := range s.refersTo[table] {
			if other != table {
				add(other)
			}
		}
		list = append(list, table)
	}
	for _, table := range slices.Sorted(maps.Keys(s.columns)) {
		add(table)
	}
	return list
}

// copier copies a region, table by table.
type copier struct {
	from side
	to   side
	// blob reads the bytes of a blob of the first, compared with their name.
	blob func(ctx context.Context, digest string) ([]byte, error)
}

// copyAll copies every table into a region that holds nothing, reads both again and
// compares them.
func (c copier) copyAll(ctx context.Context) ([]Copied, error) {
	was, err := c.from.shape(ctx)
	if err != nil {
		return nil, err
	}
	now, err := c.to.shape(ctx)
	if err != nil {
		return nil, err
	}
	if !maps.EqualFunc(was.columns, now.columns, slices.Equal) {
		return nil, fmt.Errorf("%w: the tables of the two engines differ", ErrUnlike)
	}
	var done []Copied
	for _, table := range now.tables() {
		copied, err := c.copyTable(ctx, table, now.columns[table])
		if err != nil {
			return nil, wrap(err, "copy table %s", table)
		}
		done = append(done, copied)
	}
	return done, nil
}

func (c copier) copyTable(ctx context.Context, table string, columns []string) (Copied, error) {
	rows := batch{into: table, columns: strings.Join(columns, ", "), keepsIdentity: true}
	pending := 0 // bytes
	flush := func() error {
		err := rows.writeTo(ctx, c.to, c.to.engine)
		rows.rows, pending = nil, 0
		return err
	}
	was, err := c.from.read(ctx, table, columns, func(values []any) error {
		if table == "blob" {
			digest := fmt.Sprint(values[slices.Index(columns, "digest")])
			content, err := c.blob(ctx, digest)
			if err != nil {
				return err
			}
			values[slices.Index(columns, "content")] = content
			pending += len(content)
		}
		rows.add(values...)
		if len(rows.rows) < copyRows && pending < copyBytes {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return Copied{}, err
	}
	now, err := c.to.read(ctx, table, columns, func(values []any) error {
		if table != "blob" {
			return nil
		}
		content, _ := values[slices.Index(columns, "content")].([]byte) // of another type, it has another digest
		if digest := fmt.Sprint(values[slices.Index(columns, "digest")]); scanner.Digest(content) != digest {
			return fmt.Errorf("%w: blob %s", ErrUnlike, digest)
		}
		return nil
	})
	if err == nil && now != was {
		err = fmt.Errorf("%w: %d rows became %d, or others", ErrUnlike, was.Rows, now.Rows)
	}
	return now, err
}

// What is held in memory of a copy: rows, and bytes of blobs.
const (
	copyRows  = 1000
	copyBytes = 8 << 20
)

// read gives each row of a table, and what all of them are together.
func (s side) read(ctx context.Context, table string, columns []string, each func(values []any) error) (c Copied, err error) {
	rows, err := s.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return c, err
	}
	c.Table = table
	sum := new(big.Int)
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return c, err
		}
		for i, v := range values {
			// SQLite keeps a yes or no as a number.
			if n, isNumber := v.(int64); isNumber && types[i].DatabaseTypeName() == "BOOLEAN" {
				values[i] = n != 0
			}
		}
		c.Rows++
		digest := digestOf(table, columns, values)
		sum.Add(sum, new(big.Int).SetBytes(digest[:]))
		if err := each(values); err != nil {
			return c, err
		}
	}
	// Added up, the digests of rows tell the same in whatever order they came.
	c.Digest = hex.EncodeToString(sum.Bytes())
	return c, rows.Err()
}

// digestOf is the same on both engines. The bytes of a blob are those that its digest
// names: they are compared with it when they are read, and lie elsewhere on SQLite.
func digestOf(table string, columns []string, values []any) [sha256.Size]byte {
	h := sha256.New()
	for i, v := range values {
		if table == "blob" && columns[i] == "content" {
			continue
		}
		fmt.Fprintf(h, "%s=%T %v\n", columns[i], v, v)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// isEmpty refuses a region that holds anything.
func (s side) isEmpty(ctx context.Context) error {
	found, err := s.shape(ctx)
	if err != nil {
		return err
	}
	for _, table := range found.tables() {
		n, err := readAll(ctx, s, scanInt, `SELECT COUNT(*) FROM (SELECT 1 FROM `+table+` LIMIT 1) AS first`)
		if err != nil {
			return wrap(err, "read table %s", table)
		}
		if n[0] > 0 {
			return fmt.Errorf("%w: %s", ErrNotEmpty, table)
		}
	}
	return nil
}

// still begins a transaction that reads the region as it is at one moment.
func (s *Store) still(ctx context.Context) (*sql.Tx, error) {
	tx, err := s.engine.still(ctx, s)
	return tx, wrap(err, "begin to read the region")
}

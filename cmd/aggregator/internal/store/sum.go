// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
)

// sealedTable is a table of which no row may change but through this package: what its
// rows of an establishment add up to is in the evidence log.
type sealedTable struct {
	name    string
	from    string // with what it is joined
	columns string
	// projection tells that its rows are derived from bundles, and written anew by a replay.
	projection bool

	names  []string // of its columns, in order
	finess int      // where the establishment is among them
}

var sealedTables = inOrder(
	sealedTable{name: "finding", from: "finding", columns: "finess, " + standingColumns, projection: true},
	sealedTable{name: "finding_look", from: "finding_look", columns: "finess, " + lookColumns, projection: true},
	sealedTable{name: "finding_event", from: "finding_event", columns: "finess, fp, at, bundle_id, was, became", projection: true},
	sealedTable{name: "finding_episode", from: "finding_episode", columns: "finess, fp, episode, opened_at, closed_at, close_reason", projection: true},
	sealedTable{name: "coverage", from: "coverage", columns: "finess, check_id, target, vantage, agent_id, status, causes, reason", projection: true},
	sealedTable{name: "control_result", from: "control_result", columns: "finess, catalog, control_id, position, state, profile, detail", projection: true},
	sealedTable{name: "disagreement", from: "disagreement", columns: "finess, agent_id, bundle_id, since, " + disagreementColumns, projection: true},
	sealedTable{name: "agent_run", from: "agent_run", columns: runColumns, projection: true},
	sealedTable{name: "oddity", from: "oddity", columns: oddityColumns},
	sealedTable{name: "bundle", from: "bundle JOIN profile_ref ON profile_ref.id = profile_id", columns: bundleColumns},
	sealedTable{name: "bundle_key", from: "bundle_key", columns: "finess, bundle_id, digest, receipt"},
)

// site is the establishment of a row.
func (t sealedTable) site(row []any) scanner.FINESS { return siteOf(row[t.finess]) }

// siteOf is an establishment as it is written, or as it is read again.
func siteOf(value any) scanner.FINESS {
	if finess, ok := value.(scanner.FINESS); ok {
		return finess
	}
	return scanner.FINESS(fmt.Sprint(value))
}

func inOrder(tables ...sealedTable) []sealedTable {
	for i, t := range tables {
		tables[i].names = namesOf(t.columns)
		tables[i].finess = slices.Index(tables[i].names, "finess")
	}
	return tables
}

func tableNamed(name string) (sealedTable, bool) {
	at := slices.IndexFunc(sealedTables, func(t sealedTable) bool { return t.name == name })
	if at < 0 {
		return sealedTable{}, false
	}
	return sealedTables[at], true
}

// namesOf splits a list of columns.
func namesOf(columns string) []string {
	return strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(", \t\n", r) })
}

// sum is what rows add up to: the sum, modulo 2^256, of a keyed digest of each. It says
// which rows there are, in whatever order they came, and one row more or less costs one
// digest. Who does not know the key can aim at no sum (MSet-Add-Hash of Clarke and others,
// Incremental Multiset Hash Functions, ASIACRYPT 2003).
type sum [4]uint64

func (s sum) plus(o sum) sum {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], o[i], carry)
	}
	return s
}

func (s sum) minus(o sum) sum {
	var borrow uint64
	for i := range s {
		s[i], borrow = bits.Sub64(s[i], o[i], borrow)
	}
	return s
}

func (s sum) bytes() []byte {
	raw := make([]byte, 0, sha256.Size)
	for _, word := range s {
		raw = binary.LittleEndian.AppendUint64(raw, word)
	}
	return raw
}

func sumOf(raw []byte) (s sum, err error) {
	if len(raw) != sha256.Size {
		return s, fmt.Errorf("a sum has %d bytes, this one %d", sha256.Size, len(raw))
	}
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return s, nil
}

// Scan implements sql.Scanner.
func (s *sum) Scan(src any) (err error) {
	raw, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("read sum from %T", src)
	}
	*s, err = sumOf(raw)
	return err
}

// rowDigester makes the keyed digests of rows.
type rowDigester struct {
	key []byte
	raw []byte // used again for each row
}

// digest is that of a row; values are alike whether they are written or read again, from
// any engine.
func (d *rowDigester) digest(table string, values []any) sum {
	d.raw = appendText(append(d.raw[:0], d.key...), table)
	for _, v := range values {
		d.raw = appendValue(d.raw, v)
	}
	digest := sha256.Sum256(d.raw)
	s, _ := sumOf(digest[:]) // of the right length
	return s
}

func appendText[T string | []byte](raw []byte, text T) []byte {
	return append(binary.AppendUvarint(raw, uint64(len(text))), text...)
}

func appendValue(raw []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendText(raw, v)
	case []byte:
		return appendText(raw, v)
	case int64:
		return appendText(raw, strconv.AppendInt(nil, v, 10))
	case bool:
		if v {
			return appendText(raw, "1")
		}
		return appendText(raw, "0")
	}
	switch r := reflect.ValueOf(v); r.Kind() { //nolint:exhaustive // the rest has a case of its own
	case reflect.String:
		return appendText(raw, r.String())
	case reflect.Int, reflect.Int64, reflect.Int32:
		return appendText(raw, strconv.AppendInt(nil, r.Int(), 10))
	case reflect.Uint64, reflect.Uint:
		return appendText(raw, strconv.AppendUint(nil, r.Uint(), 10))
	default:
		// Anything else is no value of ours: it was put there by hand.
		return appendText(raw, fmt.Sprintf("%T %v", v, v))
	}
}

// subject is a table of an establishment.
type subject struct {
	finess scanner.FINESS
	table  string
}

// sums are those of an establishment, by table.
type sums map[string]sum

// digest is what a leaf says of the rows of an establishment: 128 bits are more than
// anybody can aim at who does not know the key. A table without rows adds nothing.
func (s sums) digest() string {
	h := sha256.New()
	for _, t := range sealedTables {
		if total := s[t.name]; total != (sum{}) {
			h.Write(appendText(appendText(nil, t.name), total.bytes()))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func readSums(ctx context.Context, from source, finess scanner.FINESS) (sums, error) {
	list, err := many(ctx, from, scanSum, `SELECT finess, subject, total FROM log_sum WHERE finess = $1`, finess)
	if err != nil {
		return nil, wrap(err, "read sums of %s", finess)
	}
	known := sums{}
	for _, s := range list {
		known[s.table] = s.total
	}
	return known, nil
}

type subjectSum struct {
	subject
	total sum
}

func scanSum(r row) (s subjectSum, err error) {
	err = r.Scan(&s.finess, &s.table, &s.total)
	return s, err
}

// addUp adds up every row of a table, by establishment.
func addUp(ctx context.Context, q querier, key []byte, t sealedTable) (totals map[scanner.FINESS]sum, err error) {
	totals = map[scanner.FINESS]sum{}
	digester := rowDigester{key: key}
	scan := func(r row) ([]any, error) { return scanValues(r, len(t.names)) }
	add := func(values []any) {
		finess := t.site(values)
		totals[finess] = totals[finess].plus(digester.digest(t.name, values))
	}
	err = readEach(ctx, q, scan, add, "SELECT "+t.columns+" FROM "+t.from)
	return totals, wrap(err, "add up table %s", t.name)
}

// scanValues reads a row as it lies there.
func scanValues(r row, columns int) ([]any, error) {
	values, into := make([]any, columns), make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	return values, r.Scan(into...)
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
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
}

var sealedTables = []sealedTable{
	{"finding", "finding", "finess, " + standingColumns, true},
	{"finding_look", "finding_look", "finess, " + lookColumns, true},
	{"finding_event", "finding_event", "finess, fp, at, bundle_id, was, became", true},
	{"finding_episode", "finding_episode", "finess, fp, episode, opened_at, closed_at, close_reason", true},
	{"coverage", "coverage", "finess, check_id, target, vantage, agent_id, status, causes, reason", true},
	{"control_result", "control_result", "finess, catalog, control_id, position, state, profile, detail", true},
	{"disagreement", "disagreement", "finess, agent_id, bundle_id, since, " + disagreementColumns, true},
	{"agent_run", "agent_run", runColumns, true},
	{"oddity", "oddity", oddityColumns, false},
	{"bundle", "bundle JOIN profile_ref ON profile_ref.id = profile_id", bundleColumns, false},
	{"bundle_key", "bundle_key", "finess, bundle_id, digest, receipt", false},
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

// finessAt is where the establishment is among the columns of a table.
func (t sealedTable) finessAt() int { return slices.Index(namesOf(t.columns), "finess") }

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

// digestRow is the keyed digest of a row; values are alike whether they are written or
// read again, from any engine.
func digestRow(key []byte, table string, values []any) sum {
	raw := append(make([]byte, 0, 512), key...)
	raw = appendText(raw, table)
	for _, v := range values {
		raw = appendValue(raw, v)
	}
	digest := sha256.Sum256(raw)
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
	switch r := reflect.ValueOf(v); r.Kind() {
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

func readSums(ctx context.Context, q querier, finess scanner.FINESS) (sums, error) {
	list, err := many(ctx, q, scanSum, `SELECT finess, subject, total FROM log_sum WHERE finess = $1`, finess)
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
	rows, err := q.QueryContext(ctx, "SELECT "+t.columns+" FROM "+t.from) //nolint:gosec // names of sealedTables
	if err != nil {
		return nil, wrap(err, "add up table %s", t.name)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	totals = map[scanner.FINESS]sum{}
	at := t.finessAt()
	for rows.Next() {
		values, err := scanValues(rows, len(namesOf(t.columns)))
		if err != nil {
			return nil, wrap(err, "add up table %s", t.name)
		}
		finess := scanner.FINESS(fmt.Sprint(values[at]))
		totals[finess] = totals[finess].plus(digestRow(key, t.name, values))
	}
	return totals, rows.Err()
}

// scanValues reads a row as it lies there.
func scanValues(r row, columns int) ([]any, error) {
	values, into := make([]any, columns), make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	return values, r.Scan(into...)
}

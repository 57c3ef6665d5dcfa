// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// The kinds of leaves of the evidence log.
const (
	leafBundle = "bundle" // a bundle that arrived
	leafAudit  = "audit"  // a deed
	leafRows   = "rows"   // the verdicts of an establishment, derived again
	leafGone   = "gone"   // of an establishment that was erased: nothing but the hash is left
	// leafErasure is an erasure, and the record of it.
	leafErasure = "erasure"
)

// leaf is what the evidence log knows of something that happened. Its text holds digests
// and names without meaning; the log keeps the hash of the text alone.
type leaf struct {
	kind   string
	finess scanner.FINESS // empty for what belongs to the region
	ref    string         // name of the bundle, of the deed or of the derivation
	rows   string         // digest of what the rows of the establishment add up to, since then
	text   string
}

// bundleLeaf is that of an arrival.
func bundleLeaf(b Bundle, rows string) leaf {
	// As it is read again: the database knows microseconds.
	receipt := wire.Receipt{BundleID: b.ID, Digest: b.Digest, FINESS: b.FINESS, ReceivedAt: b.ReceivedAt.Truncate(time.Microsecond)}
	return leaf{leafBundle, b.FINESS, b.ID, rows, receipt.LeafText(rows)}
}

// auditLeaf is that of a deed, whose values are those of auditColumns.
func auditLeaf(row []any) leaf {
	var raw []byte
	for _, v := range row {
		raw = appendValue(raw, v)
	}
	digest := sha256.Sum256(raw)
	return leaf{kind: leafAudit, ref: fmt.Sprint(row[0]), text: "carescan-leaf/1\naudit\n" + hex.EncodeToString(digest[:]) + "\n"}
}

// rowsLeaf is that of verdicts derived again.
func rowsLeaf(finess scanner.FINESS, ref, rows string) leaf {
	return leaf{leafRows, finess, ref, rows, fmt.Sprintf("carescan-leaf/1\nrows\n%s\n%s\n%s\n", finess, ref, rows)}
}

func (l leaf) hash() tlog.Hash { return tlog.RecordHash([]byte(l.text)) }

// sealLeaf proves that a leaf was written by this program, and not into the database by
// hand: nobody else has the key. Half of it is kept (RFC 2104 section 5).
func sealLeaf(key []byte, l leaf, hash tlog.Hash) []byte {
	raw := appendText(nil, "carescan-leaf-seal/1")
	for _, part := range []string{l.kind, string(l.finess), l.ref, l.rows, string(hash[:])} {
		raw = appendText(raw, part)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(raw)
	return mac.Sum(nil)[:mac.Size()/2]
}

const leafColumns = "kind, finess, ref, rows, seal"

// leaf writes a leaf. It gets its place in the tree with the next checkpoint.
func (t *transaction) leaf(ctx context.Context, l leaf) error {
	hash := l.hash()
	_, err := t.ExecContext(ctx, `INSERT INTO log_pending (`+leafColumns+`, hash) VALUES ($1, $2, $3, $4, $5, $6)`,
		l.kind, l.finess, l.ref, l.rows, sealLeaf(t.ledger.rows.key, l, hash), hash[:])
	return wrap(err, "log %s %s", l.kind, l.ref)
}

// sealProjections adds up the rows of every projection, which were just derived from the
// sealed bundles, and logs what they add up to. What is no projection stays as it was.
func (t *transaction) sealProjections(ctx context.Context) error {
	return t.sealTables(ctx, func(table sealedTable) bool { return table.projection })
}

func (t *transaction) sealTables(ctx context.Context, chosen func(sealedTable) bool) error {
	known, err := many(ctx, t, scanString, `SELECT DISTINCT finess FROM log_sum`)
	if err != nil {
		return wrap(err, "list the establishments of the log")
	}
	touched := map[scanner.FINESS]bool{}
	for _, finess := range known {
		touched[scanner.FINESS(finess)] = true
	}
	totals := map[string]map[scanner.FINESS]sum{}
	for _, table := range sealedTables {
		if !chosen(table) {
			continue
		}
		if totals[table.name], err = addUp(ctx, t, t.ledger.rows.key, table); err != nil {
			return err
		}
		for finess := range totals[table.name] {
			touched[finess] = true
		}
	}
	for _, finess := range slices.Sorted(maps.Keys(touched)) {
		if err := t.sealAgain(ctx, finess, totals); err != nil {
			return err
		}
	}
	return nil
}

// sealAgain logs new sums of an establishment.
func (t *transaction) sealAgain(ctx context.Context, finess scanner.FINESS, totals map[string]map[scanner.FINESS]sum) error {
	known, err := t.sumsOf(ctx, finess)
	if err != nil {
		return err
	}
	for table, of := range totals {
		known[table] = of[finess]
		t.ledger.moved[subject{finess, table}] = true
	}
	return t.sealDerived(ctx, finess)
}

// sealDerived logs what the rows of an establishment add up to, after they were derived
// again; nothing when none of them moved.
func (t *transaction) sealDerived(ctx context.Context, finess scanner.FINESS) error {
	if len(t.ledger.moved) == 0 {
		return nil
	}
	rows, err := t.settleSums(ctx, finess)
	if err != nil {
		return err
	}
	name, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name derivation: %w", err)
	}
	return t.leaf(ctx, rowsLeaf(finess, name.String(), rows))
}

// BeginLog logs what a region held before it had a log, if there is any, and tells how
// many bundles and deeds that is.
func (s *Store) BeginLog(ctx context.Context) (n int, err error) {
	needed, err := one(ctx, s.view(Region()), scanInt, `SELECT COUNT(*) FROM upkeep WHERE name = 'log'`)
	if err != nil || needed == 0 {
		return 0, wrap(err, "read whether the log has begun")
	}
	err = s.writeInTurn(ctx, Region(), func(tx *transaction) error {
		// What was logged meanwhile is there, and is logged with the rest.
		for _, table := range []string{"log_pending", "log_sum"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return wrap(err, "empty table %s", table)
			}
		}
		bundles, err := many(ctx, tx, scanBundle, selectBundle+` ORDER BY arrival`, everything)
		if err != nil {
			return wrap(err, "list bundles")
		}
		for _, b := range bundles {
			if err := tx.leaf(ctx, bundleLeaf(b, "")); err != nil {
				return err
			}
		}
		deeds, err := many(ctx, tx, scanDeedRow, `SELECT `+auditColumns+` FROM audit ORDER BY at, id`)
		if err != nil {
			return wrap(err, "list deeds")
		}
		for _, d := range deeds {
			if err := tx.leaf(ctx, auditLeaf(d)); err != nil {
				return err
			}
		}
		n = len(bundles) + len(deeds)
		if err := tx.sealTables(ctx, func(sealedTable) bool { return true }); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM upkeep WHERE name = 'log'`)
		return wrap(err, "note that the log has begun")
	})
	return n, wrap(err, "begin the log")
}

func scanDeedRow(r row) ([]any, error) { return scanValues(r, len(namesOf(auditColumns))) }

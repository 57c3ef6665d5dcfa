// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"carescan/scanner"
)

// Erasure is what is left of an establishment that was erased.
type Erasure struct {
	Subject string // digest of its number
	At      time.Time
	Record  string // signed
}

// erasureLeaf is that of an erasure: whoever holds its record can make it.
func erasureLeaf(record string) leaf {
	digest := sha256.Sum256([]byte(record))
	ref := hex.EncodeToString(digest[:])
	return leaf{kind: leafErasure, ref: ref, text: "carescan-leaf/1\nerasure\n" + ref + "\n"}
}

// Erase takes an establishment out of the region: every row of every table that says
// something of it, its bundles and the deeds that name it. Leaves of the log lose all but
// their hash, so that every proof still verifies. record signs what was erased.
func (s *Store) Erase(ctx context.Context, finess scanner.FINESS, subject string, by Deed, record func(bundles, deeds int) (string, error)) (e Erasure, err error) {
	var content []string // digests of its bundles
	err = s.writeInTurn(ctx, Region(), func(tx *transaction) error {
		if _, err := one(ctx, tx, scanString, `SELECT finess FROM establishment WHERE finess = $1`, finess); err != nil {
			return err
		}
		eraser := eraser{tx: tx, finess: finess}
		if err := eraser.eraseAll(ctx); err != nil {
			return err
		}
		content = eraser.content
		e = Erasure{Subject: subject, At: by.At}
		if e.Record, err = record(len(content), eraser.deeds); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO erasure (subject, at, record) VALUES ($1, $2, $3)`, e.Subject, stamp(e.At), e.Record); err != nil {
			return wrap(err, "record the erasure")
		}
		if err := tx.leaf(ctx, erasureLeaf(e.Record)); err != nil {
			return err
		}
		return insertDeed(ctx, tx, by)
	})
	if err == nil {
		err = s.dropFiles(ctx, content)
	}
	return e, wrap(err, "erase establishment %s", finess)
}

// dropFiles removes the files of blobs that no row names any more. Those that a program
// which dies here leaves are swept by the round of the night.
func (s *Store) dropFiles(ctx context.Context, digests []string) error {
	select {
	case s.arriving <- struct{}{}:
		defer func() { <-s.arriving }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, digest := range digests {
		if err := s.dropUnnamedBlob(ctx, digest); err != nil {
			return err
		}
	}
	return nil
}

// Scrub has the files of the database hold nothing any more of what was erased, as far as
// the engine lets the application do that.
func (s *Store) Scrub(ctx context.Context) error {
	return wrap(s.engine.scrub(ctx, s), "clean the database of what was erased")
}

// eraser erases one establishment.
type eraser struct {
	tx      *transaction
	finess  scanner.FINESS
	content []string // digests of its bundles
	deeds   int      // those erased so far
}

func (e *eraser) eraseAll(ctx context.Context) (err error) {
	if e.content, err = many(ctx, e.tx, scanString, `SELECT digest FROM bundle WHERE finess = $1 ORDER BY digest`, e.finess); err != nil {
		return wrap(err, "list its bundles")
	}
	for _, erase := range []func(context.Context) error{e.eraseDeeds, e.forgetLeaves, e.eraseRows, e.eraseContent} {
		if err := erase(ctx); err != nil {
			return err
		}
	}
	return nil
}

// eraseDeeds erases the deeds that name the establishment, or one of its agents, and what
// failed rounds say of them.
func (e *eraser) eraseDeeds(ctx context.Context) error {
	words, err := many(ctx, e.tx, scanString, `SELECT id FROM agent WHERE finess = $1`, e.finess)
	if err != nil {
		return wrap(err, "list its agents")
	}
	words = append(words, string(e.finess))
	deeds, err := many(ctx, e.tx, scanDeedRow, `SELECT `+auditColumns+` FROM audit`)
	if err != nil {
		return wrap(err, "list deeds")
	}
	names := func(text string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
	for _, deed := range deeds {
		if !slices.ContainsFunc(deed, func(value any) bool { text, ok := value.(string); return ok && names(text) }) {
			continue
		}
		if _, err := e.tx.ExecContext(ctx, `DELETE FROM audit WHERE id = $1 AND at = $2`, deed[0], deed[1]); err != nil {
			return wrap(err, "erase deed %s", deed[0])
		}
		if err := e.tx.forgetLeaves(ctx, `kind = 'audit' AND ref = $1`, deed[0]); err != nil {
			return err
		}
		e.deeds++
	}
	for _, word := range words {
		if _, err := e.tx.ExecContext(ctx, `UPDATE round SET failure = '' WHERE failure LIKE $1`, "%"+word+"%"); err != nil {
			return wrap(err, "erase what rounds say of it")
		}
	}
	return nil
}

func (e *eraser) forgetLeaves(ctx context.Context) error {
	return e.tx.forgetLeaves(ctx, `finess = $1`, e.finess)
}

// forgetLeaves takes from leaves all but their hash.
func (t *transaction) forgetLeaves(ctx context.Context, where string, args ...any) error {
	forget := func(query, change string) error {
		leaves, err := many(ctx, t, scanPlaced, query+" WHERE "+where, args...)
		if err != nil {
			return wrap(err, "list leaves")
		}
		for _, l := range leaves {
			if _, err := t.ExecContext(ctx, change, leafGone, t.sealGone(l.hash), l.place); err != nil {
				return wrap(err, "forget leaf %d", l.place)
			}
		}
		return nil
	}
	const change = ` SET kind = $1, finess = '', ref = '', rows = '', seal = $2 WHERE `
	if err := forget(selectPlaced, `UPDATE log_leaf`+change+`node = $3`); err != nil {
		return err
	}
	return forget(selectPending, `UPDATE log_pending`+change+`id = $3`)
}

func (t *transaction) sealGone(hash tlog.Hash) []byte {
	return sealLeaf(t.ledger.rows.key, leaf{kind: leafGone}, hash)
}

// ownedBy are the columns by which a row belongs to an establishment, the first that its
// table has; and the condition that finds its rows.
var ownedBy = []struct{ column, where string }{
	{"finess", `finess = $1`},
	{"agent_id", `agent_id IN (SELECT id FROM agent WHERE finess = $1)`},
	{"place_id", `place_kind = 'site' AND place_id = $1`},
}

// eraseRows erases its rows of every table of the catalog, each before those that it
// refers to.
func (e *eraser) eraseRows(ctx context.Context) error {
	catalog, err := side{e.tx, e.tx.engine}.shape(ctx)
	if err != nil {
		return err
	}
	tables := catalog.tables()
	slices.Reverse(tables)
	for _, table := range tables {
		for _, owned := range ownedBy {
			if !slices.Contains(catalog.columns[table], owned.column) {
				continue
			}
			if _, err := e.tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE `+owned.where, e.finess); err != nil {
				return wrap(err, "erase its rows of %s", table)
			}
			break
		}
	}
	return nil
}

// eraseContent erases what its rows alone named: the bytes of its bundles, and texts.
func (e *eraser) eraseContent(ctx context.Context) error {
	for some := range slices.Chunk(e.content, maxNodes) {
		digests := make([]any, len(some))
		for i, digest := range some {
			digests[i] = digest
		}
		if _, err := e.tx.ExecContext(ctx, `DELETE FROM blob WHERE digest IN (`+numbered(len(some))+`)
			AND NOT EXISTS (SELECT 1 FROM bundle WHERE bundle.digest = blob.digest)`, digests...); err != nil {
			return wrap(err, "erase the bytes of its bundles")
		}
	}
	if _, err := e.tx.ExecContext(ctx, `DELETE FROM profile_ref WHERE id NOT IN (SELECT profile_id FROM bundle)`); err != nil {
		return wrap(err, "erase profiles that no bundle names")
	}
	return forgetUnnamedWords(ctx, e.tx)
}

// Erasures lists what is left of establishments that were erased, oldest first. They are
// of the region, so only a reader of the region sees any.
func (s *Store) Erasures(ctx context.Context, scope Scope) ([]Erasure, error) {
	list, err := many(ctx, s.view(scope), scanErasure, selectErasure+` WHERE $1 = '*' ORDER BY at, subject`, scope.sees)
	return list, wrap(err, "list erasures")
}

const selectErasure = `SELECT subject, at, record FROM erasure`

func scanErasure(r row) (e Erasure, err error) {
	err = r.Scan(&e.Subject, (*moment)(&e.At), &e.Record)
	return e, err
}

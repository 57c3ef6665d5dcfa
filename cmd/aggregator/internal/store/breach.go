// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"carescan/scanner"
)

// Breach is something in the database that is not what this program wrote there.
type Breach struct {
	Kind   BreachKind
	FINESS scanner.FINESS // empty for the region
	Name   string         // of the table, the bundle, the deed or the place in the log
}

// BreachKind is what was changed.
type BreachKind string

// The kinds of breaches.
const (
	BreachRows   BreachKind = "rows"   // rows of a table of an establishment
	BreachBundle BreachKind = "bundle" // what is known of a bundle, or that there is one
	BreachDeed   BreachKind = "deed"   // an entry of the journal, or that there is one
	BreachWords  BreachKind = "words"  // the texts of a check
	BreachLeaf   BreachKind = "leaf"   // a leaf of the log that nobody sealed, or that is there twice
	BreachTree   BreachKind = "tree"   // a place or a node of the tree, or a checkpoint of it
	BreachStamp  BreachKind = "stamp"  // a time-stamp
	// BreachErasure is the record of an erasure, or that there is one.
	BreachErasure BreachKind = "erasure"
)

// Sentence says what was changed.
func (b Breach) Sentence() scanner.Text {
	switch b.Kind {
	case BreachRows:
		return scanner.Text{
			FR: "établissement " + string(b.FINESS) + " : les lignes de la table « " + b.Name + " » ne sont plus celles que la région a écrites",
			EN: "establishment " + string(b.FINESS) + `: the rows of table "` + b.Name + `" are no longer those that the region wrote`,
		}.Typeset()
	case BreachBundle:
		return scanner.Text{
			FR: "dossier " + b.Name + " : ce que la base en dit n'est pas ce que le journal de preuves a scellé",
			EN: "bundle " + b.Name + ": what the database says of it is not what the evidence log sealed",
		}.Typeset()
	case BreachDeed:
		return scanner.Text{
			FR: "journal d'audit, entrée " + b.Name + " : modifiée, ajoutée ou supprimée",
			EN: "audit trail, entry " + b.Name + ": changed, added or removed",
		}.Typeset()
	case BreachWords:
		return scanner.Text{
			FR: "textes des vérifications, " + b.Name + " : modifiés ou supprimés",
			EN: "texts of checks, " + b.Name + ": changed or removed",
		}.Typeset()
	case BreachLeaf:
		return scanner.Text{
			FR: "journal de preuves, feuille " + b.Name + " : elle n'a pas été écrite par la région",
			EN: "evidence log, leaf " + b.Name + ": the region did not write it",
		}.Typeset()
	case BreachStamp:
		return scanner.Text{
			FR: "horodatage du point de contrôle " + b.Name + " : il ne se vérifie pas",
			EN: "time-stamp of checkpoint " + b.Name + ": it does not verify",
		}.Typeset()
	case BreachErasure:
		return scanner.Text{
			FR: "acte d'effacement " + b.Name + " : modifié, ajouté ou supprimé",
			EN: "record of erasure " + b.Name + ": changed, added or removed",
		}.Typeset()
	case BreachTree:
	}
	return scanner.Text{
		FR: "journal de preuves, place " + b.Name + " : l'arbre n'est plus celui qui a été construit",
		EN: "evidence log, place " + b.Name + ": the tree is no longer the one that was built",
	}.Typeset()
}

// Breaches compares every row of verdicts, events and audit with what the evidence log
// sealed of it, and the tree with its leaves. root tells of each size of the tree what
// root it has, for whoever knows the checkpoints.
func (s *Store) Breaches(ctx context.Context, root func(tlog.Tree) []Breach) (list []Breach, err error) {
	key, err := s.rowKey()
	if err != nil {
		return nil, err
	}
	tx, err := s.still(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	c := &comparison{tx: &transaction{Tx: tx, engine: s.engine}, key: key, bundles: map[string]placed{}, deeds: map[string]placed{}, erasures: map[string]bool{}, last: map[scanner.FINESS]string{}}
	for _, compare := range []func(context.Context) error{c.readLeaves, c.compareBundles, c.compareDeeds, c.compareErasures, c.compareWords, c.compareRows} {
		if err := compare(ctx); err != nil {
			return nil, err
		}
	}
	return append(c.found, c.compareTree(ctx, root)...), nil
}

// comparison is the database beside its log.
type comparison struct {
	tx      *transaction
	key     []byte
	hashes  []tlog.Hash       // of the leaves in the tree
	bundles map[string]placed // leaves, by establishment and name of the bundle
	deeds   map[string]placed // leaves, by name of the deed
	// erasures are the leaves of erasures, by digest of their record.
	erasures map[string]bool
	last     map[scanner.FINESS]string
	found    []Breach
}

func (c *comparison) breach(kind BreachKind, finess scanner.FINESS, name string) {
	c.found = append(c.found, Breach{kind, finess, name})
}

// readLeaves reads the leaves, those of the tree first, and leaves out those that this
// program did not write.
func (c *comparison) readLeaves(ctx context.Context) error {
	sequenced, err := many(ctx, c.tx, scanPlaced, selectPlaced+` ORDER BY log_leaf.node`)
	if err != nil {
		return wrap(err, "read the leaves of the log")
	}
	waiting, err := many(ctx, c.tx, scanPlaced, selectPending+` ORDER BY id`)
	if err != nil {
		return wrap(err, "read the leaves that wait")
	}
	for i, l := range sequenced {
		if l.place != tlog.StoredHashIndex(0, int64(i)) {
			c.breach(BreachTree, "", strconv.Itoa(i))
			break
		}
		c.hashes = append(c.hashes, l.hash)
	}
	seen := map[tlog.Hash]bool{}
	for _, l := range slices.Concat(sequenced, waiting) {
		if seen[l.hash] || !hmac.Equal(l.seal, sealLeaf(c.key, l.leaf, l.hash)) {
			c.breach(BreachLeaf, l.finess, strconv.FormatInt(l.place, 10))
			continue
		}
		seen[l.hash] = true
		c.note(l)
	}
	return nil
}

func (c *comparison) note(l placed) {
	switch l.kind {
	case leafBundle:
		c.bundles[string(l.finess)+"/"+l.ref] = l
	case leafAudit:
		c.deeds[l.ref] = l
	case leafErasure:
		c.erasures[l.ref] = true
	}
	if l.rows != "" {
		c.last[l.finess] = l.rows
	}
}

func (c *comparison) compareBundles(ctx context.Context) error {
	compare := func(b Bundle) {
		name := string(b.FINESS) + "/" + b.ID
		l, logged := c.bundles[name]
		if !logged || bundleLeaf(b, l.rows).hash() != l.hash {
			c.breach(BreachBundle, b.FINESS, b.ID)
		}
		delete(c.bundles, name)
	}
	if err := readEach(ctx, c.tx, scanBundle, compare, selectBundle, everything); err != nil {
		return wrap(err, "list bundles")
	}
	for _, l := range c.bundles {
		c.breach(BreachBundle, l.finess, l.ref)
	}
	return nil
}

func (c *comparison) compareDeeds(ctx context.Context) error {
	compare := func(row []any) {
		name := fmt.Sprint(row[0])
		if l, logged := c.deeds[name]; !logged || auditLeaf(row).hash() != l.hash {
			c.breach(BreachDeed, "", name)
		}
		delete(c.deeds, name)
	}
	if err := readEach(ctx, c.tx, scanDeedRow, compare, `SELECT `+auditColumns+` FROM audit`); err != nil {
		return wrap(err, "list deeds")
	}
	for name := range c.deeds {
		c.breach(BreachDeed, "", name)
	}
	return nil
}

func (c *comparison) compareErasures(ctx context.Context) error {
	erasures, err := many(ctx, c.tx, scanErasure, selectErasure)
	if err != nil {
		return wrap(err, "list erasures")
	}
	for _, e := range erasures {
		name := erasureLeaf(e.Record).ref
		if !c.erasures[name] {
			c.breach(BreachErasure, "", e.Subject)
		}
		delete(c.erasures, name)
	}
	for name := range c.erasures {
		c.breach(BreachErasure, "", name)
	}
	return nil
}

// compareWords compares the texts of checks with their name, which is their digest, and
// looks for those that are named and gone. One that nobody names says nothing.
func (c *comparison) compareWords(ctx context.Context) error {
	texts, err := many(ctx, c.tx, scanPair, `SELECT digest, content FROM wording`)
	if err != nil {
		return wrap(err, "list texts of checks")
	}
	known := map[string]bool{}
	for _, t := range texts {
		known[t[0]] = true
		if scanner.Digest([]byte(t[1])) != t[0] {
			c.breach(BreachWords, "", t[0])
		}
	}
	named, err := many(ctx, c.tx, scanString, `SELECT DISTINCT wording FROM finding_look`)
	if err != nil {
		return wrap(err, "list texts that are named")
	}
	for _, digest := range named {
		if !known[digest] {
			c.breach(BreachWords, "", digest)
		}
	}
	return nil
}

// compareRows adds up every table again, and compares with the sums that are kept, and
// those with what the last leaf of each establishment says of them.
func (c *comparison) compareRows(ctx context.Context) error {
	kept, err := many(ctx, c.tx, scanSum, `SELECT finess, subject, total FROM log_sum`)
	if err != nil {
		return wrap(err, "read the sums of rows")
	}
	of := map[scanner.FINESS]sums{}
	at := func(finess scanner.FINESS) sums {
		if of[finess] == nil {
			of[finess] = sums{}
		}
		return of[finess]
	}
	for _, s := range kept {
		at(s.finess)[s.table] = s.total
	}
	for _, table := range sealedTables {
		totals, err := addUp(ctx, c.tx, c.key, table)
		if err != nil {
			return err
		}
		for finess := range totals {
			at(finess)
		}
		for finess, known := range of {
			if known[table.name] != totals[finess] {
				c.breach(BreachRows, finess, table.name)
			}
		}
	}
	for finess, known := range of {
		if last, sealed := c.last[finess]; !sealed || last != known.digest() {
			c.breach(BreachRows, finess, "log_sum")
		}
		delete(c.last, finess)
	}
	for finess := range c.last {
		c.breach(BreachRows, finess, "log_sum")
	}
	return nil
}

// compareTree builds the tree again from its leaves.
func (c *comparison) compareTree(ctx context.Context, root func(tlog.Tree) []Breach) (list []Breach) {
	built, stored := &nodes{fresh: map[int64]tlog.Hash{}}, (&nodes{from: c.tx}).reader(ctx)
	for n, hash := range c.hashes {
		fresh, err := tlog.StoredHashesForRecordHash(int64(n), hash, built.reader(ctx))
		if err != nil {
			return append(list, Breach{BreachTree, "", strconv.Itoa(n)})
		}
		for i, want := range fresh {
			index := tlog.StoredHashIndex(0, int64(n)) + int64(i)
			built.fresh[index] = want
			if got, err := stored.ReadHashes([]int64{index}); err != nil || got[0] != want {
				list = append(list, Breach{BreachTree, "", strconv.Itoa(n)})
			}
		}
		whole := tlog.Tree{N: int64(n) + 1}
		if whole.Hash, err = tlog.TreeHash(whole.N, built.reader(ctx)); err == nil {
			list = append(list, root(whole)...)
		}
	}
	return list
}

// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/proof"
)

// Examined is what was found of the log and of all that it sealed.
type Examined struct {
	Breaches    []store.Breach
	Leaves      int64 // that a checkpoint covers
	Checkpoints int
	Stamps      []Held // the newest of each authority, in the order of the settings
	Erasures    []proof.Erasure
}

// Held is the newest time-stamp of an authority; its moment is zero when there is none.
type Held struct {
	Authority string
	At        time.Time
}

// ErrAltered says that the database is not what was written to it.
var ErrAltered = errors.New("the database is not what its evidence log sealed")

// Check is ErrAltered, with the first thing that is not as it was sealed, when Examine
// finds any.
func (l *Log) Check(ctx context.Context) error {
	found, err := l.Examine(ctx)
	return errors.Join(err, altered(found.Breaches))
}

// CheckHistory is ErrAltered when the log itself is not the one that was signed. What is
// altered in the rows beside it can be told, and derived again, once the region is there.
func (l *Log) CheckHistory(ctx context.Context) error {
	found, err := l.Examine(ctx)
	return errors.Join(err, altered(slices.DeleteFunc(found.Breaches, func(b store.Breach) bool {
		return b.Kind != store.BreachTree && b.Kind != store.BreachLeaf
	})))
}

func altered(list []store.Breach) error {
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d places, the first: %s", ErrAltered, len(list), list[0].Sentence().EN)
}

// Examine compares the database with what was sealed, the tree with every checkpoint that
// was signed, and verifies the time-stamps.
func (l *Log) Examine(ctx context.Context) (e Examined, err error) {
	checkpoints, err := l.store.Checkpoints(ctx)
	if err != nil {
		return e, err
	}
	e.Checkpoints = len(checkpoints)
	signed := map[int64][]tlog.Hash{}
	for _, c := range checkpoints {
		read, err := proof.ParseCheckpoint(c.Note, l.key)
		if err != nil || read.Tree.N != c.Size {
			e.Breaches = append(e.Breaches, broken(c.Size))
			continue
		}
		signed[c.Size] = append(signed[c.Size], read.Tree.Hash)
		e.Leaves = max(e.Leaves, c.Size)
	}
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return e, err
	}
	compare := func(tree tlog.Tree) (list []store.Breach) {
		for _, root := range signed[tree.N] {
			if root != tree.Hash {
				list = append(list, broken(tree.N))
			}
		}
		delete(signed, tree.N)
		return list
	}
	e.Breaches = append(e.Breaches, compare(tlog.Tree{Hash: empty})...)
	found, err := l.store.Breaches(ctx, compare)
	if err != nil {
		return e, err
	}
	e.Breaches = append(e.Breaches, found...)
	for size := range signed {
		e.Breaches = append(e.Breaches, broken(size)) // larger than the tree is now
	}
	return e, errors.Join(l.examineStamps(ctx, &e), l.examineErasures(ctx, &e))
}

// examineErasures verifies the record of each erasure.
func (l *Log) examineErasures(ctx context.Context, e *Examined) error {
	list, err := l.store.Erasures(ctx, store.Region())
	if err != nil {
		return err
	}
	for _, kept := range list {
		record, err := proof.ParseErasure(kept.Record, l.key)
		if err != nil || record.Subject != kept.Subject {
			e.Breaches = append(e.Breaches, store.Breach{Kind: store.BreachErasure, Name: kept.Subject})
			continue
		}
		e.Erasures = append(e.Erasures, record)
	}
	return nil
}

func broken(size int64) store.Breach {
	return store.Breach{Kind: store.BreachTree, Name: strconv.FormatInt(size, 10)}
}

// examineStamps verifies each time-stamp, those of authorities that are no longer asked
// without their roots.
func (l *Log) examineStamps(ctx context.Context, e *Examined) error {
	const all = 1 << 30
	stamps, err := l.store.Stamps(ctx, "", all)
	if err != nil {
		return err
	}
	newest := map[string]time.Time{}
	for _, s := range stamps {
		verified, err := proof.VerifyStamp(s.Token, s.Checkpoint.Note, nil)
		if err != nil || !verified.At.Truncate(time.Microsecond).Equal(s.At) {
			e.Breaches = append(e.Breaches, store.Breach{Kind: store.BreachStamp, Name: strconv.FormatInt(s.Checkpoint.Size, 10)})
			continue
		}
		if verified.At.After(newest[s.Authority]) {
			newest[s.Authority] = verified.At
		}
	}
	for _, a := range l.authorities {
		e.Stamps = append(e.Stamps, Held{a.URL, newest[a.URL]})
	}
	return nil
}

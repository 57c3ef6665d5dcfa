// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/internal/wire"
)

// sequencedAtOnce is how many leaves get their place in one transaction.
const sequencedAtOnce = 500

// GrowLog gives a place in the tree to every leaf that has none, in the order in which
// they were written, and tells the size and the root of the tree.
func (s *Store) GrowLog(ctx context.Context) (tree tlog.Tree, err error) {
	for {
		var more bool
		err := s.writeInTurn(ctx, Region(), func(tx *transaction) (err error) {
			tree, more, err = growLog(ctx, tx)
			return err
		})
		if err != nil || !more {
			return tree, wrap(err, "grow the log")
		}
	}
}

func growLog(ctx context.Context, tx *transaction) (tree tlog.Tree, more bool, err error) {
	pending, err := many(ctx, tx, scanPlaced, selectPending+` ORDER BY id LIMIT $1`, sequencedAtOnce)
	if err != nil {
		return tree, false, wrap(err, "list the leaves without a place")
	}
	nodes := &nodes{from: tx, fresh: map[int64]tlog.Hash{}}
	if tree.N, err = nodes.size(ctx); err != nil {
		return tree, false, err
	}
	leaves := batch{into: "log_leaf", columns: "node, " + leafColumns}
	hashes := batch{into: "log_node", columns: "node, hash"}
	for _, p := range pending {
		stored, err := tlog.StoredHashesForRecordHash(tree.N, p.hash, nodes.reader(ctx))
		if err != nil {
			return tree, false, wrap(err, "place leaf %d", tree.N)
		}
		at := tlog.StoredHashIndex(0, tree.N)
		for i, hash := range stored {
			nodes.fresh[at+int64(i)] = hash
			hashes.add(at+int64(i), hash[:])
		}
		leaves.add(at, p.kind, p.finess, p.ref, p.rows, p.seal)
		tree.N++
		// One by one: a leaf with a lower number may come to be seen later.
		if _, err := tx.ExecContext(ctx, `DELETE FROM log_pending WHERE id = $1`, p.place); err != nil {
			return tree, false, wrap(err, "take leaf %d from those that wait", p.place)
		}
	}
	for _, rows := range []batch{leaves, hashes} {
		if err := rows.write(ctx, tx); err != nil {
			return tree, false, err
		}
	}
	tree.Hash, err = tlog.TreeHash(tree.N, nodes.reader(ctx))
	return tree, len(pending) == sequencedAtOnce, wrap(err, "find the root of the log")
}

// nodes reads the nodes of the tree.
type nodes struct {
	from  source
	fresh map[int64]tlog.Hash // those not written yet
}

func (n *nodes) size(ctx context.Context) (int64, error) {
	last, err := one(ctx, n.from, scanInt, `SELECT COALESCE(MAX(node), -1) FROM log_leaf`)
	if err != nil || last < 0 {
		return 0, wrap(err, "find the size of the log")
	}
	_, at := tlog.SplitStoredHashIndex(int64(last))
	return at + 1, nil
}

func (n *nodes) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		known, wanted := map[int64]tlog.Hash{}, []any{}
		for _, index := range indexes {
			if hash, ok := n.fresh[index]; ok {
				known[index] = hash
			} else {
				wanted = append(wanted, index)
			}
		}
		for some := range slices.Chunk(wanted, maxNodes) {
			stored, err := many(ctx, n.from, scanNode, `SELECT node, hash FROM log_node WHERE node IN (`+numbered(len(some))+`)`, some...)
			if err != nil {
				return nil, wrap(err, "read the nodes of the log")
			}
			for _, s := range stored {
				known[s.node] = s.hash
			}
		}
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hash, ok := known[index]
			if !ok {
				return nil, fmt.Errorf("node %d of the log: %w", index, ErrNotFound)
			}
			hashes[i] = hash
		}
		return hashes, nil
	})
}

// maxNodes is how many nodes are read at once; a proof needs fewer.
const maxNodes = 128

// numbered writes placeholders.
func numbered(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = "$" + strconv.Itoa(i+1)
	}
	return strings.Join(words, ", ")
}

type node struct {
	node int64
	hash tlog.Hash
}

func scanNode(r row) (n node, err error) {
	var raw []byte
	if err = r.Scan(&n.node, &raw); err == nil {
		n.hash, err = hashOf(raw)
	}
	return n, err
}

// placed is a leaf as it is kept, at its place in the tree or in the queue.
type placed struct {
	leaf
	place int64 // of its node, or in the queue
	hash  tlog.Hash
	seal  []byte
}

// The leaves in the queue, and those that have their place.
const (
	selectPending = `SELECT id, ` + leafColumns + `, hash FROM log_pending`
	selectPlaced  = `SELECT log_leaf.node, ` + leafColumns + `, hash FROM log_leaf JOIN log_node ON log_node.node = log_leaf.node`
)

func scanPlaced(r row) (p placed, err error) {
	var hash []byte
	if err = r.Scan(&p.place, &p.kind, &p.finess, &p.ref, &p.rows, &p.seal, &hash); err == nil {
		p.hash, err = hashOf(hash)
	}
	return p, err
}

func hashOf(raw []byte) (hash tlog.Hash, err error) {
	if copy(hash[:], raw) != len(hash) || len(raw) != len(hash) {
		err = fmt.Errorf("a hash of the log has %d bytes", len(raw))
	}
	return hash, err
}

// Checkpoint is what the log was at a moment, signed.
type Checkpoint struct {
	Size     int64
	SignedAt time.Time
	Note     string // C2SP checkpoint
}

// AddCheckpoint keeps a checkpoint.
func (s *Store) AddCheckpoint(ctx context.Context, c Checkpoint) error {
	err := s.write(ctx, Region(), func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO log_checkpoint (size, signed_at, note) VALUES ($1, $2, $3) ON CONFLICT (size, signed_at) DO NOTHING`,
			c.Size, stamp(c.SignedAt), c.Note)
		return err
	})
	return wrap(err, "keep checkpoint of size %d", c.Size)
}

const selectCheckpoint = `SELECT size, signed_at, note FROM log_checkpoint`

// Checkpoint is the newest one.
func (s *Store) Checkpoint(ctx context.Context) (Checkpoint, error) {
	c, err := one(ctx, s.view(Region()), scanCheckpoint, selectCheckpoint+` ORDER BY size DESC, signed_at DESC LIMIT 1`)
	return c, wrap(err, "find the newest checkpoint")
}

// Checkpoints lists them all, oldest first.
func (s *Store) Checkpoints(ctx context.Context) ([]Checkpoint, error) {
	list, err := many(ctx, s.view(Region()), scanCheckpoint, selectCheckpoint+` ORDER BY size, signed_at`)
	return list, wrap(err, "list checkpoints")
}

// CheckpointAt finds one of a size, the first that was signed.
func (s *Store) CheckpointAt(ctx context.Context, size int64) (Checkpoint, error) {
	c, err := one(ctx, s.view(Region()), scanCheckpoint, selectCheckpoint+` WHERE size = $1 ORDER BY signed_at LIMIT 1`, size)
	return c, wrap(err, "find the checkpoint of size %d", size)
}

func scanCheckpoint(r row) (c Checkpoint, err error) {
	err = r.Scan(&c.Size, (*moment)(&c.SignedAt), &c.Note)
	return c, err
}

// Stamp is a time-stamp of a checkpoint.
type Stamp struct {
	Checkpoint Checkpoint
	Authority  string // its address
	At         time.Time
	Token      []byte // RFC 3161, DER
}

// AddStamp keeps a time-stamp.
func (s *Store) AddStamp(ctx context.Context, t Stamp) error {
	err := s.write(ctx, Region(), func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO log_stamp (size, signed_at, authority, at, token) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (size, signed_at, authority) DO NOTHING`, t.Checkpoint.Size, stamp(t.Checkpoint.SignedAt), t.Authority, stamp(t.At), t.Token)
		return err
	})
	return wrap(err, "keep time-stamp of size %d", t.Checkpoint.Size)
}

// Stamps lists the time-stamps, newest checkpoint first; an authority narrows them to
// its own, unless it is empty.
func (s *Store) Stamps(ctx context.Context, authority string, limit int) ([]Stamp, error) {
	list, err := many(ctx, s.view(Region()), scanStamp, `
		SELECT t.size, t.signed_at, c.note, t.authority, t.at, t.token
		FROM log_stamp t JOIN log_checkpoint c ON c.size = t.size AND c.signed_at = t.signed_at
		WHERE $1 IN ('', t.authority) ORDER BY t.size DESC, t.signed_at DESC, t.authority LIMIT $2`, authority, limit)
	return list, wrap(err, "list time-stamps")
}

func scanStamp(r row) (t Stamp, err error) {
	err = r.Scan(&t.Checkpoint.Size, (*moment)(&t.Checkpoint.SignedAt), &t.Checkpoint.Note, &t.Authority, (*moment)(&t.At), &t.Token)
	return t, err
}

// ProveContinued proves that the tree of one size continues that of a smaller one (RFC
// 6962 section 2.1.2).
func (s *Store) ProveContinued(ctx context.Context, size, since int64) (tlog.TreeProof, error) {
	if since <= 0 || since > size {
		return nil, nil
	}
	proof, err := tlog.ProveTree(size, since, (&nodes{from: s.view(Region())}).reader(ctx))
	return proof, wrap(err, "prove that the log continued from %d to %d", since, size)
}

// ProveIncluded proves that the tree of a size covers a bundle (RFC 6962 section 2.1.1);
// ErrNotFound when it does not.
func (s *Store) ProveIncluded(ctx context.Context, scope Scope, bundle string, size int64) (wire.LogInclusion, error) {
	included := wire.LogInclusion{BundleID: bundle}
	found, err := one(ctx, s.view(scope), scanPlaced, `
		`+selectPlaced+` WHERE `+within("finess")+` AND kind = 'bundle' AND ref = $2 AND log_leaf.node < $3`,
		scope.sees, bundle, tlog.StoredHashIndex(0, size))
	if err != nil {
		return included, wrap(err, "find bundle %s in the log", bundle)
	}
	_, index := tlog.SplitStoredHashIndex(found.place)
	path, err := tlog.ProveRecord(size, index, (&nodes{from: s.view(Region())}).reader(ctx))
	if err != nil {
		return included, wrap(err, "prove that the log covers bundle %s", bundle)
	}
	included.Index, included.Rows, included.Path = index, found.rows, hashesOf(path)
	return included, nil
}

func hashesOf[T ~[]tlog.Hash](proof T) [][]byte {
	list := make([][]byte, len(proof))
	for i := range proof {
		list[i] = proof[i][:]
	}
	return list
}

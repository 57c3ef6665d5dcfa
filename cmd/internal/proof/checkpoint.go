// SPDX-License-Identifier: Apache-2.0

// Package proof verifies, with no network and no trust in the region, what its evidence
// log proves: that a receipt is its own, that a checkpoint covers it, that one checkpoint
// continues another, and that a time-stamping authority signed over it. Both programs
// use it, and whoever is shown a proof.
package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin names the log of the region whose certificate authority has a pin, "sha256:…":
// the first line of its checkpoints, which outlives the keys of the log.
func Origin(pin string) string {
	_, digest, _ := strings.Cut(pin, ":")
	return "carescan/" + digest[:min(16, len(digest))]
}

// algEd25519 is the kind of key of a signed note (C2SP signed-note, Ed25519).
const algEd25519 = 1

// Signer signs the checkpoints of a log.
func Signer(origin string, key ed25519.PrivateKey) (note.Signer, error) {
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the key of the log is not Ed25519")
	}
	seed := append([]byte{algEd25519}, key.Seed()...)
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, keyHash(origin, public), base64.StdEncoding.EncodeToString(seed)))
	if err != nil {
		return nil, fmt.Errorf("sign checkpoints of %s: %w", origin, err)
	}
	return signer, nil
}

func keyHash(origin string, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(origin+"\n\x01"), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// VerifierKey writes the public key of a log as signed notes do.
func VerifierKey(origin string, key ed25519.PublicKey) (string, error) {
	return note.NewEd25519VerifierKey(origin, key)
}

// Checkpoint is what a log was at a moment (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Tree   tlog.Tree
}

// String is what its signature covers.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Tree.N, c.Tree.Hash)
}

// maxCheckpoint bounds a signed checkpoint, in bytes.
const maxCheckpoint = 4 << 10

// ParseCheckpoint reads a signed checkpoint and verifies that it is of the log of a key.
func ParseCheckpoint(signed, key string) (c Checkpoint, err error) {
	if len(signed) > maxCheckpoint {
		return c, fmt.Errorf("read checkpoint: more than %d bytes", maxCheckpoint)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return c, fmt.Errorf("read key of the log: %w", err)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return c, fmt.Errorf("verify checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return c, errors.New("read checkpoint: it has fewer than three lines")
	}
	if c.Origin = lines[0]; c.Origin != verifier.Name() {
		return c, fmt.Errorf("read checkpoint: it is of log %q, and the key of %q", c.Origin, verifier.Name())
	}
	c.Tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Tree.N < 0 || strconv.FormatInt(c.Tree.N, 10) != lines[1] {
		return c, errors.New("read checkpoint: its second line is no size")
	}
	if c.Tree.Hash, err = tlog.ParseHash(lines[2]); err != nil || c.Tree.Hash.String() != lines[2] {
		return c, errors.New("read checkpoint: its third line is no root")
	}
	return c, nil
}

// Continues verifies that a checkpoint continues an earlier one of the same log.
func (c Checkpoint) Continues(earlier Checkpoint, consistency [][]byte) error {
	hashes, err := hashesOf(consistency)
	switch {
	case err != nil:
		return err
	case earlier.Origin != c.Origin:
		return fmt.Errorf("log %q does not continue log %q", c.Origin, earlier.Origin)
	case earlier.Tree.N > c.Tree.N:
		return fmt.Errorf("the log had %d leaves, and has %d", earlier.Tree.N, c.Tree.N)
	case earlier.Tree.N == c.Tree.N && earlier.Tree.Hash != c.Tree.Hash:
		return fmt.Errorf("the log has two roots for its first %d leaves", c.Tree.N)
	case earlier.Tree.N == c.Tree.N, earlier.Tree.N == 0:
		return nil
	}
	if err := tlog.CheckTree(hashes, c.Tree.N, c.Tree.Hash, earlier.Tree.N, earlier.Tree.Hash); err != nil {
		return fmt.Errorf("verify that the log continues from %d to %d leaves: %w", earlier.Tree.N, c.Tree.N, err)
	}
	return nil
}

// Covers verifies that a leaf is in the tree of a checkpoint.
func (c Checkpoint) Covers(leaf string, index int64, path [][]byte) error {
	hashes, err := hashesOf(path)
	if err != nil {
		return err
	}
	if index < 0 || index >= c.Tree.N {
		return fmt.Errorf("leaf %d is not among the %d of the checkpoint", index, c.Tree.N)
	}
	if err := tlog.CheckRecord(tlog.RecordProof(hashes), c.Tree.N, c.Tree.Hash, index, tlog.RecordHash([]byte(leaf))); err != nil {
		return fmt.Errorf("verify that the checkpoint covers leaf %d: %w", index, err)
	}
	return nil
}

// maxPath is more hashes than any path of a tree of 2^63 leaves has.
const maxPath = 128

func hashesOf(raw [][]byte) ([]tlog.Hash, error) {
	if len(raw) > maxPath {
		return nil, fmt.Errorf("a path has at most %d hashes, this one %d", maxPath, len(raw))
	}
	hashes := make([]tlog.Hash, len(raw))
	for i, h := range raw {
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("hash %d of a path has %d bytes", i, len(h))
		}
		copy(hashes[i][:], h)
	}
	return hashes, nil
}

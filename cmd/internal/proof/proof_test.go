// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/internal/proof"
	"carescan/scanner"
)

// signed is a checkpoint of a log of some leaves, and the key that verifies it.
func signed(t testing.TB, leaves int64) (text, key string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	origin := proof.Origin("sha256:0123456789abcdef0123456789abcdef")
	signer, err := proof.Signer(origin, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err = proof.VerifierKey(origin, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint := proof.Checkpoint{Origin: origin, Tree: tlog.Tree{N: leaves, Hash: tlog.RecordHash([]byte("root"))}}
	raw, err := note.Sign(&note.Note{Text: checkpoint.String()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), key
}

// FuzzParseCheckpoint reads what somebody says is a checkpoint: what is read is what was
// signed, to the byte.
func FuzzParseCheckpoint(f *testing.F) {
	text, key := signed(f, 7)
	f.Add(text)
	f.Add("")
	f.Add("carescan/0123456789abcdef\n07\nAAAA\n\n— carescan/0123456789abcdef AAAA\n")
	f.Fuzz(func(t *testing.T, seen string) {
		c, err := proof.ParseCheckpoint(seen, key)
		if err == nil && c.String() != text[:len(c.String())] {
			t.Errorf("%q was never signed", seen)
		}
	})
}

// FuzzParse reads what somebody says is a proof, and verifies it.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format": "carescan-proof/1", "index": -1, "path": ["AA=="]}`))
	f.Add([]byte(`{"format": "carescan-proof/1", "receipt": {"log": {"key": "a+b+c"}}, "stamps": [{"token": "MAA="}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := proof.Parse(raw)
		if err != nil {
			return
		}
		if _, err := p.Verify(proof.Trust{}); err == nil {
			t.Error("a proof of nothing is verified")
		}
		for _, l := range scanner.Langs() {
			if told, holds := proof.Tell(raw, proof.Trust{}, l); told == "" || holds {
				t.Error("nothing is said of a proof that does not hold")
			}
		}
	})
}

// FuzzVerifyStamp reads what somebody says is a time-stamp. None is over a checkpoint that
// was made here.
func FuzzVerifyStamp(f *testing.F) {
	tokens, err := filepath.Glob("testdata/*.tst")
	if err != nil || len(tokens) == 0 {
		f.Fatalf("no token to begin with: %v", err)
	}
	for _, path := range tokens {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("0\x80\x00\x00"))
	text, _ := signed(f, 7)
	f.Fuzz(func(t *testing.T, token []byte) {
		if s, err := proof.VerifyStamp(token, text, nil); err == nil {
			t.Errorf("%v is over something else", s)
		}
	})
}

func TestContinues(t *testing.T) {
	var nodes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			list[i] = nodes[index]
		}
		return list, nil
	})
	at := func(n int64) proof.Checkpoint {
		root, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		return proof.Checkpoint{Origin: "carescan/x", Tree: tlog.Tree{N: n, Hash: root}}
	}
	const leaves = 20
	for n := range int64(leaves) {
		fresh, err := tlog.StoredHashes(n, []byte{byte(n)}, reader)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, fresh...)
	}
	for n := range int64(leaves + 1) {
		for m := range n + 1 {
			var path [][]byte
			if m > 0 {
				hashes, err := tlog.ProveTree(n, m, reader)
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range hashes {
					path = append(path, h[:])
				}
			}
			if err := at(n).Continues(at(m), path); err != nil {
				t.Errorf("from %d to %d: %v", m, n, err)
			}
			if m == n {
				continue
			}
			if err := at(m).Continues(at(n), path); err == nil {
				t.Errorf("a log that shrank from %d to %d passes", n, m)
			}
			rewritten := at(m)
			rewritten.Tree.Hash[0] ^= 1
			if err := at(n).Continues(rewritten, path); m > 0 && err == nil {
				t.Errorf("another history of %d leaves passes", m)
			}
		}
	}
	other := at(3)
	other.Origin = "carescan/y"
	if err := at(3).Continues(other, nil); err == nil {
		t.Error("another log passes")
	}
}

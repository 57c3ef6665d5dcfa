// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// history is the evidence log of a counterpart, whose rows stay as they are.
type history struct {
	t      *testing.T
	signer note.Signer
	key    string
	nodes  []tlog.Hash
	size   int64
	places map[string]int64 // of bundles
	asked  int
	// misplace has it give the place of its first leaf for any bundle.
	misplace bool
}

func newHistory(t *testing.T) *history {
	t.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	h := &history{t: t, signer: must(proof.Signer("carescan/test", private))(t), places: map[string]int64{}}
	h.key = must(proof.VerifierKey("carescan/test", private.Public().(ed25519.PublicKey)))(t)
	return h
}

// ReadHashes implements tlog.HashReader.
func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		list[i] = h.nodes[index]
	}
	return list, nil
}

func (h *history) add(leaf string) {
	h.nodes = append(h.nodes, must(tlog.StoredHashes(h.size, []byte(leaf), h))(h.t)...)
	h.size++
}

// accept acknowledges a bundle, with a promise, and puts it into the log unless it lies.
func (h *history) accept(c *counterpart, lie *bool) func(http.ResponseWriter, string, []byte) {
	return func(w http.ResponseWriter, id string, body []byte) {
		receipt := wire.Receipt{
			BundleID: id, Digest: scanner.Digest(body), FINESS: site.FINESS, ReceivedAt: time.Now().UTC(), Log: &wire.LogPromise{Key: h.key, Within: 1200},
		}
		sign := func(message []byte) []byte {
			sum := sha256.Sum256(message)
			return must(ecdsa.SignASN1(rand.Reader, c.key, sum[:]))(h.t)
		}
		receipt.Signature, receipt.Log.Signature = sign(receipt.SignedBytes()), sign(receipt.PromisedBytes())
		if !*lie {
			h.places[id] = h.size
			h.add(receipt.LeafText(""))
		}
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(receipt)
	}
}

// prove answers as the region does, of its newest leaves.
func (h *history) prove(w http.ResponseWriter, body []byte) {
	h.asked++
	var q wire.LogQuestion
	if err := json.Unmarshal(body, &q); err != nil {
		h.t.Error(err)
	}
	tree := tlog.Tree{N: h.size, Hash: must(tlog.TreeHash(h.size, h))(h.t)}
	signed := must(note.Sign(&note.Note{Text: proof.Checkpoint{Origin: h.signer.Name(), Tree: tree}.String()}, h.signer))(h.t)
	answer := wire.LogProofs{Checkpoint: string(signed)}
	if q.Since > 0 && q.Since <= h.size {
		answer.Consistency = raws(must(tlog.ProveTree(h.size, q.Since, h))(h.t))
	}
	for _, id := range q.Bundles {
		if at, ok := h.places[id]; ok {
			if h.misplace {
				at = 0
			}
			answer.Inclusions = append(answer.Inclusions, wire.LogInclusion{BundleID: id, Index: at, Path: raws(must(tlog.ProveRecord(h.size, at, h))(h.t))})
		}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func raws[T ~[]tlog.Hash](list T) (raw [][]byte) {
	for _, hash := range list {
		raw = append(raw, hash[:])
	}
	return raw
}

// witnessed is an agent and a region with a log, and what the agent was told.
type witnessed struct {
	*Uplink
	history *history
	lie     bool
	told    []*cli.Problem
	at      time.Time
}

func newWitnessed(t *testing.T) *witnessed {
	t.Helper()
	c := newCounterpart(t)
	w := &witnessed{history: newHistory(t), at: time.Now()}
	c.answer = w.history.accept(c, &w.lie)
	c.prove = func(rw http.ResponseWriter, body []byte) { w.history.prove(rw, body) }
	w.Uplink = c.enrolled(t)
	w.now = func() time.Time { return w.at }
	w.Tell = func(p *cli.Problem) { w.told = append(w.told, p) }
	return w
}

// later sends a bundle, if any is given, some time later.
func (w *witnessed) later(t *testing.T, d time.Duration, bundles int) {
	t.Helper()
	w.at = w.at.Add(d)
	for range bundles {
		seal(t, w.Uplink)
	}
	if err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestProofsAreKeptBesideReceipts follows a log that grows.
func TestProofsAreKeptBesideReceipts(t *testing.T) {
	w := newWitnessed(t)
	for range 4 {
		w.history.add("something else")
		w.later(t, time.Hour, 2)
	}
	entries := must(w.spool.Sent())(t)
	earlier := 0
	for _, e := range entries {
		p, there, err := w.spool.Proof(e)
		if !there || err != nil {
			t.Fatalf("bundle %d has no proof: %v", e.Seq, err)
		}
		verified, err := p.Verify(proof.Trust{SealKey: w.enrolment.SealKey, LogKey: w.history.key})
		if err != nil || !verified.Promised {
			t.Errorf("bundle %d: %v", e.Seq, err)
		}
		if verified.Earlier != nil {
			earlier++
		}
	}
	if len(entries) != 8 || earlier != 6 || len(w.told) > 0 {
		t.Errorf("%d bundles, %d proofs that continue an earlier checkpoint, told %v; want 8, 6 and nothing", len(entries), earlier, w.told)
	}
	asked := w.history.asked
	w.later(t, 5*time.Minute, 1)
	if w.history.asked != asked {
		t.Error("the region is asked again within ten minutes")
	}
}

// TestRewrittenHistoryIsTold: what was seen stays, what contradicts it is kept once.
func TestRewrittenHistoryIsTold(t *testing.T) {
	for name, rewrite := range map[string]func(w *witnessed){
		"other_leaf": func(w *witnessed) {
			w.history.nodes, w.history.size = nil, 0
			for range 9 {
				w.history.add("another story")
			}
		},
		"shorter": func(w *witnessed) {
			w.history.nodes, w.history.size = nil, 0
			w.history.add("something else")
			w.history.places = map[string]int64{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitnessed(t)
			w.history.add("something else")
			w.later(t, time.Hour, 2)
			folder := w.witness.Folder()
			before := must(os.ReadFile(filepath.Join(folder, "checkpoint.json")))(t)
			rewrite(w)
			w.later(t, time.Hour, 1)
			if len(w.told) != 1 || !strings.Contains(w.told[0].Sentence.FR, "récrite") || !strings.Contains(w.told[0].Sentence.EN, "rewritten") {
				t.Fatalf("told %v", w.told)
			}
			found := must(os.ReadFile(filepath.Join(folder, "rewritten.json")))(t)
			w.later(t, time.Hour, 1)
			if !bytes.Equal(before, must(os.ReadFile(filepath.Join(folder, "checkpoint.json")))(t)) ||
				!bytes.Equal(found, must(os.ReadFile(filepath.Join(folder, "rewritten.json")))(t)) || len(w.told) != 2 {
				t.Errorf("what was seen was written over, or is told no more: %d times", len(w.told))
			}
			if waiting := must(w.spool.Waiting())(t); len(waiting) > 0 {
				t.Errorf("%d bundles are held back", len(waiting))
			}
		})
	}
}

// TestBrokenPromiseIsTold: a bundle that was acknowledged and is not in the log.
func TestBrokenPromiseIsTold(t *testing.T) {
	w := newWitnessed(t)
	w.lie = true
	w.history.add("something else")
	w.later(t, 0, 1)
	w.later(t, 11*time.Minute, 0)
	if len(w.told) > 0 {
		t.Fatalf("told %v before the promise is due", w.told)
	}
	w.later(t, time.Hour, 0)
	if len(w.told) != 1 || !strings.Contains(w.told[0].Sentence.EN, "within the time it promised: 1") {
		t.Errorf("told %v", w.told)
	}
}

// TestFalseProofIsNotKept is given the place of another leaf.
func TestFalseProofIsNotKept(t *testing.T) {
	w := newWitnessed(t)
	w.history.add("something else")
	w.history.misplace = true
	w.later(t, time.Hour, 1)
	if _, there, err := w.spool.Proof(must(w.spool.Sent())(t)[0]); there || err != nil {
		t.Errorf("a proof that does not hold is kept: %v", err)
	}
	if len(w.told) != 1 || !strings.Contains(w.told[0].Sentence.EN, "does not verify") {
		t.Errorf("told %v", w.told)
	}
}

// TestRegionWithoutALog is one of before: its receipts promise nothing, and it is asked
// nothing.
func TestRegionWithoutALog(t *testing.T) {
	c := newCounterpart(t)
	c.prove = func(http.ResponseWriter, []byte) { t.Error("a region without a log is asked for proofs") }
	u := c.enrolled(t)
	seal(t, u)
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

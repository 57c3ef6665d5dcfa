// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestSealChainsBundles(t *testing.T) {
	s := open(t)
	var before string
	for want := uint64(1); want <= 3; want++ {
		entry, err := s.Seal(uuid.NewString(), func(seq uint64, previous string) ([]byte, error) {
			if seq != want || previous != before {
				t.Errorf("bundle %d after %q, want %d after %q", seq, previous, want, before)
			}
			return fmt.Appendf(nil, "bundle %d", seq), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := os.ReadFile(entry.Path)
		if err != nil {
			t.Fatal(err)
		}
		before = digest(sealed)
	}
}

func TestFailedSealUsesNoNumber(t *testing.T) {
	s := open(t)
	refuse := errors.New("no key")
	_, err := s.Seal(uuid.NewString(), func(uint64, string) ([]byte, error) { return nil, refuse })
	if !errors.Is(err, refuse) || !errors.Is(err, ErrLasting) {
		t.Fatalf("Seal = %v, want %v, for ever", err, refuse)
	}
	if entry := seal(t, s); entry.Seq != 1 {
		t.Errorf("first number = %d, want 1", entry.Seq)
	}
}

func TestChainSurvivesLostLink(t *testing.T) {
	s := open(t)
	seal(t, s)
	second := seal(t, s)
	if err := os.Remove(s.linkPath()); err != nil { // as a kill right after the bundle would
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(second.Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seal(uuid.NewString(), func(seq uint64, previous string) ([]byte, error) {
		if seq != 3 || previous != digest(sealed) {
			t.Errorf("bundle %d after %q, want 3 after the second", seq, previous)
		}
		return []byte("third"), nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedLinkIsFoundAgainOnDisk(t *testing.T) {
	for name, filed := range map[string]bool{"bundles-on-disk": true, "none": false} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if filed {
				seal(t, s)
			}
			if err := os.WriteFile(s.linkPath(), []byte(`{"seq":`), 0o600); err != nil {
				t.Fatal(err)
			}
			sealed, err := s.Seal(uuid.NewString(), bytesOf)
			if filed && (err != nil || sealed.Seq != 2) {
				t.Errorf("sealed %+v, %v, want number 2", sealed, err)
			}
			if !filed && (err == nil || errors.Is(err, ErrLasting)) {
				t.Errorf("sealed %+v, %v: a number may be used twice", sealed, err)
			}
		})
	}
}

func TestAcknowledgeKeepsReceiptThenMoves(t *testing.T) {
	s := open(t)
	entry := seal(t, s)
	if err := s.Acknowledge(entry, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	expect(t, s, 0, 1, 0)
	if err := s.Acknowledge(entry, []byte("{}")); err != nil {
		t.Errorf("acknowledging again must be harmless: %v", err)
	}
	if _, err := os.Stat(s.path(sent, entry.Seq, entry.ID) + ".receipt.json"); err != nil {
		t.Error(err)
	}
}

func TestRejectKeepsBundleAndReason(t *testing.T) {
	s := open(t)
	if err := s.Reject(seal(t, s), "422: findings/3"); err != nil {
		t.Fatal(err)
	}
	expect(t, s, 0, 0, 1)
}

func TestSentIsPruned(t *testing.T) {
	s := open(t)
	past := func(entry Entry, age time.Duration) {
		at := time.Now().Add(-age)
		if err := os.Chtimes(s.path(sent, entry.Seq, entry.ID)+".receipt.json", at, at); err != nil {
			t.Fatal(err)
		}
	}
	for i := range keepSent + 3 {
		entry := seal(t, s)
		if err := s.Acknowledge(entry, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			past(entry, keepSentFor+time.Hour)
		case 1:
			past(entry, keepSentFor-time.Hour)
		}
	}
	// The first is old and not among the latest; the second may be asked for still.
	expect(t, s, 0, keepSent+2, 0)
	if entry := seal(t, s); entry.Seq != keepSent+4 {
		t.Errorf("pruning must not reuse numbers: next is %d", entry.Seq)
	}
}

func TestAgainPutsBackWhatIsChosen(t *testing.T) {
	s := open(t)
	for i := range 5 {
		entry := seal(t, s)
		file := func() error { return s.Acknowledge(entry, []byte("{}")) }
		if i == 3 {
			file = func() error { return s.Reject(entry, "409") }
		}
		if err := file(); err != nil {
			t.Fatal(err)
		}
	}
	moved, err := s.Again(func(e Entry) bool { return e.Seq >= 3 }, s.Sent, s.Rejected)
	if err != nil || len(moved) != 3 || moved[0].Seq != 3 || moved[1].Seq != 4 {
		t.Errorf("put back %v, %v, want numbers 3 to 5", moved, err)
	}
	expect(t, s, 3, 2, 0)
	if moved, err = s.Again(func(Entry) bool { return true }, s.Sent); err != nil || len(moved) != 2 {
		t.Errorf("put back %v, %v, want what was sent", moved, err)
	}
	if entry := seal(t, s); entry.Seq != 6 {
		t.Errorf("next number = %d, want 6", entry.Seq)
	}
}

func TestConcurrentSealsGetTheirOwnNumbers(t *testing.T) {
	s := open(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			other, err := Open(s.folder) // as another process would
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := other.Seal(uuid.NewString(), func(seq uint64, _ string) ([]byte, error) {
				return fmt.Appendf(nil, "%d", seq), nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	entries, err := s.Waiting()
	if err != nil || len(entries) != 8 || entries[7].Seq != 8 {
		t.Errorf("waiting = %v, %v, want numbers 1 to 8", entries, err)
	}
}

func TestLeftoversAreNotBundles(t *testing.T) {
	s := open(t)
	for _, name := range []string{".writing-123", "0000000001-short.carescan", "note.txt"} {
		if err := os.WriteFile(filepath.Join(s.folder, outbox, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, s, 0, 0, 0)
	if age, err := s.Age(time.Now()); err != nil || age != 0 {
		t.Errorf("age = %v, %v, want none", age, err)
	}
}

func bytesOf(seq uint64, _ string) ([]byte, error) { return fmt.Appendf(nil, "bundle %d", seq), nil }

func TestRunIsSealedOnce(t *testing.T) {
	filed := map[string]func(*Spool, Entry) error{
		"waiting":  func(*Spool, Entry) error { return nil },
		"sent":     func(s *Spool, e Entry) error { return s.Acknowledge(e, []byte("{}")) },
		"rejected": func(s *Spool, e Entry) error { return s.Reject(e, "409") },
	}
	for name, file := range filed {
		t.Run(name, func(t *testing.T) {
			s, run := open(t), uuid.NewString()
			first, err := s.Seal(run, bytesOf)
			if err != nil {
				t.Fatal(err)
			}
			if err := file(s, first.Entry); err != nil {
				t.Fatal(err)
			}
			again, err := s.Seal(run, func(uint64, string) ([]byte, error) {
				t.Error("the run is sealed a second time")
				return nil, nil
			})
			if err != nil || again.Digest != first.Digest || again.Seq != first.Seq || again.ID != run {
				t.Errorf("sealing again = %+v, %v, want bundle %d", again, err, first.Seq)
			}
		})
	}
}

func TestChainNotKeptDoesNotUndoASeal(t *testing.T) {
	s := open(t)
	first, err := s.Seal(uuid.NewString(), func(seq uint64, previous string) ([]byte, error) {
		if err := os.MkdirAll(filepath.Join(s.linkPath(), "in the way"), 0o700); err != nil {
			t.Fatal(err)
		}
		return bytesOf(seq, previous)
	})
	if err != nil || first.Beside == nil {
		t.Fatalf("Seal = %+v, %v, want a bundle and what is missing beside it", first, err)
	}
	if err := os.RemoveAll(s.linkPath()); err != nil {
		t.Fatal(err)
	}
	if next := seal(t, s); next.Seq != 2 {
		t.Errorf("next number = %d, want 2", next.Seq)
	}
}

func open(t *testing.T) *Spool {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t *testing.T, s *Spool) Entry {
	t.Helper()
	sealed, err := s.Seal(uuid.NewString(), bytesOf)
	if err != nil {
		t.Fatal(err)
	}
	return sealed.Entry
}

func expect(t *testing.T, s *Spool, waiting, sent, rejected int) {
	t.Helper()
	w, errW := s.Waiting()
	a, errA := s.Sent()
	r, errR := s.Rejected()
	if err := errors.Join(errW, errA, errR); err != nil {
		t.Fatal(err)
	}
	if len(w) != waiting || len(a) != sent || len(r) != rejected {
		t.Errorf("waiting %d, sent %d, rejected %d; want %d, %d, %d", len(w), len(a), len(r), waiting, sent, rejected)
	}
}

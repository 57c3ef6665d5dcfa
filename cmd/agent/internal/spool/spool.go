// SPDX-License-Identifier: Apache-2.0

// Package spool keeps sealed bundles on disk until the aggregator has
// acknowledged them. A bundle is either wholly there or not at all, whatever
// kills the agent, and is never deleted before its receipt is on disk.
package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/internal/cli"
	"carescan/reports/bundle"
)

// The folders of a spool.
const (
	outbox   = "outbox"   // sealed, not acknowledged
	sent     = "sent"     // acknowledged, kept for local reports
	rejected = "rejected" // refused for good by the aggregator
	local    = "local"    // names behind pseudonyms, never sent
)

// An acknowledged bundle stays for local reports while it is among the latest, and
// in any case as long as a region may be restored from a copy and ask for it again.
const (
	keepSent    = 60
	keepSentFor = 30 * 24 * time.Hour // from the receipt
)

// Spool is a folder of sealed bundles. Several processes may use it at once.
type Spool struct{ folder string }

// Entry is one sealed bundle on disk.
type Entry struct {
	Seq  uint64
	ID   string
	Path string
}

// Sealed is a bundle that was just kept.
type Sealed struct {
	Entry
	Digest string // of the sealed bytes
	// Beside is what could not be kept beside the bundle, which is safe all the
	// same: the end of the chain is found again on disk, and names only make a
	// local report easier to read. Sealing again would not help.
	Beside error
}

// ErrLasting is under the errors of a run that cannot be sealed, today or later:
// it is too large, it contradicts itself, or the key is damaged. All other errors
// are of the disk, and may heal.
var ErrLasting = errors.New("this run can never be sealed")

// Open makes the folders of a spool where they are missing.
func Open(folder string) (*Spool, error) {
	for _, name := range []string{outbox, sent, rejected, local} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o700); err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
		others := cli.SharedWrite
		if name == local {
			others = cli.SharedAny // it names people
		}
		if err := cli.CheckRights(filepath.Join(folder, name), others); err != nil {
			return nil, err
		}
		if err := durable.Sweep(filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	if err := durable.Sweep(folder); err != nil {
		return nil, err
	}
	return &Spool{folder}, nil
}

// Seal numbers the bundle of a run and writes it to the outbox, once: a run that
// is there already is recognised by its id, which its bundle bears. make receives
// the number and the digest of the bundle before ("" for the first), and returns
// the sealed bytes; what it cannot do lasts (ErrLasting). When Seal returns, the
// bytes are on disk; when it fails, nothing of them is and the number was not
// used.
func (s *Spool) Seal(run string, make func(seq uint64, previous string) ([]byte, error)) (Sealed, error) {
	unlock, err := durable.Lock(filepath.Join(s.folder, "lock"))
	if err != nil {
		return Sealed{}, err
	}
	defer unlock()
	if entry, known, err := s.find(run); known || err != nil {
		return sealedBefore(entry, err)
	}
	last, err := s.lastLink()
	if err != nil {
		return Sealed{}, err
	}
	sealed, err := make(last.Seq+1, last.Digest)
	if err != nil {
		return Sealed{}, fmt.Errorf("%w: %w", ErrLasting, err)
	}
	entry := Entry{last.Seq + 1, run, s.path(outbox, last.Seq+1, run)}
	if err := durable.WriteFile(entry.Path, sealed); err != nil {
		return Sealed{}, fmt.Errorf("keep bundle %s: %w", run, err)
	}
	end := link{entry.Seq, digest(sealed)}
	return Sealed{entry, end.Digest, s.writeLink(end)}, nil
}

// sealedBefore describes a bundle that was found.
func sealedBefore(entry Entry, err error) (Sealed, error) {
	if err != nil {
		return Sealed{}, err
	}
	raw, err := os.ReadFile(entry.Path)
	if err != nil {
		return Sealed{}, fmt.Errorf("read bundle %s: %w", entry.ID, err)
	}
	return Sealed{Entry: entry, Digest: digest(raw)}, nil
}

// find looks for the bundle of a run, wherever it is filed.
func (s *Spool) find(run string) (Entry, bool, error) {
	entries, err := s.All()
	if i := slices.IndexFunc(entries, func(e Entry) bool { return e.ID == run }); i >= 0 {
		return entries[i], true, nil
	}
	return Entry{}, false, err
}

// All lists the bundles on disk, oldest first, wherever they are filed.
func (s *Spool) All() ([]Entry, error) {
	var all []Entry
	for _, folder := range []string{outbox, sent, rejected} {
		entries, err := s.list(folder)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, bySeq)
	return all, nil
}

// Waiting lists the bundles that are not acknowledged, oldest first.
func (s *Spool) Waiting() ([]Entry, error) { return s.list(outbox) }

// Sent lists the acknowledged bundles still kept, oldest first.
func (s *Spool) Sent() ([]Entry, error) { return s.list(sent) }

// Rejected lists the bundles the aggregator refused for good, oldest first.
func (s *Spool) Rejected() ([]Entry, error) { return s.list(rejected) }

// Acknowledge files a bundle as sent, its receipt first.
func (s *Spool) Acknowledge(e Entry, receipt []byte) error {
	if err := durable.WriteFile(s.path(sent, e.Seq, e.ID)+receiptExtension, receipt); err != nil {
		return fmt.Errorf("keep receipt of bundle %s: %w", e.ID, err)
	}
	if err := s.move(e, sent); err != nil {
		return err
	}
	return s.prune()
}

// Reject files a bundle as refused for good, with the reason given.
func (s *Spool) Reject(e Entry, reason string) error {
	if err := durable.WriteFile(s.path(rejected, e.Seq, e.ID)+".reason.txt", []byte(reason+"\n")); err != nil {
		return fmt.Errorf("keep reason of bundle %s: %w", e.ID, err)
	}
	return s.move(e, rejected)
}

// Age is how long the oldest bundle has waited, zero when none does.
func (s *Spool) Age(now time.Time) (time.Duration, error) {
	entries, err := s.Waiting()
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	info, err := os.Stat(entries[0].Path)
	if err != nil {
		return 0, fmt.Errorf("read age of bundle %s: %w", entries[0].ID, err)
	}
	return now.Sub(info.ModTime()), nil
}

func (s *Spool) path(folder string, seq uint64, id string) string {
	return filepath.Join(s.folder, folder, fmt.Sprintf("%010d-%s%s", seq, id, bundle.Extension))
}

func (s *Spool) move(e Entry, folder string) error {
	target := s.path(folder, e.Seq, e.ID)
	err := os.Rename(e.Path, target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process filed it first
	}
	if err != nil {
		return fmt.Errorf("file bundle %s under %s: %w", e.ID, folder, err)
	}
	return errors.Join(durable.SyncFolder(filepath.Dir(target)), durable.SyncFolder(filepath.Dir(e.Path)))
}

// Again puts bundles that were sent, or set aside, back among those that wait, and
// tells which. What was written beside them stays until the next answer.
func (s *Spool) Again(chosen func(Entry) bool, folders ...func() ([]Entry, error)) ([]Entry, error) {
	unlock, err := durable.Lock(filepath.Join(s.folder, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	var moved []Entry
	for _, folder := range folders {
		entries, err := folder()
		if err != nil {
			return moved, err
		}
		for _, e := range entries {
			if !chosen(e) {
				continue
			}
			if err := s.move(e, outbox); err != nil {
				return moved, err
			}
			moved = append(moved, e)
		}
	}
	slices.SortFunc(moved, bySeq)
	return moved, nil
}

// prune lets go of what was acknowledged long ago.
func (s *Spool) prune() error {
	entries, err := s.Sent()
	if err != nil {
		return err
	}
	for _, old := range entries[:max(0, len(entries)-keepSent)] {
		receipt, err := os.Stat(old.Path + receiptExtension)
		if err == nil && time.Since(receipt.ModTime()) < keepSentFor {
			continue
		}
		if err := removeEach(old.Path, old.Path+receiptExtension, s.ProofPath(old), old.Path+formerExtension, s.namesPath(old.ID)); err != nil {
			return fmt.Errorf("prune sent bundles: %w", err)
		}
	}
	return nil
}

func removeEach(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

var fileName = regexp.MustCompile(`^(\d{10,20})-([0-9a-f-]{36})\` + bundle.Extension + `$`)

func (s *Spool) list(folder string) ([]Entry, error) {
	files, err := os.ReadDir(filepath.Join(s.folder, folder))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	var entries []Entry
	for _, file := range files {
		if parts := fileName.FindStringSubmatch(file.Name()); parts != nil {
			seq, err := strconv.ParseUint(parts[1], 10, 64)
			if err != nil {
				continue // a number past 64 bits was not written by us
			}
			entries = append(entries, Entry{seq, parts[2], filepath.Join(s.folder, folder, file.Name())})
		}
	}
	slices.SortFunc(entries, bySeq)
	return entries, nil
}

func bySeq(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) }

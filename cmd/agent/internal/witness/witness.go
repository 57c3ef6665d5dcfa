// SPDX-License-Identifier: Apache-2.0

// Package witness remembers the last checkpoint of the region's evidence log that this
// agent saw, and compares each new one with it: a region that rewrote its history would
// have to show this agent a log that does not continue the one it was shown.
package witness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
)

// The files of a witness.
const (
	seenFile      = "checkpoint.json"
	rewrittenFile = "rewritten.json"
)

// Witness is the folder where an agent keeps what it saw of the log.
type Witness struct{ folder string }

// Open makes the folder of a witness in the state of an agent, where it is missing.
func Open(state string) (*Witness, error) {
	folder := filepath.Join(state, "log")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open what was seen of the log: %w", err)
	}
	return &Witness{folder}, nil
}

// Folder is where it is.
func (w *Witness) Folder() string { return w.folder }

// Seen is a checkpoint that this agent was shown.
type Seen struct {
	Key        string    `json:"key"` // that verified it
	Checkpoint string    `json:"checkpoint"`
	At         time.Time `json:"at"` // by the clock of this machine
}

// Size is how many leaves it covers; 0 when nothing was seen.
func (s Seen) Size() int64 {
	c, err := proof.ParseCheckpoint(s.Checkpoint, s.Key)
	if err != nil {
		return 0
	}
	return c.Tree.N
}

// Rewriting is what proves that a region tells two histories: two checkpoints that it
// signed, of which one does not continue the other.
type Rewriting struct {
	Seen Seen           `json:"seen"`
	Told wire.LogProofs `json:"told"`
	Key  string         `json:"key"` // of the one that was told
	At   time.Time      `json:"at"`
	Why  string         `json:"why"`
}

// ErrRewritten says that the log does not continue what was seen of it.
var ErrRewritten = errors.New("the evidence log of the region was rewritten")

// Seen is the last checkpoint that was seen, or nothing.
func (w *Witness) Seen() (s Seen, err error) {
	_, err = w.read(seenFile, &s)
	return s, err
}

// Rewritten is what was found of a rewritten history; nil when nothing was.
func (w *Witness) Rewritten() (*Rewriting, error) {
	var r Rewriting
	there, err := w.read(rewrittenFile, &r)
	if err != nil || !there {
		return nil, err
	}
	return &r, nil
}

func (w *Witness) read(name string, into any) (there bool, err error) {
	raw, err := os.ReadFile(filepath.Join(w.folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return true, fmt.Errorf("read %s: %w", name, err)
	}
	return true, nil
}

// Hear compares what the region tells with what was seen, and remembers it. A log that
// does not continue is ErrRewritten: what proves it is kept, once and for good, and what
// was seen stays.
func (w *Witness) Hear(told wire.LogProofs, key string, now time.Time) (before Seen, err error) {
	unlock, err := durable.Lock(filepath.Join(w.folder, "lock"))
	if err != nil {
		return before, err
	}
	defer unlock()
	if before, err = w.Seen(); err != nil {
		return before, err
	}
	if known, err := w.Rewritten(); err != nil || known != nil {
		return before, errors.Join(err, ErrRewritten)
	}
	checkpoint, err := proof.ParseCheckpoint(told.Checkpoint, key)
	if err != nil {
		return before, err
	}
	if before.Checkpoint != "" {
		earlier, err := proof.ParseCheckpoint(before.Checkpoint, before.Key)
		if err != nil {
			return before, err
		}
		if err := checkpoint.Continues(earlier, told.Consistency); err != nil {
			return before, w.accuse(Rewriting{before, told, key, now, err.Error()})
		}
	}
	return before, w.write(seenFile, Seen{key, told.Checkpoint, now})
}

func (w *Witness) accuse(r Rewriting) error {
	if err := w.write(rewrittenFile, r); err != nil {
		return errors.Join(ErrRewritten, err)
	}
	return fmt.Errorf("%w: %s", ErrRewritten, r.Why)
}

func (w *Witness) write(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := durable.WriteFile(filepath.Join(w.folder, name), raw); err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

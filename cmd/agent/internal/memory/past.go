// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carescan/cmd/agent/internal/durable"
	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/fact"
	"carescan/scanner/probes/history"
)

// Past remembers the sealed runs of establishments, each in a file of the state
// folder. It is a digest, never needed to read a bundle again: each bundle holds
// what was remembered when its run was made.
type Past struct{ folder string }

// OpenPast names the memory of a state folder; nothing is read yet.
func OpenPast(folder string) *Past { return &Past{folder} }

// file is named after the number of the establishment: digits, or a word of ours
// when it gave none.
func (p *Past) file(establishment scanner.Target) string {
	return filepath.Join(p.folder, "history-"+establishment.ID+".json")
}

// Recall reads what is remembered of an establishment. Where no memory is kept
// there is none, and where none was kept yet it is empty.
func (p *Past) Recall(establishment scanner.Target) (fact.History, error) {
	if p == nil {
		return history.Empty(), nil
	}
	return recall(p.file(establishment))
}

func recall(file string) (fact.History, error) {
	h := history.Empty()
	raw, _, err := bounded.File(file, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &h)
	}
	if err != nil {
		return history.Empty(), fmt.Errorf("read the memory of earlier runs in %s: %w", file, err)
	}
	return h, nil
}

// Keep adds a sealed run, beside what another run may have added meanwhile. A
// memory that cannot be read is set aside and begins again: it must not stop the
// runs to come, and a person may look at what it became.
func (p *Past) Keep(s history.Sealed, checks []scanner.Check) error {
	file := p.file(s.Run.Establishment.Target())
	unlock, err := durable.Lock(file + ".lock")
	if err != nil {
		return fmt.Errorf("remember a run: %w", err)
	}
	defer unlock()
	h, err := recall(file)
	if err != nil {
		if err := os.Rename(file, file+".damaged"); err != nil {
			return fmt.Errorf("set a damaged memory aside: %w", err)
		}
	}
	raw, err := json.Marshal(history.Add(h, s, checks))
	if err != nil {
		return fmt.Errorf("remember a run: %w", err)
	}
	return durable.WriteFile(file, raw)
}

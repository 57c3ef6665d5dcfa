// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carescan/cmd/agent/internal/durable"
)

// KeepNames stores who stands behind the pseudonyms of a bundle, in a file of
// its own that is never sent.
func (s *Spool) KeepNames(id string, names map[string]string) error {
	if len(names) == 0 {
		return nil
	}
	raw, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("encode names of bundle %s: %w", id, err)
	}
	if err := durable.WriteFile(s.namesPath(id), raw); err != nil {
		return fmt.Errorf("keep names of bundle %s: %w", id, err)
	}
	return nil
}

// Names reads who stands behind the pseudonyms of a bundle; none when the file
// is not there.
func (s *Spool) Names(id string) (map[string]string, error) {
	raw, err := os.ReadFile(s.namesPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read names of bundle %s: %w", id, err)
	}
	var names map[string]string
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("read names of bundle %s: %w", id, err)
	}
	return names, nil
}

func (s *Spool) namesPath(id string) string { return filepath.Join(s.folder, local, id+".names.json") }

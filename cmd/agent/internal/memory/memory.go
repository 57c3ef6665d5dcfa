// SPDX-License-Identifier: Apache-2.0

// Package memory remembers from one run to the next: when each exposed service
// was first seen, so that what is new can be told from what was there, and what
// earlier runs concluded, so that rules about time can be judged.
package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"carescan/cmd/agent/internal/durable"
	"carescan/scanner/bounded"
)

// fileName is the memory in the state folder.
const fileName = "seen.json"

// The bounds of a memory: beyond, what was seen first is forgotten last.
const (
	maxFile = 8 << 20 // bytes
	maxKeys = 20_000
)

// Memory is what was seen, and when for the first time. It may be used by many
// probes at once.
type Memory struct {
	file string
	mu   sync.Mutex
	seen map[string]time.Time
	new  map[string]time.Time
}

// Open reads the memory of a state folder; a folder without any has an empty one.
func Open(folder string) (*Memory, error) {
	m := &Memory{file: filepath.Join(folder, fileName), new: map[string]time.Time{}}
	var err error
	m.seen, err = read(m.file)
	return m, err
}

func read(file string) (map[string]time.Time, error) {
	seen := map[string]time.Time{}
	raw, _, err := bounded.File(file, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return seen, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &seen)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was seen before in %s: %w", file, err)
	}
	return seen, nil
}

// FirstSeen is when a thing was first seen; now, when it never was.
func (m *Memory) FirstSeen(key string, at time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, known := m.seen[key]; known {
		return first
	}
	m.seen[key], m.new[key] = at.UTC(), at.UTC()
	return at.UTC()
}

// Baseline is when a host was first looked at.
func (m *Memory) Baseline(host string, at time.Time) time.Time {
	return m.FirstSeen("host "+host, at)
}

// Save keeps what this run saw for the first time, beside what another run may
// have kept meanwhile.
func (m *Memory) Save() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.new) == 0 {
		return nil
	}
	unlock, err := durable.Lock(m.file + ".lock")
	if err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	defer unlock()
	kept, err := read(m.file)
	if err != nil {
		return err
	}
	for key, at := range m.new {
		if first, known := kept[key]; !known || at.Before(first) {
			kept[key] = at
		}
	}
	raw, err := json.Marshal(oldest(kept))
	if err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	return durable.WriteFile(m.file, raw)
}

// oldest forgets the latest when there is too much: a service forgotten is
// called new again, never the other way round.
func oldest(seen map[string]time.Time) map[string]time.Time {
	if len(seen) <= maxKeys {
		return seen
	}
	keys := slices.SortedFunc(maps.Keys(seen), func(a, b string) int {
		if c := seen[a].Compare(seen[b]); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys[maxKeys:] {
		delete(seen, key)
	}
	return seen
}

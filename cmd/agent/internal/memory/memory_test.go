// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, folder string) *Memory {
	t.Helper()
	m, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMemory_remembersTheFirstTime(t *testing.T) {
	folder := t.TempDir()
	m := open(t, folder)
	if got := m.FirstSeen("192.0.2.1:22/tcp openssh", noon); !got.Equal(noon) {
		t.Errorf("first seen %s, want now", got)
	}
	m.Baseline("vpn.chu.test", noon)
	if err := m.Save(); err != nil {
		t.Fatal(err)
	}
	later := open(t, folder)
	if got := later.FirstSeen("192.0.2.1:22/tcp openssh", noon.Add(time.Hour)); !got.Equal(noon) {
		t.Errorf("first seen %s after a restart, want %s", got, noon)
	}
	if got := later.Baseline("vpn.chu.test", noon.Add(time.Hour)); !got.Equal(noon) {
		t.Errorf("baseline %s after a restart, want %s", got, noon)
	}
}

func TestMemory_twoRunsAtOnceKeepBoth(t *testing.T) {
	folder := t.TempDir()
	one, two := open(t, folder), open(t, folder)
	one.FirstSeen("a", noon)
	one.FirstSeen("both", noon)
	two.FirstSeen("b", noon)
	two.FirstSeen("both", noon.Add(-time.Hour))
	for _, m := range []*Memory{one, two} {
		if err := m.Save(); err != nil {
			t.Fatal(err)
		}
	}
	kept := open(t, folder)
	for key, want := range map[string]time.Time{"a": noon, "b": noon, "both": noon.Add(-time.Hour)} {
		if got := kept.FirstSeen(key, noon.Add(time.Hour)); !got.Equal(want) {
			t.Errorf("%s first seen %s, want %s", key, got, want)
		}
	}
}

func TestMemory_isBounded(t *testing.T) {
	folder := t.TempDir()
	m := open(t, folder)
	for i := range maxKeys + 5 {
		m.FirstSeen(fmt.Sprintf("key %d", i), noon.Add(time.Duration(i)*time.Second))
	}
	if err := m.Save(); err != nil {
		t.Fatal(err)
	}
	kept := open(t, folder)
	if len(kept.seen) != maxKeys {
		t.Errorf("%d things kept, want %d", len(kept.seen), maxKeys)
	}
	if got := kept.FirstSeen("key 0", noon.Add(time.Hour)); !got.Equal(noon) {
		t.Error("what was seen first was forgotten first")
	}
}

func TestOpen_refusesWhatItCannotRead(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, fileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("a damaged memory was taken for an empty one: everything would be new")
	}
}

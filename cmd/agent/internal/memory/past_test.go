// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/history"
)

var chu = scanner.Establishment{FINESS: "690781810"}

func sealedRun(n int) history.Sealed {
	return history.Sealed{
		Run: scanner.Run{
			ID: fmt.Sprintf("run-%03d", n), Establishment: chu, Started: noon.Add(time.Duration(n) * time.Hour), Status: scanner.RunComplete,
		},
		Bundle: "sha256:" + strings.Repeat("0", 64), Seq: uint64(n),
	}
}

func keep(t *testing.T, p *Past, s history.Sealed) {
	t.Helper()
	if err := p.Keep(s, nil); err != nil {
		t.Fatal(err)
	}
}

func recalled(t *testing.T, p *Past, e scanner.Establishment) fact.History {
	t.Helper()
	h, err := p.Recall(e.Target())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPast_remembersRuns(t *testing.T) {
	folder := t.TempDir()
	if h := recalled(t, OpenPast(folder), chu); h.Known != 0 || h.Runs == nil {
		t.Errorf("an agent that never ran remembers %+v", h)
	}
	keep(t, OpenPast(folder), sealedRun(1))
	keep(t, OpenPast(folder), sealedRun(2))
	if h := recalled(t, OpenPast(folder), chu); h.Known != 2 || h.Runs[1].ID != "run-002" {
		t.Errorf("remembers %+v", h)
	}
}

func TestPast_establishmentsAreApart(t *testing.T) {
	p := OpenPast(t.TempDir())
	keep(t, p, sealedRun(1))
	nobody := sealedRun(2)
	nobody.Run.Establishment = scanner.Establishment{Name: "one domain"}
	keep(t, p, nobody)
	if h := recalled(t, p, chu); h.Known != 1 {
		t.Errorf("remembers %d runs, one is of another establishment", h.Known)
	}
	if h := recalled(t, p, nobody.Run.Establishment); h.Known != 1 {
		t.Errorf("remembers %d runs of an establishment without a number", h.Known)
	}
}

func TestPast_runsAtOnceKeepAll(t *testing.T) {
	folder := t.TempDir()
	var runs sync.WaitGroup
	for n := range 8 {
		runs.Go(func() {
			if err := OpenPast(folder).Keep(sealedRun(n), nil); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if h := recalled(t, OpenPast(folder), chu); h.Known != 8 {
		t.Errorf("remembers %d runs of 8", h.Known)
	}
}

func TestPast_damagedBeginsAgain(t *testing.T) {
	for name, content := range map[string]string{
		"half": `{"known":4,`, "another-shape": `[]`, "too-large": strings.Repeat(" ", maxFile) + "{}",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "history-690781810.json")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			h, err := OpenPast(folder).Recall(chu.Target())
			if err == nil || h.Known != 0 || len(h.Runs) != 0 {
				t.Errorf("a damaged memory remembers %+v, %v", h, err)
			}
			keep(t, OpenPast(folder), sealedRun(5))
			if h := recalled(t, OpenPast(folder), chu); h.Known != 1 || h.Runs[0].ID != "run-005" {
				t.Errorf("begun again, remembers %+v", h)
			}
			if kept, err := os.ReadFile(file + ".damaged"); err != nil || string(kept) != content {
				t.Errorf("what was damaged is not kept for a person: %v", err)
			}
		})
	}
}

func TestPast_noMemoryIsEmpty(t *testing.T) {
	var p *Past
	if h, err := p.Recall(chu.Target()); err != nil || h.Known != 0 {
		t.Errorf("remembers %+v, %v", h, err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/runner"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// deskOf opens a state folder for one establishment.
func deskOf(t *testing.T, state, finess string) *desk {
	t.Helper()
	c := config.Default(sources.Sections())
	c.State, c.Establishment = state, config.Establishment{FINESS: finess, Name: "CHU"}
	d, err := openDesk(c, func(*cli.Problem) {})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// newRun is a run of now that saw nothing.
func (d *desk) newRun() scanner.Run {
	return scanner.Run{
		Schema: scanner.RunSchema, ID: uuid.Must(uuid.NewV7()).String(), Establishment: d.config.Establishment.Identity(),
		Started: time.Now().UTC(), Ended: time.Now().UTC(), Status: scanner.RunComplete,
	}
}

// sealOnly seals a run as an agent does that is killed before it remembers it.
func sealOnly(t *testing.T, d *desk) scanner.Run {
	t.Helper()
	run := d.newRun()
	if _, err := runner.Seal(d.spool, d.identity.Key, "", run); err != nil {
		t.Fatal(err)
	}
	return run
}

func keepRun(t *testing.T, d *desk, run scanner.Run) {
	t.Helper()
	if _, err := d.keep(run); err != nil {
		t.Fatal(err)
	}
}

// wantRemembered demands that these runs are remembered, once each.
func wantRemembered(t *testing.T, d *desk, runs ...scanner.Run) {
	t.Helper()
	h, err := d.past.Recall(d.config.Establishment.Identity().Target())
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range runs {
		want = append(want, r.ID)
	}
	for _, r := range h.Runs {
		got = append(got, r.ID)
	}
	slices.Sort(got) // ids sort by time
	if diff := cmp.Diff(want, got); diff != "" || h.Known != len(runs) {
		t.Errorf("%d runs are known (-want +got):\n%s", h.Known, diff)
	}
}

func TestARunIsRememberedOnce(t *testing.T) {
	d := deskOf(t, t.TempDir(), "690781810")
	run := d.newRun()
	keepRun(t, d, run)
	keepRun(t, d, run) // found sealed
	d.catchUp()
	wantRemembered(t, d, run)
}

func TestARunSealedAndNotRememberedIsCaughtUp(t *testing.T) {
	state := t.TempDir()
	d := deskOf(t, state, "690781810")
	first := d.newRun()
	keepRun(t, d, first)
	killed := sealOnly(t, d)
	wantRemembered(t, d, first)

	again := deskOf(t, state, "690781810")
	again.catchUp()
	wantRemembered(t, again, first, killed)
	refused := sealOnly(t, again) // remembered with the next seal at the latest
	last := again.newRun()
	keepRun(t, again, last)
	wantRemembered(t, again, first, killed, refused, last)

	if err := os.Remove(filepath.Join(state, "history-690781810.json")); err != nil {
		t.Fatal(err)
	}
	again.catchUp()
	wantRemembered(t, again, first, killed, refused, last)
}

func TestRunsOfAnotherEstablishmentAreNotCaughtUp(t *testing.T) {
	state := t.TempDir()
	sealOnly(t, deskOf(t, state, "690781810"))
	other := deskOf(t, state, "130786049")
	other.catchUp()
	wantRemembered(t, other)
	if entries, err := os.ReadDir(state); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "history-690781810.json" }) {
		t.Errorf("a run is remembered beside its own agent: %v, %v", entries, err)
	}
}

func TestADamagedBundleKeepsNothingFromBeingRemembered(t *testing.T) {
	d := deskOf(t, t.TempDir(), "690781810")
	sealOnly(t, d)
	entries, err := d.spool.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entries[0].Path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := d.newRun()
	keepRun(t, d, run)
	wantRemembered(t, d, run)
}

// TestWhatTheMemoryLacksIsToldInBothLanguages: a person reads a sentence and what to
// do about it, once, with the words of the system apart.
func TestWhatTheMemoryLacksIsToldInBothLanguages(t *testing.T) {
	for lang, want := range map[scanner.Lang][]string{
		scanner.French:  {"carescan-agent: attention: le dossier scellé ", " n'est pas lisible\u00a0: ", "\ncarescan-agent: détail: ", "\ncarescan-agent: conseil: "},
		scanner.English: {"carescan-agent: warning: the sealed bundle ", " cannot be read: ", "\ncarescan-agent: detail: ", "\ncarescan-agent: hint: "},
	} {
		t.Run(string(lang), func(t *testing.T) {
			var said bytes.Buffer
			a := &app{err: &said, lang: cli.Language{Lang: lang}}
			d := deskOf(t, t.TempDir(), "690781810")
			d.warn = once(a.warn)
			sealOnly(t, d)
			entries, err := d.spool.Waiting()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(entries[0].Path, []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			d.catchUp()
			keepRun(t, d, d.newRun())
			for _, words := range want {
				if strings.Count(said.String(), words) != 1 {
					t.Errorf("%q is not said once:\n%s", words, said.String())
				}
			}
		})
	}
}

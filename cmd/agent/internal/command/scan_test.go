// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/agent/internal/spool"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// TestFlagAndFileReadTheSameDay holds that a day means the same in --authorised-until
// as in agent.yaml.
func TestFlagAndFileReadTheSameDay(t *testing.T) {
	for _, day := range []string{"2027-06-01", "01/06/2027", "2027-06-01T18:00:00+02:00"} {
		file := filepath.Join(t.TempDir(), "agent.yaml")
		if err := os.WriteFile(file, []byte("scope: {authorisation: {by: DG, until: "+day+"}}"), 0o600); err != nil {
			t.Fatal(err)
		}
		written, err := config.Load(file, sources.Sections())
		if err != nil {
			t.Fatal(err)
		}
		typed, err := selection{authorisedBy: "DG", authorisedUntil: day}.authorise(config.Default(sources.Sections()))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := written.Scope.Authorisation.Until, typed.Scope.Authorisation.Until; !a.Equal(b) || a.IsZero() {
			t.Errorf("%s: %s in the file, %s on the command line", day, a, b)
		}
	}
	for _, wrong := range []selection{{authorisedBy: "DG"}, {authorisedUntil: "2027-06-01"}, {authorisedBy: "DG", authorisedUntil: "demain"}} {
		if _, err := wrong.authorise(config.Default(sources.Sections())); err == nil {
			t.Errorf("%+v was accepted", wrong)
		}
	}
}

// TestSetAside: a bundle that the aggregator refused was not received; an older one
// that it refused takes nothing from the one just sent.
func TestSetAside(t *testing.T) {
	var said bytes.Buffer
	a := &app{err: &said, lang: cli.Language{Lang: scanner.French}}
	d := deskOf(t, t.TempDir(), "690781810")
	for range 3 {
		sealOnly(t, d)
	}
	waiting, err := d.spool.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(entry spool.Entry) {
		if err := d.spool.Reject(entry, "409 conflict"); err != nil {
			t.Fatal(err)
		}
	}
	sealed := func(e spool.Entry) bool { return e.ID == waiting[2].ID }
	refuse(waiting[0])
	before, err := d.spool.Rejected()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.setAside(d, before, sealed); err != nil || said.Len() > 0 {
		t.Errorf("nothing was refused since: %v, said:\n%s", err, said.String())
	}
	refuse(waiting[1])
	if err := a.setAside(d, before, sealed); err != nil || !strings.Contains(said.String(), "attention: l'agrégateur ne prend pas le dossier "+waiting[1].ID) {
		t.Errorf("an older bundle was refused: %v, said:\n%s", err, said.String())
	}
	refuse(waiting[2])
	if err := a.setAside(d, before, sealed); err == nil || !strings.Contains(err.Error(), waiting[2].ID) {
		t.Errorf("the bundle just sealed was refused: %v", err)
	}
}

// TestTwoProgramsOnOneState refuses the second, whichever it is, and lets commands
// that do not look come beside the daemon.
func TestTwoProgramsOnOneState(t *testing.T) {
	d := deskOf(t, t.TempDir(), "990000028")
	release, err := d.claim()
	if err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	a := &app{err: &told, out: &told, lang: cli.Language{Lang: scanner.French}, quiet: true}
	err = a.scanOnce(t.Context(), d.config, output{}, false)
	problem, ok := errors.AsType[*cli.Problem](err)
	if !ok || !strings.Contains(problem.Sentence.FR, "un autre programme travaille déjà") || !strings.Contains(problem.Hint.FR, "arrêtez l'autre") {
		t.Errorf("a second program: %v, want a refusal with its sentence", err)
	}
	if waiting := must(d.spool.Waiting())(t); len(waiting) != 0 {
		t.Errorf("the second program sealed %v", waiting)
	}
	release()
	again, err := d.claim()
	if err != nil {
		t.Fatalf("once the first is gone: %v", err)
	}
	again()
}

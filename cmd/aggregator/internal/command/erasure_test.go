// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestErase erases an establishment by command: what is told of it afterwards, and that a
// backup of what is left can be restored.
func TestErase(t *testing.T) { storetest.Each(t, testErase) }

func testErase(t *testing.T) {
	r := regiontest.New(t)
	a := r.Enrol(r.Establishment("690000013", "CHU canari").FINESS)
	a.Deliver(regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute)))
	b := r.Enrol(r.Establishment("290000017", "CH B").FINESS)
	b.Deliver(regiontest.Run(t, b.Site, time.Now().UTC().Add(-time.Minute)))
	command := func(want int, args ...string) string {
		t.Helper()
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(args, storetest.Flags(r.Place)...), &out, &problems); code != want {
			t.Fatalf("%v ended with %d, want %d: %s", args, code, want, problems.String())
		}
		return strings.ReplaceAll(out.String()+problems.String(), "\u00a0", " ")
	}
	says := func(said, words string) {
		t.Helper()
		if !strings.Contains(said, words) {
			t.Errorf("said\n%s\nwant %q", said, words)
		}
	}
	record := filepath.Join(t.TempDir(), "record.txt")
	says(command(2, "establishment", "erase", "690000013"), "rien n'a été effacé") // nobody types anything
	says(command(2, "establishment", "erase", "690000013", "--yes", "--record", r.Folder), "n'a pas pu être écrit")
	says(command(2, "establishment", "erase", "290000025", "--yes"), "n'existe pas")
	said := command(0, "establishment", "erase", "690000013", "--yes", "--record", record)
	says(said, "Établissement 690000013 effacé")
	_, key, _ := strings.Cut(said, "clé du journal ")
	key, _, _ = strings.Cut(key, " :")

	says(command(0, "doctor"), "Établissement effacé le ")
	says(command(0, "doctor", "--lang=en"), "bundles erased: 1")
	says(command(0, "establishment", "erase", "690000013"), "déjà effacé")
	if listed := command(0, "establishment", "list"); strings.Contains(listed, "690000013") {
		t.Errorf("it is still listed:\n%s", listed)
	}
	command(0, "rebuild")
	says(command(0, "doctor"), "tels que scellés")

	says(say(t, "verify", record, "--log-key", key), "VÉRIFIÉ. Cet établissement a été effacé")
	says(command(1, "verify", record), "--log-key")
	raw, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(record, bytes.Replace(raw, []byte("\noperator\n"), []byte("\nsomebody\n"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	says(command(1, "verify", record, "--log-key", key), "NON VÉRIFIÉ")

	public, private := keysOf(t)
	file, again := filepath.Join(t.TempDir(), "region.age"), filepath.Join(t.TempDir(), "again")
	command(0, "backup", file, public)
	say(t, "restore", file, private, "--data", again)
	says(strings.ReplaceAll(say(t, "doctor", "--data", again), "\u00a0", " "), "Établissement effacé le ")
}

// TestMigrateAfterErasure moves what an erasure left to PostgreSQL, and has the copy proven.
func TestMigrateAfterErasure(t *testing.T) {
	to, r := storetest.Empty(t), regiontest.NewJudging(t)
	for _, number := range []scanner.FINESS{"690000013", "290000017"} {
		a := r.Enrol(r.Establishment(number, "CHU").FINESS)
		for n, result := range []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused} { // says two things
			a.Deliver(regiontest.Looked(t, a.Site, time.Now().UTC().Add(time.Duration(n-9)*time.Minute), scanner.VantageInternet, result))
		}
	}
	for _, step := range []struct {
		want string
		args []string
	}{
		{"effacé", []string{"establishment", "erase", "690000013", "--yes", "--data", r.Folder}},
		{"2 dossiers vérifiés", []string{"migrate", "--data", r.Folder, "--to", to.Address, "--database-tls", "off"}},
		{"Établissement effacé le ", append(storetest.Flags(store.Place{Folder: r.Folder, Postgres: to}), "doctor")},
	} {
		if code, said := told(t, step.args...); code != 0 || !strings.Contains(strings.ReplaceAll(said, "\u00a0", " "), step.want) {
			t.Errorf("%v: code %d, want %q:\n%s", step.args, code, step.want, said)
		}
	}
}

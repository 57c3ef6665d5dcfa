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
	"carescan/scanner"
)

// TestDoctorFindsAnEdit changes a verdict straight in the database.
func TestDoctorFindsAnEdit(t *testing.T) {
	r := regiontest.New(t)
	a := r.Enrol(r.Establishment("690000013", "CHU A").FINESS)
	a.Deliver(regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute), regiontest.Said{
		Check: "exposure.hsts", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Fail, Severity: scanner.Critical,
	}))
	doctor := func(lang string) (int, string) {
		var out, problems bytes.Buffer
		code := run(t.Context(), []string{"doctor", "--lang=" + lang, "--data", r.Folder}, &out, &problems)
		return code, out.String()
	}
	if code, said := doctor("fr"); code != 0 || !strings.Contains(said, "tels que scellés") {
		t.Errorf("code %d before any edit:\n%s", code, said)
	}
	if _, err := r.Database().ExecContext(t.Context(), `UPDATE finding SET outcome = 'pass', observed = 'clear', failing = FALSE`); err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string]string{
		"fr": "ALTÉRATION : établissement 690000013 : les lignes de la table « finding »",
		"en": `ALTERED: establishment 690000013: the rows of table "finding"`,
	} {
		if code, said := doctor(lang); code != 1 || !strings.Contains(strings.ReplaceAll(said, "\u00a0", " "), words) {
			t.Errorf("code %d, want 1 and %q:\n%s", code, words, said)
		}
	}
}

// TestLostKeysAreRefused opens a region whose keys were lost: new ones would have every
// row be told as edited.
func TestLostKeysAreRefused(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	begin(t, folder)
	say(t, "doctor", "--data", folder)
	if err := os.RemoveAll(filepath.Join(folder, "keys")); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--lang=fr", "--data", folder}, &out, &problems); code != 2 || !strings.Contains(problems.String(), "ne sont pas celles de cette région") {
		t.Errorf("code %d: %s", code, problems.String())
	}
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"io/fs"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"carescan/scanner"
)

// TestUndeclaredOfAnOlderDatabase: a database that an earlier version filled counts
// apart what nobody declared as soon as it is opened, and nothing else.
func TestUndeclaredOfAnOlderDatabase(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.DownTo(t.Context(), 2); err != nil {
		t.Fatalf("go back to version 2: %v", err)
	}
	if err := s.AddEstablishment(t.Context(), scanner.Establishment{FINESS: "690000013", Name: "CHU"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	// The quotes of a value are escaped: the third only repeats the words of the first.
	for fp, detail := range map[string]string{
		"undeclared": `{"outcome":"inconclusive","reason":"no-source","values":{"source_key":"attestations"}}`,
		"unseen":     `{"outcome":"inconclusive","reason":"not-observed"}`,
		"quoting":    `{"outcome":"inconclusive","reason":"not-observed","values":{"said":"\"reason\":\"no-source\""}}`,
	} {
		if _, err := s.writer.ExecContext(t.Context(), `
			INSERT INTO finding (finess, fp, check_id, family, target, outcome, severity, severity_rank,
			    observed, observed_since, first_seen, last_seen, last_bundle, episode, detail)
			VALUES ('690000013', $1, 'governance.pssi-approval', 'governance', 'x', 'inconclusive', 'medium', 2, 'unverified', 0, 0, 0, '', 0, $2)`,
			fp, detail); err != nil {
			t.Fatalf("write finding %q as version 2 did: %v", fp, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, test := range map[string]struct {
		filter Filter
		want   int
	}{
		"all":   {Filter{Outcome: scanner.Inconclusive}, 3},
		"apart": {Filter{Outcome: scanner.Inconclusive, Declared: true}, 2},
	} {
		if n, err := s.CountFindings(t.Context(), Region(), "690000013", test.filter); n != test.want || err != nil {
			t.Errorf("%s: %d findings, want %d: %v", name, n, test.want, err)
		}
	}
	if list, err := s.Undeclared(t.Context(), Region(), "690000013", Filter{}); len(list) != 1 || err != nil {
		t.Errorf("%d findings are undeclared, want 1: %v", len(list), err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"carescan/cmd/internal/proof"
	"carescan/scanner"
)

// signedErasure is a record, signed, and the key of its log.
func signedErasure(t testing.TB, text string) (record, key string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer, err := proof.Signer(logName, private)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := private.Public().(ed25519.PublicKey)
	if key, err = proof.VerifierKey(logName, public); err != nil {
		t.Fatal(err)
	}
	raw, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), key
}

const logName = "carescan/0123456789abcdef"

func erased() proof.Erasure {
	return proof.Erasure{
		Origin: logName, Subject: proof.SubjectOf("690000013"), At: time.Date(2026, 12, 1, 1, 2, 3, 0, time.UTC), By: "operator", Bundles: 3, Deeds: 4,
	}
}

// TestParseErasure reads what was signed, and refuses what is no record of that log.
func TestParseErasure(t *testing.T) {
	whole := erased().String()
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"as written":        {whole, true},
		"of another log":    {strings.Replace(whole, "0123", "3210", 1), false},
		"a checkpoint":      {logName + "\n7\nAAAA\n", false},
		"a line more":       {whole + "x\n", false},
		"no number":         {strings.Replace(whole, "\n3\n", "\nx\n", 1), false},
		"written otherwise": {strings.Replace(whole, "\n3\n", "\n03\n", 1), false},
		"no moment":         {strings.Replace(whole, "2026-12-01", "2026-13-01", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			record, key := signedErasure(t, c.text)
			got, err := proof.ParseErasure(record, key)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(erased(), got); c.ok && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := proof.ParseCheckpoint(record, key); err == nil {
				t.Error("it passes for a checkpoint")
			}
		})
	}
	record, key := signedErasure(t, whole)
	for _, l := range scanner.Langs() {
		if told, holds := proof.TellErasure([]byte(record), key, l); !holds || !strings.Contains(told, erased().Subject) {
			t.Errorf("%s: told %q", l, told)
		}
		if told, holds := proof.TellErasure([]byte(record), "", l); holds || !strings.Contains(told, "--log-key") {
			t.Errorf("%s: told %q without a key", l, told)
		}
	}
}

func FuzzParseErasure(f *testing.F) {
	record, key := signedErasure(f, erased().String())
	f.Add(record)
	f.Add("carescan-erasure/1\n\n\n\n\n\n\n\n— " + logName + " AAAA\n")
	f.Fuzz(func(t *testing.T, seen string) {
		if e, err := proof.ParseErasure(seen, key); err == nil && e != erased() {
			t.Errorf("%q was never signed", seen)
		}
	})
}

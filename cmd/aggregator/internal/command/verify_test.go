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

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/reports/bundle"
	"carescan/scanner"
)

func TestVerify(t *testing.T) {
	r := regiontest.New(t)
	a := r.Enrol(r.Establishment("690000013", "CHU").FINESS)
	raw := a.Seal(a.Header(), regiontest.Run(t, a.Site, time.Now().Add(-time.Minute), regiontest.Said{
		Check: "exposure.hsts", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Pass, Severity: scanner.Low,
	}))
	path := filepath.Join(t.TempDir(), "run"+bundle.Extension)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := say(t, "verify", "--lang=en", path); !strings.Contains(out, scanner.Digest(raw)) || !strings.Contains(out, "intact") {
		t.Errorf("verify says %s", out)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, err bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--lang=en", path}, &out, &err); code != 1 || out.Len() != 0 {
		t.Errorf("a changed bundle ends with %d: %s", code, out.String())
	}
}

// TestVerifyProof walks from a receipt to a time-stamp, over a proof that a region of
// before gave.
func TestVerifyProof(t *testing.T) {
	const folder = "../../../internal/proof/testdata/"
	whole := []string{"verify", folder + "region.proof.json", "--key", folder + "seal.pem", "--tsa", folder + "tsa.pem"}
	for lang, words := range map[string][]string{
		"fr": {"VÉRIFIÉ. Ce qui est prouvé", "accusé réception", "couvre ce dossier", "rien n'y a été récrit", "l'a horodaté le"},
		"en": {"VERIFIED. What is proven", "acknowledged bundle", "covers this bundle", "nothing of it was rewritten", "time-stamped it on"},
	} {
		out := say(t, append(slices.Clone(whole), "--lang="+lang)...)
		for _, want := range words {
			if !strings.Contains(strings.ReplaceAll(out, "\u00a0", " "), want) {
				t.Errorf("%s: verify does not say %q:\n%s", lang, want, out)
			}
		}
	}
	raw, err := os.ReadFile(folder + "region.proof.json")
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.proof.json")
	if err := os.WriteFile(changed, bytes.Replace(raw, []byte("690000013"), []byte("690000021"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--lang=fr", changed}, &out, &problems); code != 1 || !strings.Contains(out.String(), "n'est pas signé par la région") {
		t.Errorf("a changed proof ends with %d:\n%s", code, out.String())
	}
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/internal/cli"
	"carescan/reports/bundle"
	"carescan/scanner"
)

func TestVerifyNamesWhatWasDropped(t *testing.T) {
	now := time.Now().UTC()
	artifact := scanner.NewArtifact("page elements", "text/plain", []byte("too much"))
	artifact.Ref.Dropped = true
	o := scanner.Observation{
		Kind: "web", Target: scanner.DomainTarget("chu.test"), Vantage: scanner.VantageInternet, At: now, Probe: "http",
		Status: scanner.StatusCompleted, Artifacts: []scanner.ArtifactRef{artifact.Ref},
	}.Identify()
	id := uuid.Must(uuid.NewV7()).String()
	raw, err := bundle.Seal(bundle.Bundle{
		Header: bundle.Header{ID: id, Seq: 1, Software: "test 1", SealedAt: now},
		Run: scanner.Run{
			Schema: scanner.RunSchema, ID: id, Started: now, Ended: now, Status: scanner.RunComplete, Observations: []scanner.Observation{o},
		},
	}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[scanner.Lang]struct{ sentence, name string }{
		scanner.French:  {"non gardées, faute de place", "éléments de la page"},
		scanner.English: {"not kept, for want of room", "page elements"},
	} {
		t.Run(string(lang), func(t *testing.T) {
			var out bytes.Buffer
			a := &app{out: &out, lang: cli.Language{Lang: lang}}
			if err := a.verifyBytes(raw, nil); err != nil {
				t.Fatal(err)
			}
			if said := out.String(); !strings.Contains(said, want.sentence) || !strings.Contains(said, artifact.Ref.Digest+"  "+want.name+" (8 ") {
				t.Errorf("verify says:\n%s\nwant %q and the artifact", said, want.sentence)
			}
		})
	}
}

// TestVerifyProof walks from a receipt to a time-stamp, over a proof that a region of
// before gave.
func TestVerifyProof(t *testing.T) {
	const folder = "../../../internal/proof/testdata/"
	verify := func(args ...string) (int, string) {
		var out, problems bytes.Buffer
		code := Main(append([]string{"verify"}, args...), strings.NewReader(""), &out, &problems)
		return code, strings.ReplaceAll(out.String()+problems.String(), "\u00a0", " ")
	}
	for lang, want := range map[string]string{"fr": "« CN=Test TSA » l'a horodaté", "en": "“CN=Test TSA” time-stamped it on"} {
		code, said := verify(folder+"region.proof.json", "--key", folder+"seal.pem", "--tsa", folder+"tsa.pem", "--lang="+lang)
		if code != 0 || !strings.Contains(said, want) || strings.Contains(said, "--key") || strings.Contains(said, "--tsa") {
			t.Errorf("%s: code %d, want %q and no doubt about the keys:\n%s", lang, code, want, said)
		}
	}
	if code, said := verify(folder+"region.proof.json", "--lang=en"); code != 0 || !strings.Contains(said, "--key") || !strings.Contains(said, "--tsa") {
		t.Errorf("code %d, want a doubt about whose the keys are:\n%s", code, said)
	}
	if code, said := verify(folder+"region.proof.json", "--tsa", folder+"seal.pem", "--lang=en"); code != 2 || !strings.Contains(said, "root certificates") {
		t.Errorf("code %d of a key in the place of roots:\n%s", code, said)
	}
	if code, _ := verify(folder+"region.proof.json", "--log-key", "carescan/x+00000000+AAAA"); code != 1 {
		t.Errorf("code %d of another key of the log", code)
	}
}

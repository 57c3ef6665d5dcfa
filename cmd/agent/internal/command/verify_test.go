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

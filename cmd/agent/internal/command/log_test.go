// SPDX-License-Identifier: Apache-2.0

package command

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"carescan/cmd/agent/internal/witness"
	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
)

// TestRewrittenHistoryReachesTheReader has an agent be shown two histories: doctor, the
// page and the exit code tell.
func TestRewrittenHistoryReachesTheReader(t *testing.T) {
	d := deskOf(t, t.TempDir(), "990000028")
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer := must(proof.Signer("carescan/test", private))(t)
	key := must(proof.VerifierKey("carescan/test", private.Public().(ed25519.PublicKey)))(t)
	w := must(d.identity.Witness())(t)
	shown := func(root string) error {
		c := proof.Checkpoint{Origin: "carescan/test", Tree: tlog.Tree{N: 7, Hash: tlog.RecordHash([]byte(root))}}
		_, err := w.Hear(wire.LogProofs{Checkpoint: string(must(note.Sign(&note.Note{Text: c.String()}, signer))(t))}, key, time.Now())
		return err
	}
	if list := signLog(d); len(list) != 0 {
		t.Errorf("nothing was seen, and doctor says %v", list)
	}
	if err := shown("one story"); err != nil {
		t.Fatal(err)
	}
	if list := signLog(d); len(list) != 1 || list[0].health != healthy {
		t.Errorf("once a checkpoint was seen, doctor says %v", list)
	}
	if err := shown("another"); !errors.Is(err, witness.ErrRewritten) {
		t.Fatalf("two histories: %v", err)
	}
	list := signLog(d)
	if len(list) != 1 || list[0].health != broken || !strings.Contains(list[0].seen.FR, "récrite") || !strings.Contains(list[0].hint.EN, w.Folder()) {
		t.Errorf("doctor says %v", list)
	}
	alarm, err := d.alarm()
	if err != nil || alarm == nil {
		t.Fatal(alarm, err)
	}
	if shown := signsOf(asError(alarm)); len(shown) != 1 || shown[0].health != broken {
		t.Errorf("the page shows %v", shown)
	}
}

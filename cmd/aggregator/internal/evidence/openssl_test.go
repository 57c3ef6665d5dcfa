// SPDX-License-Identifier: Apache-2.0

package evidence_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carescan/cmd/internal/proof"
	"carescan/cmd/internal/wire"
)

const guide = "../../../../docs/guide.fr.md"

// TestStrangerVerifiesWithOpenSSL runs the commands of the guide, as they are printed
// there, over proofs of logs of many sizes, then over ones of which a part was changed.
func TestStrangerVerifiesWithOpenSSL(t *testing.T) {
	raw, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	_, commands, found := strings.Cut(string(raw), "```sh\nchamp()")
	if !found {
		t.Fatal("the guide has no commands")
	}
	commands, _, _ = strings.Cut("champ()"+commands, "```")
	s := newStage(t)
	seal, err := s.Authority.SealKey()
	if err != nil {
		t.Fatal(err)
	}
	roots, err := os.ReadFile(s.tsa.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(p proof.Proof) (string, error) {
		folder := t.TempDir()
		written, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{"preuve.proof.json": written, "horodatage.pem": roots} {
			if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", commands)
		shell.Dir = folder
		said, err := shell.CombinedOutput()
		return string(said), err
	}
	var last proof.Proof
	var before wire.LogProofs
	now := time.Now()
	for n := range 9 {
		var receipt wire.Receipt
		for range n%3 + 1 {
			receipt = s.deliver(t)
		}
		now = now.Add(2 * time.Hour)
		s.round(t, now)
		var since int64
		if before.Checkpoint != "" {
			seen, err := proof.ParseCheckpoint(before.Checkpoint, receipt.Log.Key)
			if err != nil {
				t.Fatal(err)
			}
			since = seen.Tree.N
		}
		told := s.ask(t, wire.LogQuestion{Since: since, Bundles: []string{receipt.BundleID}})
		last = proof.Proof{
			SealKey: seal, LogKey: receipt.Log.Key, Receipt: receipt, LogInclusion: told.Inclusions[0],
			Checkpoint: told.Checkpoint, EarlierCheckpoint: before.Checkpoint, Consistency: told.Consistency, Stamps: told.Stamps,
		}
		if said, err := verify(last); err != nil || !strings.Contains(said, "Time stamp:") {
			t.Fatalf("a log of %s leaves: %v\n%s", strings.Split(told.Checkpoint, "\n")[1], err, said)
		}
		before = told
	}
	for name, change := range map[string]func(*proof.Proof){
		"digest":      func(p *proof.Proof) { p.Receipt.Digest += "0" },
		"promise":     func(p *proof.Proof) { promise := *p.Receipt.Log; promise.Within++; p.Receipt.Log = &promise },
		"checkpoint":  func(p *proof.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n", "\n1", 1) },
		"rows":        func(p *proof.Proof) { p.Rows = strings.Repeat("0", 32) },
		"index":       func(p *proof.Proof) { p.Index-- },
		"consistency": func(p *proof.Proof) { p.Consistency = p.Consistency[1:] },
		"stamp":       func(p *proof.Proof) { p.Stamps = []wire.LogStamp{{Token: before.Stamps[0].Token[:99]}} },
	} {
		t.Run(name, func(t *testing.T) {
			changed := last
			change(&changed)
			if said, err := verify(changed); err == nil {
				t.Errorf("what was changed is verified:\n%s", said)
			}
		})
	}
}

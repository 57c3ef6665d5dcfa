// SPDX-License-Identifier: Apache-2.0

package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/backup"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

const site = scanner.FINESS("690000013")

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// run is what an agent saw, with some noise of a size to keep beside.
func run(t testing.TB, a *regiontest.Agent, noise int) scanner.Run {
	t.Helper()
	r := regiontest.Run(t, a.Site, time.Now().UTC().Add(-time.Minute), regiontest.Said{
		Check: "exposure.spf-record", Target: scanner.DomainTarget("chu.test"), Outcome: scanner.Fail, Severity: scanner.High,
	})
	if noise > 0 {
		data := make([]byte, noise)
		_, _ = rand.Read(data) // never fails
		artifact := scanner.NewArtifact("noise", "application/octet-stream", data)
		r.Artifacts = append(r.Artifacts, artifact)
		r.Observations[0].Artifacts = append(r.Observations[0].Artifacts, artifact.Ref)
	}
	return r
}

// delivered is a bundle for which the region gave a receipt.
type delivered struct {
	id  string
	raw []byte
}

func deliver(t testing.TB, a *regiontest.Agent, noise int) delivered {
	t.Helper()
	h := a.Header()
	d := delivered{h.ID, a.Seal(h, run(t, a, noise))}
	if answer := a.Put(d.id, d.raw); answer.Status != http.StatusCreated {
		t.Fatalf("bundle refused: %d %s", answer.Status, answer.Body)
	}
	return d
}

func write(t testing.TB, r *regiontest.Region, to io.Writer, identity *age.X25519Identity) backup.Manifest {
	t.Helper()
	m, err := backup.Region{Folder: r.Folder, Store: r.Store, Software: "test"}.Write(t.Context(), to, time.Now(), identity.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestBackupWhileBundlesArrive copies a region under a herd: what had a receipt before
// is in the copy, what came after is asked for and sent again.
func TestBackupWhileBundlesArrive(t *testing.T) {
	r := regiontest.New(t)
	r.Establishment(site, "CHU A")
	a := r.Enrol(site)
	const large = 400 << 10 // kept as a file, beside the database
	var all []delivered
	for i := range 4 {
		all = append(all, deliver(t, a, (i%2)*large))
	}
	before := len(all)
	arriving := make(chan []delivered)
	begun := make(chan struct{})
	go func() {
		var came []delivered
		for i := range 12 {
			came = append(came, deliver(t, a, (i%2)*large))
			if i == 1 {
				close(begun)
			}
		}
		arriving <- came
	}()
	<-begun
	identity := newIdentity(t)
	var file bytes.Buffer
	write(t, r, &file, identity)
	all = append(all, <-arriving...)

	folder := filepath.Join(t.TempDir(), "region")
	if _, err := backup.Restore(t.Context(), bytes.NewReader(file.Bytes()), folder, identity); err != nil {
		t.Fatal(err)
	}
	restored := regiontest.Restore(t, folder)
	for i, d := range all[:before] {
		if raw, err := restored.Store.Sealed(t.Context(), store.Region(), site, d.id); err != nil || !bytes.Equal(raw, d.raw) {
			t.Errorf("bundle %d, received before the backup, is not in it: %v", i+1, err)
		}
	}
	sendAgain(t, a.At(restored), all)
	if n, err := restored.Store.CheckBlobs(t.Context()); err != nil || n != len(all)+1 {
		t.Errorf("%d bundles, %v; want %d", n, err, len(all)+1)
	}
	if chains, err := restored.Store.Chains(t.Context(), store.Region(), ""); err != nil || len(chains) != 0 {
		t.Errorf("chains %+v, %v, once all came again", chains, err)
	}
}

// sendAgain delivers one more bundle to a restored region, then all that it asks for.
func sendAgain(t *testing.T, a *regiontest.Agent, kept []delivered) {
	t.Helper()
	h := a.Header()
	answer := a.Put(h.ID, a.Seal(h, run(t, a, 0)))
	if answer.Status != http.StatusCreated {
		t.Fatalf("status %d: %s", answer.Status, answer.Body)
	}
	spans, err := wire.ParseSpans(answer.Header.Get(wire.HeaderMissing))
	if err != nil || len(spans) == 0 {
		t.Fatalf("asked for %q, %v: the copy holds all, and nothing is proven", answer.Header.Get(wire.HeaderMissing), err)
	}
	for _, span := range spans {
		for n := span.From; n <= span.To; n++ {
			if got := a.Put(kept[n-1].id, kept[n-1].raw); got.Status != http.StatusCreated {
				t.Errorf("number %d sent again: %d %s", n, got.Status, got.Body)
			}
		}
	}
}

// TestDamagedBackupIsRefused cuts a backup short and changes its bytes, here and there
// from the first to the last: nothing of it is left.
func TestDamagedBackupIsRefused(t *testing.T) {
	r := regiontest.New(t)
	r.Establishment(site, "CHU A")
	deliver(t, r.Enrol(site), 300<<10)
	identity := newIdentity(t)
	var file bytes.Buffer
	write(t, r, &file, identity)
	whole := file.Bytes()
	const parts = 24
	for i := range parts {
		at := i * (len(whole) - 1) / (parts - 1)
		changed := bytes.Clone(whole)
		changed[at] ^= 0x20
		for how, raw := range map[string][]byte{"changed": changed, "cut": whole[:at]} {
			folder := filepath.Join(t.TempDir(), "region")
			_, err := backup.Restore(t.Context(), bytes.NewReader(raw), folder, identity)
			if !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrOtherKey) {
				t.Errorf("%s at byte %d of %d: %v", how, at, len(whole), err)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("%s at byte %d: left %v, %v", how, at, left, err)
			}
		}
	}
}

// TestBackupIsForItsKeys refuses another key, and a folder where something is.
func TestBackupIsForItsKeys(t *testing.T) {
	r := regiontest.New(t)
	identity := newIdentity(t)
	var file bytes.Buffer
	write(t, r, &file, identity)
	for name, c := range map[string]struct {
		folder   string
		identity age.Identity
		want     error
	}{
		"another key":       {filepath.Join(t.TempDir(), "region"), newIdentity(t), backup.ErrOtherKey},
		"a folder with one": {r.Folder, identity, backup.ErrOccupied},
	} {
		if _, err := backup.Restore(t.Context(), bytes.NewReader(file.Bytes()), c.folder, c.identity); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := backup.Check(t.Context(), bytes.NewReader(file.Bytes()), identity); err != nil {
		t.Errorf("the right key: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "carescan-backup-*")); err != nil || len(left) > 0 {
		t.Errorf("a check left %v, %v", left, err)
	}
}

// TestForgedArchives are encrypted for the right key, as anybody can who knows its
// public part, and try to write elsewhere, twice, or without a manifest.
func TestForgedArchives(t *testing.T) {
	identity := newIdentity(t)
	for name, entries := range map[string][]tar.Header{
		"above the folder":   {{Name: "../stolen", Size: 1}},
		"absolute":           {{Name: "/etc/stolen", Size: 1}},
		"a link":             {{Name: "keys/ca.key", Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"}},
		"twice":              {{Name: "keys/ca.key", Size: 1}, {Name: "keys/ca.key", Size: 1}},
		"without a manifest": {{Name: "carescan.db", Size: 1}},
		"an endless one":     {{Name: "manifest.json", Size: 1 << 40}},
		"nothing":            nil,
	} {
		t.Run("archive-"+name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "region")
			_, err := backup.Restore(t.Context(), bytes.NewReader(forge(t, identity.Recipient(), entries)), folder, identity)
			if !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("got %v", err)
			}
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

func forge(t *testing.T, recipient age.Recipient, entries []tar.Header) []byte {
	t.Helper()
	var file bytes.Buffer
	sealed, err := age.Encrypt(&file, recipient)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := zstd.NewWriter(sealed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(packed)
	for _, header := range entries {
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(make([]byte, min(header.Size, 1))); err != nil {
			t.Fatal(err)
		}
	}
	_ = archive.Flush() // an entry that lies of its size has an error of its own
	if err := errors.Join(packed.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestBackupStopsWithItsReader ends at once when it is given up, and leaves nothing.
func TestBackupStopsWithItsReader(t *testing.T) {
	r := regiontest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := backup.Region{Folder: r.Folder, Store: r.Store}.Write(ctx, io.Discard, time.Now(), newIdentity(t).Recipient())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(r.Folder, "backup-*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestRehearsal tells a region that can be restored from one whose bundle was lost, and
// leaves nothing behind.
func TestRehearsal(t *testing.T) {
	r := regiontest.New(t)
	r.Establishment(site, "CHU A")
	deliver(t, r.Enrol(site), 300<<10)
	region := backup.Region{Folder: r.Folder, Store: r.Store, Software: "test"}
	if err := region.Rehearse(t.Context(), time.Now()); err != nil {
		t.Errorf("a sound region: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(r.Folder, "blobs", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v: no bundle is kept as a file, and nothing is proven", files, err)
	}
	if err := os.WriteFile(files[0], []byte("rot"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := region.Rehearse(t.Context(), time.Now()); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a bundle that rotted: %v", err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := region.Rehearse(t.Context(), time.Now()); err == nil {
		t.Error("a bundle that is gone: no error")
	}
	if left, err := filepath.Glob(filepath.Join(r.Folder, "backup-*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestRewrittenLogIsRefused saves a region whose evidence log was changed after it was
// signed, and one of which a verdict was.
func TestRewrittenLogIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		edit    string
		refused bool
	}{
		"untouched": {"SELECT 1", false},
		"verdict":   {"UPDATE finding SET outcome = 'pass'", false}, // doctor tells, rebuild derives it again
		"node":      {"UPDATE log_node SET hash = zeroblob(32) WHERE node = 1", true},
		"leaf":      {"DELETE FROM log_leaf WHERE node = (SELECT MAX(node) FROM log_leaf)", true},
	} {
		t.Run(name, func(t *testing.T) {
			r, identity := regiontest.New(t), newIdentity(t)
			deliver(t, r.Enrol(r.Establishment(site, "CHU").FINESS), 0)
			if err := evidence.New(r.Store, r.Authority, nil, regiontest.Quiet()).Round(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Database().ExecContext(t.Context(), c.edit); err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			write(t, r, &file, identity)
			_, err := backup.Check(t.Context(), &file, identity)
			if errors.Is(err, evidence.ErrAltered) != c.refused || !c.refused && err != nil {
				t.Errorf("error %v, refused is meant: %v", err, c.refused)
			}
		})
	}
}

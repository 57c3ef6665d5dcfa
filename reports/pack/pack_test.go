// SPDX-License-Identifier: Apache-2.0

package pack_test

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/reports/bundle/envelope"
	"carescan/reports/internal/example"
	"carescan/reports/pack"
	"carescan/reports/render/dossier"
	"carescan/scanner"
)

// content is a whole pack of the synthetic hospital, before it is written.
func content(t testing.TB) pack.Pack {
	t.Helper()
	d, raw, err := example.Document()
	if err != nil {
		t.Fatal(err)
	}
	d.Bundle.Digest = scanner.Digest(raw)
	p := pack.Pack{Dossiers: map[scanner.Lang][]byte{}, Bundles: [][]byte{raw}, SealedAt: example.At.Add(24 * time.Hour)}
	for _, l := range scanner.Langs() {
		var out bytes.Buffer
		if err := dossier.Write(&out, d, l); err != nil {
			t.Fatal(err)
		}
		p.Dossiers[l] = out.Bytes()
	}
	return p
}

func write(t testing.TB, p pack.Pack, key crypto.Signer) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := pack.Write(&out, p, key); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verify(raw []byte, o pack.Options) (*pack.Result, error) {
	return pack.Verify(bytes.NewReader(raw), int64(len(raw)), o)
}

func wantPart(t *testing.T, err error, part string) {
	t.Helper()
	var wrong *envelope.PartError
	if !errors.As(err, &wrong) || wrong.Part != part {
		t.Errorf("error = %v, want one of part %q", err, part)
	}
}

func TestWriteThenVerify(t *testing.T) {
	raw := write(t, content(t), example.PackKey())
	got, err := verify(raw, pack.Options{Key: example.PackKey().Public(), BundleKey: example.Key().Public()})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Files) != 4 || len(got.Bundles) != 1 || got.FINESS != "990000010" {
		t.Errorf("result = %+v", got)
	}
	known := len(got.NotProven)
	unknown, err := verify(raw, pack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(unknown.NotProven) != known+2 {
		t.Errorf("keys that nobody vouches for are not said: %v", unknown.NotProven)
	}
	for _, statement := range append(got.Proven, unknown.NotProven...) {
		if statement.FR == "" || statement.EN == "" || strings.Contains(statement.FR+statement.EN, "%!") {
			t.Errorf("statement = %+v", statement)
		}
	}
}

func TestOtherKeysAreRefused(t *testing.T) {
	raw := write(t, content(t), example.PackKey())
	_, err := verify(raw, pack.Options{Key: example.Key().Public()})
	wantPart(t, err, pack.ManifestName)
	_, err = verify(raw, pack.Options{BundleKey: example.PackKey().Public()})
	wantPart(t, err, example.Run().ID+".carescan")
}

type file struct {
	name string
	data []byte
}

func unpack(t testing.TB, raw []byte) []file {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{f.Name, data})
	}
	return files
}

func repack(t testing.TB, files []file, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Someone who may repair the checksums of the archive still cannot change a
// byte of a file.
func TestEveryFileIsGuarded(t *testing.T) {
	files := unpack(t, write(t, content(t), example.PackKey()))
	for i, f := range files {
		for _, at := range []int{0, len(f.data) / 3, len(f.data) / 2, len(f.data) - 1} {
			f.data[at] ^= 1
			_, err := verify(repack(t, files, zip.Store), pack.Options{})
			wantPart(t, err, f.name)
			f.data[at] ^= 1
		}
		_, err := verify(repack(t, append(append([]file{}, files[:i]...), files[i+1:]...), zip.Store), pack.Options{})
		if _, ok := errors.AsType[*envelope.PartError](err); !ok {
			t.Errorf("without %s: %v", f.name, err)
		}
	}
}

// TestManifestHasOneReading signs manifests that two readers understand in two ways.
func TestManifestHasOneReading(t *testing.T) {
	files := unpack(t, write(t, content(t), example.PackKey()))
	at := slices.IndexFunc(files, func(f file) bool { return f.name == pack.ManifestName })
	sealed, err := envelope.Open(files[at].data, pack.PayloadType, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{`"finess":`, `"finess":"990000028","finess":`},
		{`"finess":`, `"FINESS":"990000028","finess":`},
		{`"finess":`, `"Finess":`},
		{`"digest":`, `"digest":"","digest":`},
		{`"name":`, `"\u004eame":"other","name":`},
	} {
		text := strings.Replace(string(sealed.Payload), c[0], c[1], 1)
		if text == string(sealed.Payload) {
			t.Fatalf("the manifest holds no %s", c[0])
		}
		if files[at].data, err = envelope.Seal(pack.PayloadType, []byte(text), example.PackKey()); err != nil {
			t.Fatal(err)
		}
		_, err := verify(repack(t, files, zip.Store), pack.Options{})
		wantPart(t, err, pack.ManifestName)
		if err != nil && !strings.Contains(err.Error(), "name") {
			t.Errorf("%s: refused for something else: %v", c[1], err)
		}
	}
}

func TestFlippedByteOfTheArchiveIsNeverTaken(t *testing.T) {
	raw := write(t, content(t), example.PackKey())
	want := unpack(t, raw)
	// One byte in 61 keeps the test quick; 61 is prime, so that no structure of
	// the archive is always stepped over.
	for i := 0; i < len(raw); i += 61 {
		raw[i] ^= 0x10
		if _, err := verify(raw, pack.Options{}); err == nil && !same(want, unpack(t, raw)) {
			t.Fatalf("byte %d changed a file and nobody noticed", i)
		}
		raw[i] ^= 0x10
	}
}

func same(a, b []file) bool {
	for i := range a {
		if len(a) != len(b) || a[i].name != b[i].name || !bytes.Equal(a[i].data, b[i].data) {
			return false
		}
	}
	return true
}

func TestRepackedArchiveStaysGood(t *testing.T) {
	files := unpack(t, write(t, content(t), example.PackKey()))
	if _, err := verify(repack(t, files, zip.Deflate), pack.Options{}); err != nil {
		t.Error(err)
	}
}

func TestStrangeArchivesAreRefused(t *testing.T) {
	files := unpack(t, write(t, content(t), example.PackKey()))
	with := func(extra ...file) []byte {
		return repack(t, append(append([]file{}, files...), extra...), zip.Deflate)
	}
	many := make([]file, 80)
	for i := range many {
		many[i] = file{"a", nil}
	}
	cases := map[string]struct {
		raw  []byte
		part string
	}{
		"not-an-archive": {[]byte("hello"), "archive"},
		"unknown-file":   {with(file{"virus.exe", nil}), "virus.exe"},
		"path-upwards":   {with(file{"../../etc/passwd", nil}), `"../../etc/passwd"`},
		"file-twice":     {with(files[1]), files[1].name},
		"many-files":     {with(many...), "archive"},
		"bomb":           {with(file{"bomb", make([]byte, 40<<20)}), "bomb"},
		"stray-bundle":   {with(file{"019aa9b5-4f00-7000-8000-0000000000ff.carescan", files[3].data}), "019aa9b5-4f00-7000-8000-0000000000ff.carescan"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := verify(c.raw, pack.Options{})
			wantPart(t, err, c.part)
		})
	}
}

func TestDossierOfAnotherRunIsNeverPacked(t *testing.T) {
	p := content(t)
	p.Dossiers[scanner.English] = []byte("<!DOCTYPE html><title>another</title>")
	wantPart(t, pack.Write(io.Discard, p, example.PackKey()), pack.DossierName(scanner.English))
}

func TestBrokenBundleNeverEntersAPack(t *testing.T) {
	p := content(t)
	p.Bundles[0][100] ^= 1
	if err := pack.Write(io.Discard, p, example.PackKey()); err == nil {
		t.Error("a broken bundle was packed")
	}
}

// The commands that the pack gives to a stranger are tried as written.
func TestReadMeCommandsWork(t *testing.T) {
	for _, tool := range []string{"openssl", "sha256sum", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"ed25519": example.PackKey(), "ecdsa-p256": p256} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			commands := lay(t, dir, unpack(t, write(t, content(t), key)))
			id, _ := envelope.KeyID(key.Public())
			if out, err := run(dir, commands); err != nil || !strings.Contains(out, id) {
				t.Fatalf("%v\n%s", err, out)
			}
			tampered := filepath.Join(dir, "dossier-fr.html")
			if err := os.WriteFile(tampered, []byte("other"), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := run(dir, commands); err == nil {
				t.Errorf("the commands accept a changed file:\n%s", out)
			}
		})
	}
}

// lay writes the files of a pack and returns the commands of its read-me.
func lay(t *testing.T, dir string, files []file) string {
	t.Helper()
	var commands []string
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if f.name != pack.ReadMeName {
			continue
		}
		for line := range strings.Lines(string(f.data)) {
			if command, ok := strings.CutPrefix(line, "    $ "); ok {
				commands = append(commands, command)
			}
		}
	}
	if len(commands) != 8 {
		t.Fatalf("commands = %q", commands)
	}
	return strings.Join(commands, "")
}

func run(dir, commands string) (string, error) {
	shell := exec.Command("sh", "-e", "-c", commands)
	shell.Dir = dir
	out, err := shell.CombinedOutput()
	return string(out), err
}

func FuzzVerify(f *testing.F) {
	raw := write(f, content(f), example.PackKey())
	f.Add(raw)
	f.Add(repack(f, unpack(f, raw)[:2], zip.Deflate))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	want := unpack(f, raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := verify(raw, pack.Options{Key: example.PackKey().Public()})
		var wrong *envelope.PartError
		if err != nil && !errors.As(err, &wrong) {
			t.Fatalf("error without a part: %v", err)
		}
		if err == nil && !samePack(want, unpack(t, raw)) {
			t.Fatal("another pack verifies with the same key")
		}
	})
}

// samePack compares without regard to the order of the files.
func samePack(a, b []file) bool {
	held := map[string]string{}
	for _, f := range a {
		held[f.name] = string(f.data)
	}
	for _, f := range b {
		if data, ok := held[f.name]; !ok || data != string(f.data) {
			return false
		}
	}
	return len(a) == len(b)
}

// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"

	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/reports/internal/example"
	"carescan/reports/internal/golden"
	"carescan/scanner"
)

func seal(t testing.TB, b bundle.Bundle) []byte {
	t.Helper()
	raw, err := bundle.Seal(b, example.Key())
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return raw
}

func wantPart(t *testing.T, err error, part string) {
	t.Helper()
	var wrong *bundle.PartError
	if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Part, part) {
		t.Errorf("error = %v, want one of part %q", err, part)
	}
}

func TestSealThenOpen(t *testing.T) {
	b := example.Bundle()
	raw := seal(t, b)
	got, err := bundle.Open(raw, bundle.Options{Key: example.Key().Public()})
	if err != nil {
		t.Fatal(err)
	}
	ignored := cmp.Options{
		cmpopts.IgnoreFields(scanner.Run{}, "Names"), cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty(),
		cmpopts.SortSlices(func(a, b scanner.Artifact) bool { return a.Ref.Digest < b.Ref.Digest }),
	}
	if diff := cmp.Diff(b, got.Bundle, ignored); diff != "" {
		t.Errorf("bundle (-want +got):\n%s", diff)
	}
	if got.Digest != scanner.Digest(raw) {
		t.Errorf("digest = %s, want that of the sealed bytes", got.Digest)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestECDSASeals(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := bundle.Seal(example.Bundle(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Open(raw, bundle.Options{}); err != nil {
		t.Error(err)
	}
	_, err = bundle.Open(raw, bundle.Options{Key: example.Key().Public()})
	wantPart(t, err, "key")
}

// small is a bundle of one finding, so that every byte of it can be tried.
func small() bundle.Bundle {
	b := example.Bundle()
	b.Run.Controls = nil
	b.Run.Findings = b.Run.Findings[:1]
	b.Run.Coverage = b.Run.Coverage[:1]
	keep := b.Run.Findings[0].Observations[0]
	for _, o := range b.Run.Observations {
		if o.ID == keep {
			b.Run.Observations = []scanner.Observation{o}
			break
		}
	}
	b.Run.Artifacts = nil
	for _, a := range example.Run().Artifacts {
		if a.Ref == b.Run.Observations[0].Artifacts[0] {
			b.Run.Artifacts = []scanner.Artifact{a}
		}
	}
	return b
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	raw := seal(t, small())
	for i := range raw {
		bit := byte(1) << (i % 8)
		raw[i] ^= bit
		_, err := bundle.Open(raw, bundle.Options{})
		if _, ok := errors.AsType[*bundle.PartError](err); !ok {
			t.Fatalf("byte %d flipped by %#x: %v", i, bit, err)
		}
		raw[i] ^= bit
	}
}

func TestTrailingBytesAreRefused(t *testing.T) {
	raw := seal(t, small())
	_, err := bundle.Open(append(raw, ' '), bundle.Options{})
	wantPart(t, err, "envelope")
}

func TestTruncatedBundleIsRefused(t *testing.T) {
	raw := seal(t, small())
	for end := range raw {
		if _, err := bundle.Open(raw[:end], bundle.Options{}); err == nil {
			t.Fatalf("the first %d bytes alone were accepted", end)
		}
	}
}

func TestNamesAreNeverSealed(t *testing.T) {
	b := example.Bundle()
	o, err := bundle.Open(seal(t, b), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := plain(t, seal(t, b))
	for pseudonym, name := range b.Run.Names {
		if bytes.Contains(text, []byte(name)) {
			t.Errorf("the name behind %s is in the sealed bytes", pseudonym)
		}
	}
	if o.Run.Names != nil {
		t.Errorf("names came out: %v", o.Run.Names)
	}
}

// plain is the JSON inside a sealed bundle, by the tools a stranger would use.
func plain(t *testing.T, raw []byte) []byte {
	t.Helper()
	sealed, err := envelope.Open(raw, bundle.PayloadType, nil)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(sealed.Payload, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHostileTextsAreCleanedWhenSealed(t *testing.T) {
	b := example.Bundle()
	const hostile = "bad \x1b[31m\u202etxt\x00"
	b.Run.Findings[0].Message.FR = hostile
	b.Run.Findings[0].Values = scanner.Values{"banner": hostile}
	b.Run.Findings[1].Message.EN = strings.Repeat("é", 9000)
	b.Run.Observations[0].Error = hostile
	old := b.Run.Observations[0].ID
	for i, f := range b.Run.Findings {
		for j, id := range f.Observations {
			if id == old {
				b.Run.Findings[i].Observations[j] = b.Run.Observations[0].Identify().ID
			}
		}
	}
	b.Run.Observations[0] = b.Run.Observations[0].Identify()
	got, err := bundle.Open(seal(t, b), bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "bad �[31m�txt�"; got.Run.Findings[0].Message.FR != want {
		t.Errorf("message = %q, want %q", got.Run.Findings[0].Message.FR, want)
	}
	if b.Run.Findings[0].Message.FR != hostile {
		t.Error("the run of the caller was changed")
	}
}

// The file was written by the first version of the format and stays for ever.
func TestFirstVersionStillOpens(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "compat", "v1.carescan"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := bundle.Open(raw, bundle.Options{Key: example.Key().Public()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(got.Run, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "compat/v1.json", append(text, '\n'))
}

func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

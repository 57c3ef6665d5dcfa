// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/reports/internal/example"
	"carescan/scanner"
)

// sealFrame signs any payload with a good key, as a broken agent would.
func sealFrame(t testing.TB, payload []byte) []byte {
	t.Helper()
	raw, err := envelope.Seal(bundle.PayloadType, payload, example.Key())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func frame(t testing.TB, text []byte, options ...zstd.EOption) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	return encoder.EncodeAll(text, nil)
}

const bombSize = 200 << 20

func TestBombIsRefusedUnderAMemoryBound(t *testing.T) {
	honest := frame(t, make([]byte, bombSize))
	lying := bytes.Clone(honest)
	// Four bytes of size follow the magic number, the descriptor and the window.
	at := bytes.Index(lying, binary.LittleEndian.AppendUint32(nil, bombSize))
	binary.LittleEndian.PutUint32(lying[at:], 1<<20)
	for name, payload := range map[string][]byte{"honest": honest, "lying": lying} {
		t.Run(name, func(t *testing.T) {
			raw := sealFrame(t, payload)
			var err error
			spent := allocated(func() { _, err = bundle.Open(raw, bundle.Options{}) })
			wantPart(t, err, "compression")
			if !errors.Is(err, bundle.ErrTooLarge) {
				t.Errorf("error = %v, want ErrTooLarge", err)
			}
			if spent > 48<<20 {
				t.Errorf("%d bytes were allocated to refuse it", spent)
			}
		})
	}
}

func TestRatioIsBounded(t *testing.T) {
	text, err := json.Marshal(map[string]string{"header": strings.Repeat("a", 8<<20)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = bundle.Open(sealFrame(t, frame(t, text)), bundle.Options{})
	if !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("error = %v, want ErrTooLarge", err)
	}
}

func TestFrameMustBeSingleAndSized(t *testing.T) {
	one := frame(t, []byte(`{"header":{}}`))
	skippable := []byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}
	var unsized bytes.Buffer
	writer, err := zstd.NewWriter(&unsized)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a flush between keeps the writer from knowing the size
		if _, err := io.WriteString(writer, strings.Repeat(`{"header":{}}`, 100)); err != nil {
			t.Fatal(err)
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"not-zstd": []byte("hello"), "nothing": {}, "two-frames": append(bytes.Clone(one), one...),
		"trailing-byte": append(bytes.Clone(one), 0), "skippable-before": append(bytes.Clone(skippable), one...),
		"skippable-after": append(bytes.Clone(one), skippable...), "no-size": unsized.Bytes(), "cut": one[:len(one)-2],
	}
	for name, payload := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := bundle.Open(sealFrame(t, payload), bundle.Options{})
			wantPart(t, err, "compression")
		})
	}
}

func TestWireSizeIsBounded(t *testing.T) {
	_, err := bundle.Open(make([]byte, bundle.MaxBytes+1), bundle.Options{})
	if wantPart(t, err, "envelope"); !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("error = %v, want ErrTooLarge", err)
	}
}

func TestManySignaturesCostNothing(t *testing.T) {
	raw := []byte(`{"payloadType":"` + bundle.PayloadType + `","payload":"","signatures":[` + strings.Repeat(`{},`, 600_000) + `{}]}`)
	var err error
	spent := allocated(func() { _, err = bundle.Open(raw, bundle.Options{}) })
	wantPart(t, err, "envelope")
	if spent > 16<<20 {
		t.Errorf("%d bytes were allocated to refuse it", spent)
	}
}

// Text that is short to write and dear to hold.
func TestDearJSONIsRefusedBeforeItIsDecoded(t *testing.T) {
	cases := map[string]string{
		"findings":     `{"run":{"findings":[` + strings.Repeat(`{},`, 1_000_000) + `{}]}}`,
		"one-too-many": `{"run":{"findings":[` + strings.Repeat(`{},`, bundle.MaxFindings) + `{}]}}`,
		"depth":        strings.Repeat(`{"run":`, 17) + `1` + strings.Repeat(`}`, 17) + strings.Repeat(" ", 300),
		"values":       `{"run":{"coverage":[` + strings.Repeat(`{"check":[`+strings.Repeat(`0,`, 120)+`0]},`, 19_000) + `{}]}}`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			raw := sealFrame(t, frame(t, []byte(text)))
			var err error
			spent := allocated(func() { _, err = bundle.Open(raw, bundle.Options{MaxRatio: 1 << 20}) })
			if wantPart(t, err, "run"); !errors.Is(err, bundle.ErrTooLarge) {
				t.Errorf("error = %.200v, want ErrTooLarge", err)
			}
			if spent > 48<<20 {
				t.Errorf("%d bytes were allocated to refuse it", spent)
			}
		})
	}
}

// sealed is the document inside a bundle, for tests to falsify and sign again.
type sealed struct {
	Header    bundle.Header `json:"header"`
	Run       scanner.Run   `json:"run"`
	Artifacts []struct {
		Ref  scanner.ArtifactRef `json:"ref"`
		Data []byte              `json:"data"`
	} `json:"artifacts"`
}

func TestContradictionsAreNamed(t *testing.T) {
	good := plain(t, seal(t, example.Bundle()))
	cases := map[string]struct {
		falsify func(d *sealed)
		part    string
	}{
		"other-finess":         {func(d *sealed) { d.Header.FINESS = "990000028" }, "header"},
		"id-not-v7":            {func(d *sealed) { d.Header.ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8" }, "header"},
		"previous-no-digest":   {func(d *sealed) { d.Header.Previous = "sha256:xyz" }, "header"},
		"control-character":    {func(d *sealed) { d.Run.Establishment.Name = "a\x1b[2Jb" }, "run"},
		"bidi-character":       {func(d *sealed) { d.Run.Findings[0].Title.FR = "a\u202eb" }, "finding "},
		"long-text":            {func(d *sealed) { d.Run.Findings[0].Fix.FR = strings.Repeat("a", 9000) }, "finding "},
		"unknown-schema":       {func(d *sealed) { d.Run.Schema = "carescan.run/9" }, "run"},
		"unknown-status":       {func(d *sealed) { d.Run.Status = "great" }, "run"},
		"time-backwards":       {func(d *sealed) { d.Run.Ended = d.Run.Started.AddDate(0, 0, -1) }, "run"},
		"other-artifact-bytes": {func(d *sealed) { d.Artifacts[0].Data = []byte("other") }, "artifact sha256:"},
		"artifact-missing":     {func(d *sealed) { d.Artifacts = d.Artifacts[1:] }, "artifact sha256:"},
		"artifact-twice":       {func(d *sealed) { d.Artifacts = append(d.Artifacts, d.Artifacts[0]) }, "artifact sha256:"},
		"other-fact":           {func(d *sealed) { d.Run.Observations[0].Fact = []byte(`{}`) }, "observation obs-"},
		"observation-twice":    {func(d *sealed) { d.Run.Observations = append(d.Run.Observations, d.Run.Observations[0]) }, "observation obs-"},
		"observation-missing":  {func(d *sealed) { d.Run.Observations = nil }, "finding "},
		"other-target":         {func(d *sealed) { d.Run.Findings[0].Target.ID = "autre.test" }, "finding "},
		"finding-twice":        {func(d *sealed) { d.Run.Findings = append(d.Run.Findings, d.Run.Findings[0]) }, "finding "},
		"unknown-outcome":      {func(d *sealed) { d.Run.Findings[0].Outcome = "perfect" }, "finding "},
		"unknown-strength":     {func(d *sealed) { d.Run.Findings[0].Strength = "sworn" }, "finding "},
		"control-strength":     {func(d *sealed) { d.Run.Controls[0].Strength = "sworn" }, "control "},
		"not-covered":          {func(d *sealed) { d.Run.Coverage = d.Run.Coverage[1:] }, "finding "},
		"coverage-status":      {func(d *sealed) { d.Run.Coverage[0].Status = "maybe" }, "run"},
		"control-unfounded":    {func(d *sealed) { d.Run.Controls[0].Findings = []string{"nothing"} }, "control "},
		"control-state":        {func(d *sealed) { d.Run.Controls[0].State = "perfect" }, "control "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var d sealed
			if err := json.Unmarshal(good, &d); err != nil {
				t.Fatal(err)
			}
			c.falsify(&d)
			_, err := bundle.Open(sealFrame(t, frame(t, []byte(mustJSON(t, d)))), bundle.Options{})
			wantPart(t, err, c.part)
		})
	}
}

func TestInvalidUTF8IsRefused(t *testing.T) {
	text := bytes.Replace(plain(t, seal(t, example.Bundle())), []byte("Exemple"), []byte("Ex\xffmple"), 1)
	_, err := bundle.Open(sealFrame(t, frame(t, text)), bundle.Options{})
	wantPart(t, err, "run")
}

func TestManyFindingsStayReadable(t *testing.T) {
	b := small()
	model := b.Run.Findings[0]
	for i := range 3000 {
		f := model
		f.Target.ID = fmt.Sprintf("h%d.chu.test", i)
		f.Fingerprint = scanner.Fingerprint(f.Check, f.Target.Key())
		b.Run.Findings = append(b.Run.Findings, f)
		b.Run.Coverage = append(b.Run.Coverage, scanner.Coverage{Check: f.Check, Target: f.Target, Status: scanner.StatusCompleted})
	}
	if raw := seal(t, b); len(raw) > bundle.MaxBytes/2 {
		t.Errorf("3000 findings take %d bytes", len(raw))
	}
}

// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"carescan/reports/bundle"
	"carescan/reports/internal/example"
)

// open demands that whatever was refused names the wrong part, and that
// whatever was accepted can be sealed and opened again.
func open(t *testing.T, raw []byte) {
	got, err := bundle.Open(raw, bundle.Options{})
	var wrong *bundle.PartError
	if err != nil && !errors.As(err, &wrong) {
		t.Fatalf("error without a part: %v", err)
	}
	if err != nil {
		return
	}
	if _, err := bundle.Seal(got.Bundle, example.Key()); err != nil {
		t.Fatalf("an accepted bundle cannot be sealed again: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "compat", "v1.carescan"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"payloadType":"` + bundle.PayloadType + `","payload":"","signatures":[{"keyid":"","sig":"","public_key":""}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(open)
}

// FuzzOpenFrame signs what it tries, so that the frame reader is reached.
func FuzzOpenFrame(f *testing.F) {
	f.Add(frame(f, []byte(`{"header":{}}`)))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, payload []byte) { open(t, sealFrame(t, payload)) })
}

// FuzzOpenText compresses and signs what it tries, so that the JSON is reached.
func FuzzOpenText(f *testing.F) {
	f.Add([]byte(`{"header":{"id":"019aa9b5-4f00-7000-8000-000000000001"},"run":{"schema":"carescan.run/1"}}`))
	f.Add([]byte(`{"run":{"findings":[{"values":{"a":"\""}}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) { open(t, sealFrame(t, frame(t, text))) })
}

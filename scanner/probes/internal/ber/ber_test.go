// SPDX-License-Identifier: Apache-2.0

package ber_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"carescan/scanner/probes/internal/ber"
)

func read(from io.Reader, most int) (ber.Element, error) {
	return ber.Read(bufio.NewReader(from), new(bytes.Buffer), most)
}

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		words, body string
		err         error
	}{
		"short":           {"\x04\x03abcd", "abc", nil},
		"empty":           {"\x04\x00", "", nil},
		"long-form":       {"\x04\x81\x03abc", "abc", nil},
		"as-windows":      {"\x30\x84\x00\x00\x00\x03abc", "abc", nil},
		"exactly":         {"\x04\x08abcdefgh", "abcdefgh", nil},
		"longer":          {"\x04\x09abcdefghi", "", ber.ErrTooLarge},
		"far-longer":      {"\x04\x84\x7f\xff\xff\xff", "", ber.ErrTooLarge},
		"beyond-64-bits":  {"\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00", "", ber.ErrTooLarge},
		"many-zeroes":     {"\x04\x8a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01a", "a", nil},
		"indefinite":      {"\x30\x80\x00\x00", "", ber.ErrMalformed},
		"reserved-length": {"\x04\xff", "", ber.ErrMalformed},
		"high-tag":        {"\x1f\x20\x01a", "", ber.ErrMalformed},
		"cut-body":        {"\x04\x03ab", "", io.EOF},
		"cut-length":      {"\x04\x82\x00", "", io.EOF},
		"nothing":         {"", "", io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(strings.NewReader(tt.words), 8)
			if string(got.Body) != tt.body || !errors.Is(err, tt.err) {
				t.Errorf("Read = %q, %v; want %q, %v", got.Body, err, tt.body, tt.err)
			}
		})
	}
}

// TestPromiseTakesNoMemory: what is promised and does not come costs nothing.
func TestPromiseTakesNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(strings.NewReader("\x04\x84\x20\x00\x00\x00ab"), 1<<30)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > 1<<20 {
		t.Errorf("%d bytes were taken for a promise, error %v", taken, err)
	}
}

func TestNumber(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 500, 65535, 1 << 24} {
		e, rest, ok := ber.Next(ber.EncodeNumber(ber.Integer, n))
		if got, whole := e.Number(); got != n || !whole || !ok || len(rest) > 0 || e.Tag != ber.Integer {
			t.Errorf("%d is read as %d, %v", n, got, whole)
		}
	}
	for name, body := range map[string]string{"negative": "\xff", "empty": "", "large": "\x01\x00\x00\x00\x00"} {
		if n, ok := (ber.Element{Tag: ber.Integer, Body: []byte(body)}).Number(); ok {
			t.Errorf("%s is read as %d", name, n)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("\x04\x84\x7f\xff\xff\xff"))
	f.Add(ber.Encode(ber.Octets, strings.Repeat("a", 300)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, rest, ok := ber.Next(raw)
		if len(first.Body)+len(rest) > len(raw) {
			t.Fatalf("%d bytes gave %d and %d", len(raw), len(first.Body), len(rest))
		}
		whole, err := read(bytes.NewReader(raw), len(raw))
		if ok != (err == nil) || !bytes.Equal(first.Body, whole.Body) {
			t.Errorf("Next = %q, %v; Read = %q, %v", first.Body, ok, whole.Body, err)
		}
		again, rest, ok := ber.Next(ber.Encode(first.Tag&^0x1f, first.Body))
		if !ok || len(rest) > 0 || !bytes.Equal(again.Body, first.Body) {
			t.Errorf("%q is written and read as %q", first.Body, again.Body)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func FuzzParseToken(f *testing.F) {
	f.Add(Token{"https://aggregator.test:8443", "sha256:00", "secret"}.Encode())
	f.Add("cst1.")
	f.Add("cst1.e30")
	f.Add("")
	f.Fuzz(func(t *testing.T, word string) {
		token, err := ParseToken(word)
		if err != nil {
			return
		}
		if again, err := ParseToken(token.Encode()); err != nil || again != token {
			t.Errorf("token %+v does not survive a round trip: %+v, %v", token, again, err)
		}
	})
}

func TestSignedBytesDependOnEverything(t *testing.T) {
	base := Receipt{BundleID: "b", Digest: "d", FINESS: "f", ReceivedAt: time.Unix(1, 0)}
	for name, change := range map[string]func(*Receipt){
		"bundle": func(r *Receipt) { r.BundleID = "x" },
		"digest": func(r *Receipt) { r.Digest = "x" },
		"finess": func(r *Receipt) { r.FINESS = "x" },
		"moment": func(r *Receipt) { r.ReceivedAt = time.Unix(2, 0) },
	} {
		changed := base
		change(&changed)
		if bytes.Equal(changed.SignedBytes(), base.SignedBytes()) {
			t.Errorf("the signature of a receipt must cover its %s", name)
		}
	}
}

func FuzzParseSpans(f *testing.F) {
	f.Add("8-13, 20")
	f.Add("")
	f.Add("13-8")
	f.Add("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseSpans(text)
		if err != nil {
			return
		}
		again, err := ParseSpans(list.String())
		if err != nil || !slices.Equal(again, list) {
			t.Errorf("spans %v do not survive a round trip: %v, %v", list, again, err)
		}
		for _, span := range list {
			if !list.Hold(span.From) || !list.Hold(span.To) {
				t.Errorf("%v does not hold its own ends", list)
			}
		}
	})
}

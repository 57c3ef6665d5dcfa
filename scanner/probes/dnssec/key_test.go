// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"bytes"
	"encoding/base64"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
)

// TestVerifiable tells the RSA keys that are verified here from those of which
// nothing is said.
func TestVerifiable(t *testing.T) {
	t.Parallel()
	rsa := func(exponent []byte, bytesOfModulus int) []byte {
		modulus := bytes.Repeat([]byte{0xff}, bytesOfModulus)
		return slices.Concat([]byte{byte(len(exponent))}, exponent, modulus)
	}
	tests := map[string]struct {
		key  []byte
		bits int
		want bool
	}{
		"usual":          {rsa([]byte{1, 0, 1}, 256), 2048, true},
		"small":          {rsa([]byte{1, 0, 1}, 64), 512, false},
		"huge":           {rsa([]byte{1, 0, 1}, 1024), 8192, false},
		"wide-exponent":  {rsa([]byte{1, 0, 0, 0, 1}, 256), 2048, false},
		"long-length":    {slices.Concat([]byte{0, 0, 3, 1, 0, 1}, bytes.Repeat([]byte{0xff}, 128)), 1024, true},
		"no-modulus":     {[]byte{3, 1, 0, 1}, 0, false},
		"cut":            {[]byte{200, 1, 0, 1}, 0, false},
		"nothing-at-all": {nil, 0, false},
	}
	for name, tt := range tests {
		key := &dns.DNSKEY{Algorithm: dns.RSASHA256, PublicKey: base64.StdEncoding.EncodeToString(tt.key)}
		if got, described := verifiable(key), describeKeys([]*dns.DNSKEY{key})[0]; got != tt.want || described.Bits != tt.bits {
			t.Errorf("%s: %v, %d bits, want %v, %d", name, got, described.Bits, tt.want, tt.bits)
		}
	}
	if verifiable(&dns.DNSKEY{Algorithm: dns.RSASHA1, PublicKey: "not base64"}) {
		t.Error("a key that is not base64 is verifiable")
	}
}

// TestKeysOfOneTag holds that keys made to share a tag, and signatures that all
// of them may have made, cost a bounded number of validations (CVE-2023-50387).
func TestKeysOfOneTag(t *testing.T) {
	t.Parallel()
	z := newTruth(t, false)
	own := z.by.keys[0]
	raw, err := base64.StdEncoding.DecodeString(own.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	var keys []*dns.DNSKEY
	for range maxKeys {
		raw = slices.Concat(raw[2:], raw[:2]) // the tag is a sum of words: their order does not count
		key := *own
		key.PublicKey = base64.StdEncoding.EncodeToString(raw)
		keys = append(keys, &key)
	}
	set := pick(z.reply("www.chu.test.", dns.TypeA, nil).Answer, "www.chu.test.", dns.TypeA)
	wrong := *set.sigs[0]
	wrong.Signature = base64.StdEncoding.EncodeToString(make([]byte, 64))
	set.sigs = slices.Repeat([]*dns.RRSIG{&wrong}, maxSignatures)
	v := &validator{at: z.at, left: lookValidations}
	got, _ := v.verify(set, authority{z.by.zone, keys})
	if got != unprovable(fact.TooCostly) || v.left != lookValidations-maxValidations {
		t.Errorf("%+v after %d validations", got, lookValidations-v.left)
	}
}

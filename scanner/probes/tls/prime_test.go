// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/rand"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carescan/checks/exposure/tlsgroups"
	"carescan/scanner/fact"
)

func hexadecimal(t *testing.T, text string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 16)
	if !ok {
		t.Fatal("the number cannot be read")
	}
	return n
}

// unsafePrime makes a prime p whose (p-1)/2 is a multiple of 3, and a generator of
// order 3.
func unsafePrime(t *testing.T, bits int) (p, ofThree *big.Int) {
	t.Helper()
	one, three := big.NewInt(1), big.NewInt(3)
	for p == nil || new(big.Int).Mod(p, three).Cmp(one) != 0 {
		p = must(rand.Prime(rand.Reader, bits))(t)
	}
	third := new(big.Int).Div(p, three)
	for h := int64(2); ofThree == nil || ofThree.Cmp(one) == 0; h++ {
		ofThree = new(big.Int).Exp(big.NewInt(h), third, p)
	}
	return p, ofThree
}

// TestPrimality tries numbers whose nature is known.
func TestPrimality(t *testing.T) {
	t.Parallel()
	safe := hexadecimal(t, oakley2)
	unsafe, ofThree := unsafePrime(t, 768)
	composite := new(big.Int).Mul(must(rand.Prime(rand.Reader, 512))(t), must(rand.Prime(rand.Reader, 512))(t))
	huge := new(big.Int).SetBytes(bytes.Repeat([]byte{0xFF}, 1024))
	tests := map[string]struct {
		p, g *big.Int
		want fact.DHGroup
	}{
		"safe":        {safe, big.NewInt(2), fact.DHGroup{Bits: 1024, Known: "RFC 2409 group 2", Modulus: fact.SafePrime}},
		"safe-minus":  {safe, new(big.Int).Sub(safe, big.NewInt(1)), fact.DHGroup{Bits: 1024, Known: "RFC 2409 group 2", Modulus: fact.SafePrime, Trivial: true}},
		"safe-one":    {safe, big.NewInt(1), fact.DHGroup{Bits: 1024, Known: "RFC 2409 group 2", Modulus: fact.SafePrime, Trivial: true}},
		"safe-zero":   {safe, safe, fact.DHGroup{Bits: 1024, Known: "RFC 2409 group 2", Modulus: fact.SafePrime, Trivial: true}},
		"little-safe": {big.NewInt(23), big.NewInt(5), fact.DHGroup{Bits: 5, Modulus: fact.SafePrime, Trivial: true}},
		"unsafe":      {unsafe, big.NewInt(2), fact.DHGroup{Bits: unsafe.BitLen(), Modulus: fact.UnsafePrime}},
		"of-three":    {unsafe, ofThree, fact.DHGroup{Bits: unsafe.BitLen(), Modulus: fact.UnsafePrime, Trivial: true}},
		"composite":   {composite, big.NewInt(2), fact.DHGroup{Bits: composite.BitLen(), Modulus: fact.NoPrime}},
		"even":        {new(big.Int).Lsh(safe, 1), big.NewInt(2), fact.DHGroup{Bits: 1025, Modulus: fact.NoPrime}},
		"one":         {big.NewInt(1), big.NewInt(1), fact.DHGroup{Bits: 1, Modulus: fact.NoPrime}},
		"too-large":   {huge, big.NewInt(2), fact.DHGroup{Bits: 8192}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := (finite{prime: tt.p.Bytes(), generator: tt.g.Bytes()}).describe(); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestJudgedPrimes looks at real servers with parameters of their own.
func TestJudgedPrimes(t *testing.T) {
	t.Parallel()
	unsafe, _ := unsafePrime(t, 2048)
	composite := new(big.Int).Mul(must(rand.Prime(rand.Reader, 1024))(t), must(rand.Prime(rand.Reader, 1024))(t))
	flags := []string{"-groups", "X25519:P-256", "-sigalgs", "RSA+SHA256:RSA-PSS+SHA256", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"}
	for name, tt := range map[string]struct {
		p    *big.Int
		want string
	}{"unsafe": {unsafe, "fail unsafe-prime"}, "composite": {composite, "fail no-prime"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := asn1.Marshal(struct{ P, G *big.Int }{tt.p, big.NewInt(2)}) // PKCS #3
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "dh.pem")
			if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: raw}), 0o600); err != nil {
				t.Fatal(err)
			}
			got, _ := observe(t, openSSL(slices.Concat(flags, []string{"-dhparam", path})...)(t), Options{})
			if said := verdict(t, tlsgroups.Check, got); said != tt.want {
				t.Errorf("%s, want %s; %+v, why %v", said, tt.want, got.DH, got.Why)
			}
		})
	}
	t.Run("RFC-5114", func(t *testing.T) {
		t.Parallel()
		got, _ := observe(t, withParameters("dh_2048_256", flags...)(t), Options{})
		if said := verdict(t, tlsgroups.Check, got); said != "fail unsafe-prime" || got.DH.Known != "RFC 5114 group 24" {
			t.Errorf("%s; %+v, why %v", said, got.DH, got.Why)
		}
	})
}

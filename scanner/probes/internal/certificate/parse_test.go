// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// odd issues a certificate of www.chu.test with some bytes replaced, and its root.
func odd(t testing.TB, replaced, by string) (leaf []byte, root *x509.Certificate) {
	t.Helper()
	root, signer := issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "Racine"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil, nil)
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "www:chu:test", Organization: []string{"Hôpital"}},
		NotBefore: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC), DNSNames: []string{"www.chu.test"},
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: []byte{5, 0}},
			{Id: asn1.ObjectIdentifier{1, 2, 3, 5}, Value: []byte{5, 0}},
		},
	}
	cert, _ := issue(t, template, root, signer)
	return loopback.OddCertificate(t, cert.Raw, signer, replaced, by), root
}

// TestParse reads what the standard library refuses, as browsers and OpenSSL do
// (RFC 5280 section 4.1.2.2), with the signature over the bytes as they are.
func TestParse(t *testing.T) {
	serial := "\x02\x01\x01"
	for name, tt := range map[string]struct {
		replaced, by string
		want         []string
	}{
		"as-it-is":            {"www.chu.test", "www.chu.test", nil},
		"negative-serial":     {serial, "\x02\x01\xd1", []string{fact.OddSerial}},
		"at-in-printable":     {"www:chu:test", "www@chu:test", []string{fact.OddText}},
		"latin-1-in-utf8":     {"H\xc3\xb4pital", "H\xf4 pital", []string{fact.OddText}},
		"duplicate-extension": {"\x2a\x03\x05", "\x2a\x03\x04", []string{fact.OddDuplicate + " 1.2.3.4"}},
		"accent-in-a-host":    {"\x82\x0cwww.chu.test", "\x82\x0cwww.ch\xfb.test", []string{fact.OddAltName}},
	} {
		t.Run(name, func(t *testing.T) {
			der, root := odd(t, tt.replaced, tt.by)
			cert, got, err := Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			pool := x509.NewCertPool()
			pool.AddCert(root)
			if trust, err := (Stores{Public: pool}).Trust([]*x509.Certificate{cert}); trust != fact.Trusted || err != nil {
				t.Errorf("%s, %v", trust, err)
			}
			if described := Describe(cert, "www.chu.test"); !cmp.Equal(described.Oddities, tt.want) || described.Key != "ECDSA P-256" || len(described.Names) > 1 {
				t.Errorf("%+v", described)
			}
		})
	}
}

// TestLooseTime reads dates in other forms than RFC 5280 section 4.1.2.5 allows.
func TestLooseTime(t *testing.T) {
	for text, want := range map[string]string{
		"\x17\x0b2701020304Z":         "2027-01-02T03:04:00Z",
		"\x17\x11270102030405+0200":   "2027-01-02T01:04:05Z",
		"\x17\x0c270102030405":        "2027-01-02T03:04:05Z",
		"\x17\x0b7001020304Z":         "1970-01-02T03:04:00Z",
		"\x18\x1220270102030405.25Z":  "2027-01-02T03:04:05.25Z",
		"\x18\x1320270102030405+0100": "2027-01-02T02:04:05Z",
		"\x17\x05never":               "",
		"\x17\x0d271302030405Z":       "",
	} {
		value := cryptobyte.String(text)
		got, ok := looseTime(&value)
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, %t, want %q", text, got, ok, want)
		}
	}
}

// TestParseGiant leaves a key that nobody could compute with.
func TestParseGiant(t *testing.T) {
	giant := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(3), 2*maxRSA), E: 65537}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now()}
	der, err := x509.CreateCertificate(rand.Reader, template, template, giant, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, _, err := Parse(der)
	if err != nil || cert.PublicKey != nil || Describe(cert, "").Key != "RSA" {
		t.Errorf("%T, %v", cert.PublicKey, err)
	}
}

// TestParseSerial keeps the number as it is.
func TestParseSerial(t *testing.T) {
	der, _ := odd(t, "\x02\x01\x01", "\x02\x01\xd1")
	cert, _, err := Parse(der)
	if err != nil || cert.SerialNumber.Cmp(big.NewInt(-47)) != 0 {
		t.Errorf("%v, %v, want -47", cert.SerialNumber, err)
	}
}

// TestParseChain goes on over what is none, but not in the place of the leaf.
func TestParseChain(t *testing.T) {
	leaf, root := odd(t, "\x02\x01\x01", "\x02\x01\xd1")
	for name, tt := range map[string]struct {
		sent         [][]byte
		read, unread int
	}{
		"nothing":       {nil, 0, 0},
		"whole":         {[][]byte{leaf, root.Raw}, 2, 0},
		"noise-between": {[][]byte{leaf, []byte("noise"), root.Raw}, 2, 1},
		"noise-first":   {[][]byte{[]byte("noise"), leaf}, 0, 2},
		"too-much":      {[][]byte{leaf, make([]byte, maxBytes), root.Raw}, 1, 2},
	} {
		if chain, unread := ParseChain(tt.sent); len(chain) != tt.read || unread != tt.unread {
			t.Errorf("%s: %d read and %d not, want %d and %d", name, len(chain), unread, tt.read, tt.unread)
		}
	}
}

// TestOldSignature computes what the library does not, and names it.
func TestOldSignature(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SHA-224"}, NotAfter: time.Now()}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "\x2a\x86\x48\xce\x3d\x04\x03\x02", "\x2a\x86\x48\xce\x3d\x04\x03\x01"
	p, ok := split(bytes.ReplaceAll(made, []byte(before), []byte(after)))
	if !ok {
		t.Fatal("the certificate has no parts")
	}
	digest := sha224Of(p.tbs)
	signature, err := key.Sign(rand.Reader, digest, crypto.SHA224)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{asn1.RawValue{FullBytes: p.tbs}, asn1.RawValue{FullBytes: p.outer}, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	cert, _, err := Parse(der)
	if err != nil || !signatureHolds(cert, cert) || Describe(cert, "").Signature != "ECDSA-SHA224" {
		t.Errorf("%s, %v", Describe(cert, "").Signature, err)
	}
	cert.RawTBSCertificate = append([]byte{}, made...)
	if signatureHolds(cert, cert) {
		t.Error("a signature over something else holds")
	}
}

func sha224Of(text []byte) []byte {
	digest := sha256.Sum224(text)
	return digest[:]
}

// FuzzParse reads foreign certificates: whatever is read describes itself within
// its bounds, and keeps the bytes it came in.
func FuzzParse(f *testing.F) {
	for _, by := range []string{"\x02\x01\x01", "\x02\x01\xd1"} {
		der, _ := odd(f, "\x02\x01\x01", by)
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		cert, odd, err := Parse(raw)
		if err != nil {
			return
		}
		if len(cert.Raw) > len(raw) || cert.SerialNumber == nil || len(odd) > maxExtensions+10 {
			t.Errorf("%d bytes of %d, %d oddities", len(cert.Raw), len(raw), len(odd))
		}
		described, text := Chain([]*x509.Certificate{cert}, "www.chu.test")
		if c := described[0]; len(text) == 0 || len(c.Names) > maxNames || len(c.Oddities) > maxOddities || len(c.Subject) > maxText+len("…") {
			t.Errorf("%d names, %d oddities, subject of %d bytes", len(c.Names), len(c.Oddities), len(c.Subject))
		}
		signatureHolds(cert, cert)
	})
}

// FuzzInClear reads foreign handshakes.
func FuzzInClear(f *testing.F) {
	f.Add([]byte("\x16\x03\x03\x00\x0b\x0b\x00\x00\x07\x00\x00\x04\x00\x00\x01x"))
	f.Add([]byte("\x00\x00\x00\x06\x00\x00\x01x\x00\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		for _, sent := range [][][]byte{InClear(stream), Message(stream, true), Message(stream, false)} {
			if len(sent) > len(stream)/3 {
				t.Errorf("%d certificates in %d bytes", len(sent), len(stream))
			}
			ParseChain(sent)
		}
	})
}

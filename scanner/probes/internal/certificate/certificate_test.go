// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
)

// issue signs a certificate; without an issuer it signs itself.
func issue(t testing.TB, template, issuer *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
	if issuer == nil {
		issuer, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// TestTrust leaves dates aside: an expired certificate is still trusted.
func TestTrust(t *testing.T) {
	now := time.Now()
	authority, signer := issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.Add(-72 * time.Hour), NotAfter: now.Add(time.Hour),
	}, nil, nil)
	expired, _ := issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "mx1.chu.test"}, NotBefore: now.Add(-48 * time.Hour), NotAfter: now.Add(-24 * time.Hour),
	}, authority, signer)
	client, _ := issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "mx1.chu.test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, authority, signer)
	store, other := x509.NewCertPool(), x509.NewCertPool()
	store.AddCert(authority)
	tests := map[string]struct {
		chain          []*x509.Certificate
		store, private *x509.CertPool
		want           fact.Trust
	}{
		"expired-yet-trusted": {[]*x509.Certificate{expired}, store, nil, fact.Trusted},
		"private-store":       {[]*x509.Certificate{expired}, other, store, fact.PrivatelyTrusted},
		"for-another-use":     {[]*x509.Certificate{client}, store, nil, fact.Untrusted},
		"other-store":         {[]*x509.Certificate{expired}, other, nil, fact.Untrusted},
		"self-signed":         {[]*x509.Certificate{authority}, other, nil, fact.SelfSigned},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Stores{Public: tt.store, Private: tt.private}.Trust(tt.chain)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// TestDescribe keeps the name asked for, whatever the number of names.
func TestDescribe(t *testing.T) {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("é", maxText)}, NotAfter: time.Now()}
	for i := range 2 * maxNames {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("n%d.chu.test", i))
	}
	template.DNSNames = append(template.DNSNames, "*.mail.chu.test", strings.Repeat("a", 300)+".test")
	cert, _ := issue(t, template, nil, nil)
	got := Describe(cert, "mx1.mail.chu.test")
	if len(got.Names) != maxNames || got.Names[0] != "*.mail.chu.test" || got.Key != "ECDSA P-256" || len(got.Subject) > maxText+len("…") {
		t.Errorf("%d names from %q, key %s, subject of %d bytes", len(got.Names), got.Names[0], got.Key, len(got.Subject))
	}
}

// FuzzChain reads foreign certificates.
func FuzzChain(f *testing.F) {
	cert, _ := issue(f, &x509.Certificate{Subject: pkix.Name{CommonName: "mx1.chu.test"}, NotAfter: time.Now()}, nil, nil)
	f.Add(cert.Raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return
		}
		described, text := Chain([]*x509.Certificate{cert}, "mx1.chu.test")
		if c := described[0]; len(described) != 1 || len(text) == 0 || len(c.Names) > maxNames || len(c.Subject) > maxText+len("…") {
			t.Errorf("%d described, %d names, subject of %d bytes", len(described), len(c.Names), len(c.Subject))
		}
	})
}

// FuzzCountTimestamps reads foreign lists of time-stamps.
func FuzzCountTimestamps(f *testing.F) {
	f.Add([]byte("\x00\x05\x00\x03sct"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if CountTimestamps(raw) > len(raw)/2 {
			t.Error("more time-stamps than bytes allow")
		}
		id := asn1.ObjectIdentifier{1, 2, 3}
		if list := Timestamps([]pkix.Extension{{Id: id, Value: raw}}, id); len(list) > len(raw) {
			t.Error("a list longer than its extension")
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"testing"
	"time"

	"carescan/scanner/fact"
)

// issue signs a certificate; without an issuer it signs itself.
func issue(t *testing.T, template, issuer *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
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
	store, other := x509.NewCertPool(), x509.NewCertPool()
	store.AddCert(authority)
	tests := map[string]struct {
		chain []*x509.Certificate
		store *x509.CertPool
		want  fact.Trust
	}{
		"expired-yet-trusted": {[]*x509.Certificate{expired}, store, fact.Trusted},
		"other-store":         {[]*x509.Certificate{expired}, other, fact.Untrusted},
		"self-signed":         {[]*x509.Certificate{authority}, other, fact.SelfSigned},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Trust(tt.chain, tt.store)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

// TestDescribe keeps the name asked for, whatever the number of names.
func TestDescribe(t *testing.T) {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "many"}, NotAfter: time.Now()}
	for i := range 2 * maxNames {
		template.DNSNames = append(template.DNSNames, fmt.Sprintf("n%d.chu.test", i))
	}
	template.DNSNames = append(template.DNSNames, "mx1.chu.test")
	cert, _ := issue(t, template, nil, nil)
	got := Describe(cert, "mx1.chu.test")
	if len(got.Names) != maxNames || got.Names[0] != "mx1.chu.test" || got.Key != "ECDSA P-256" {
		t.Errorf("%d names from %q, key %s", len(got.Names), got.Names[0], got.Key)
	}
}

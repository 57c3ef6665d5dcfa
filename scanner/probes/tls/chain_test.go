// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/checks/exposure/certificatechain"
	"carescan/checks/exposure/certificatekey"
	"carescan/checks/exposure/certificatelifetime"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
)

// lookAt serves a certificate and returns what is seen of it.
func lookAt(t *testing.T, cert tls.Certificate, o Options) (fact.TLS, scanner.Sighting) {
	t.Helper()
	return observe(t, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}), o)
}

func TestTrust(t *testing.T) {
	t.Parallel()
	root, other := newRoot(t, "Racine d'essai"), newRoot(t, "Autre racine")
	middle := root.below(t, authorityTemplate("Autorité d'essai"))
	renewed := authorityTemplate("Autorité renouvelée")
	renewed.NotBefore = time.Now().AddDate(0, 0, -1)
	expired, early, wrong, long := template(service), template(service), template("other.test"), template(service)
	expired.NotBefore, expired.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	early.NotBefore, early.NotAfter = time.Now().AddDate(1, 0, 0), time.Now().AddDate(2, 0, 0)
	long.NotBefore = time.Now().AddDate(-1, 0, 0)
	alone := middle.leaf(t, template(service), newKey(t))
	alone.Certificate = alone.Certificate[:1]
	own := selfSigned(t)
	ownPool := x509.NewCertPool()
	ownPool.AddCert(parse(t, own.Certificate[0]))
	tests := map[string]struct {
		cert  tls.Certificate
		roots *x509.CertPool
		want  fact.Trust
	}{
		"whole":              {middle.leaf(t, template(service), newKey(t)), root.pool(), fact.Trusted},
		"expired":            {middle.leaf(t, expired, newKey(t)), root.pool(), fact.Trusted},
		"not-yet-valid":      {middle.leaf(t, early, newKey(t)), root.pool(), fact.Trusted},
		"other-name":         {middle.leaf(t, wrong, newKey(t)), root.pool(), fact.Trusted},
		"renewed-authority":  {root.below(t, renewed).leaf(t, long, newKey(t)), root.pool(), fact.Trusted},
		"without-middle":     {alone, root.pool(), fact.Untrusted},
		"other-root":         {middle.leaf(t, template(service), newKey(t)), other.pool(), fact.Untrusted},
		"self-signed":        {own, root.pool(), fact.SelfSigned},
		"self-signed-stored": {own, ownPool, fact.Trusted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := lookAt(t, tt.cert, Options{Roots: tt.roots, Store: "sha256:essai"})
			if got.Trust != tt.want || got.Store != "sha256:essai" {
				t.Errorf("trust %q in %q, want %q", got.Trust, got.Store, tt.want)
			}
		})
	}
}

func parse(t *testing.T, raw []byte) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestChainAsSent(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	c := template(service)
	c.IPAddresses = []net.IP{net.ParseIP("192.0.2.1")}
	c.NotBefore, c.NotAfter = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 4, 2, 3, 4, 5, 0, time.UTC)
	cert := root.below(t, authorityTemplate("Autorité d'essai")).leaf(t, c, newKey(t))
	got, sighting := lookAt(t, cert, Options{Roots: root.pool()})
	leaf := parse(t, cert.Certificate[0])
	want := fact.Certificate{
		Subject: "CN=www.chu.test,O=CHU d'essai", Issuer: "CN=Autorité d'essai,O=CHU d'essai",
		Names: []string{service, "192.0.2.1"}, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Key: "ECDSA P-256", Signature: "ECDSA-SHA256",
		SPKI: scanner.Digest(leaf.RawSubjectPublicKeyInfo), Digest: scanner.Digest(leaf.Raw), CommonName: service,
	}
	if diff := cmp.Diff(want, got.Chain[0]); diff != "" {
		t.Error(diff)
	}
	var sent [][]byte
	for block, rest := pem.Decode(sighting.Artifacts[0].Data); block != nil; block, rest = pem.Decode(rest) {
		sent = append(sent, block.Bytes)
	}
	if !slices.EqualFunc(sent, cert.Certificate, bytes.Equal) {
		t.Errorf("the evidence holds %d certificates, not the chain sent", len(sent))
	}
}

func TestChainKeys(t *testing.T) {
	t.Parallel()
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot(t, "Racine d'essai")
	for want, key := range map[string]crypto.Signer{"RSA 2048": strong, "Ed25519": edwards, "ECDSA P-256": newKey(t)} {
		got, _ := lookAt(t, root.leaf(t, template(service), key), Options{})
		if got.Chain[0].Key != want {
			t.Errorf("key %q, want %q", got.Chain[0].Key, want)
		}
	}
}

func TestChainIsBounded(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	cert := root.leaf(t, template(service), newKey(t))
	for range 2 * certificate.MaxChain {
		cert.Certificate = append(cert.Certificate, root.cert.Raw)
	}
	got, _ := lookAt(t, cert, Options{})
	if len(got.Chain) != certificate.MaxChain || !strings.Contains(got.Why["chain"], "only 10 of 21") {
		t.Errorf("%d certificates, why %q", len(got.Chain), got.Why["chain"])
	}
}

// TestChainAfterUnrelatedRoots finds the intermediate after fourteen roots that have
// nothing to do with it: a path is built from what is at hand (RFC 5280 section
// 6.1, RFC 8446 section 4.4.2). What is kept has the path in it.
func TestChainAfterUnrelatedRoots(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	pair := root.below(t, authorityTemplate("Intermédiaire B")).leaf(t, template(service), newKey(t))
	sent := slices.Clone(pair.Certificate[:1])
	for i := range 14 {
		sent = append(sent, newRoot(t, fmt.Sprintf("Autre racine %d", i)).cert.Raw)
	}
	sent = append(sent, pair.Certificate[1])
	pair.Certificate = sent
	got, _ := lookAt(t, pair, Options{Roots: root.pool()})
	if said := verdict(t, certificatechain.Check, got); said != "fail disordered" || got.Trust != fact.Trusted {
		t.Errorf("%s, %s, why %v", said, got.Trust, got.Why)
	}
	last := got.Chain[len(got.Chain)-1]
	if len(got.Chain) != certificate.MaxChain || got.Shape.Surplus != 14 || last.CommonName != "Intermédiaire B" {
		t.Errorf("%d certificates, the last of %s, %+v", len(got.Chain), last.CommonName, got.Shape)
	}
}

// TestOldSignatures knows the authority behind a signature that Go refuses to
// compute: the weakness is told apart, and the certificate stays a public one.
func TestOldSignatures(t *testing.T) {
	t.Parallel()
	root, stranger := newRoot(t, "Racine d'essai"), newRoot(t, "Racine d'essai")
	middle := root.below(t, authorityTemplate("Autorité d'essai"))
	old := func(name string) *x509.Certificate {
		c := template(name)
		c.SignatureAlgorithm = x509.ECDSAWithSHA1
		return c
	}
	oldMiddle := authorityTemplate("Ancienne autorité")
	oldMiddle.SignatureAlgorithm = x509.ECDSAWithSHA1
	constrained := authorityTemplate("Autorité bornée")
	constrained.PermittedDNSDomains = []string{"other.test"}
	client := old(service)
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	declared := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw})
	private := Options{Roots: x509.NewCertPool(), Private: root.pool(), Declared: declared}
	public := Options{Roots: root.pool(), Declared: declared}
	for name, tt := range map[string]struct {
		cert    tls.Certificate
		options Options
		want    fact.Trust
		chain   string
	}{
		"by-the-root":         {root.leaf(t, old(service), newKey(t)), public, fact.Trusted, "pass whole"},
		"by-an-intermediate":  {middle.leaf(t, old(service), newKey(t)), public, fact.Trusted, "pass whole"},
		"of-the-intermediate": {root.below(t, oldMiddle).leaf(t, template(service), newKey(t)), public, fact.Trusted, "pass whole"},
		"private":             {root.leaf(t, old(service), newKey(t)), private, fact.PrivatelyTrusted, "pass whole"},
		"name-borrowed":       {stranger.leaf(t, old(service), newKey(t)), public, fact.Untrusted, "fail untrusted"},
		"for-another-use":     {root.leaf(t, client, newKey(t)), public, fact.Untrusted, "fail untrusted"},
		"outside-its-bounds":  {root.below(t, constrained).leaf(t, old(service), newKey(t)), public, fact.Untrusted, "fail untrusted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := lookAt(t, tt.cert, tt.options)
			if said := verdict(t, certificatechain.Check, got); got.Trust != tt.want || said != tt.chain {
				t.Errorf("%s, %s, want %s, %s; %+v", got.Trust, said, tt.want, tt.chain, got.Shape)
			}
			if said := verdict(t, certificatekey.Check, got); said != "fail weak-signature" {
				t.Errorf("certificate-key: %s", said)
			}
			if said := verdict(t, certificatelifetime.Check, got); tt.want == fact.Trusted && said != "fail not-logged" {
				t.Errorf("certificate-lifetime: %s", said)
			}
		})
	}
}

// TestOutOfDate tells an intermediate that is out of its dates from an authority
// that nobody knows, and from one that another path does without.
func TestOutOfDate(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	stale := authorityTemplate("Autorité d'essai")
	stale.NotBefore, stale.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	early := authorityTemplate("Autorité de demain")
	early.NotBefore = time.Now().AddDate(0, 0, 2)
	issuer := root.below(t, stale)
	fresh := authorityTemplate("Autorité d'essai")
	renewed := issuer.leaf(t, template(service), newKey(t))
	renewed.Certificate = append(renewed.Certificate, sign(t, fresh, root.cert, issuer.key.Public(), root.key).Raw)
	expired := template(service)
	expired.NotBefore, expired.NotAfter = time.Now().AddDate(-2, 0, 1), time.Now().AddDate(-1, 0, -1)
	stranger := newRoot(t, "Racine inconnue").below(t, stale)
	for name, tt := range map[string]struct {
		cert tls.Certificate
		want string
	}{
		"expired":           {issuer.leaf(t, template(service), newKey(t)), "fail out-of-date"},
		"not-yet":           {root.below(t, early).leaf(t, template(service), newKey(t)), "fail out-of-date"},
		"renewed-too":       {renewed, "fail disordered"},
		"both-expired":      {issuer.leaf(t, expired, newKey(t)), "pass whole"},
		"unknown-authority": {stranger.leaf(t, template(service), newKey(t)), "fail untrusted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := lookAt(t, tt.cert, Options{Roots: root.pool()})
			if said := verdict(t, certificatechain.Check, got); said != tt.want {
				t.Errorf("%s, want %s; %s %+v", said, tt.want, got.Trust, got.Shape)
			}
		})
	}
}

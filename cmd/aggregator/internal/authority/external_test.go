// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// pki is a PKI of another, of two levels.
type pki struct {
	root, below       *x509.Certificate
	rootKey, belowKey *ecdsa.PrivateKey
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	p := &pki{rootKey: ecKey(t), belowKey: ecKey(t)}
	ca := func(name string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	}
	p.root = signBy(t, ca("AC racine"), nil, &p.rootKey.PublicKey, p.rootKey)
	p.below = signBy(t, ca("AC organisations"), p.root, &p.belowKey.PublicKey, p.rootKey)
	return p
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signBy(t *testing.T, template, parent *x509.Certificate, public any, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// leaf makes a client certificate below the second level, changed by a test.
func (p *pki) leaf(t *testing.T, change func(*x509.Certificate)) []*x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "carescan.chu.test", OrganizationalUnit: []string{"1690000013"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(template)
	}
	return []*x509.Certificate{signBy(t, template, p.below, &ecKey(t).PublicKey, p.belowKey), p.below}
}

func (p *pki) open(t *testing.T) *External {
	t.Helper()
	e, err := NewExternal(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.root.Raw}), Mapping{FINESSField: "subject.OU", FINESSPattern: `1([0-9A-B]{9})`})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestExternalName(t *testing.T) {
	p := newPKI(t)
	got, err := p.open(t).Identify(p.leaf(t, nil), time.Now())
	if want := (ExternalName{"690000013", "carescan.chu.test"}); err != nil || got != want {
		t.Errorf("identified %+v, %v, want %+v", got, err, want)
	}
}

func TestExternalRefuses(t *testing.T) {
	p := newPKI(t)
	e := p.open(t)
	alone := p.leaf(t, nil)[:1]
	for name, shown := range map[string][]*x509.Certificate{
		"other_pki": newPKI(t).leaf(t, nil),
		"no_path":   alone,
		"server":    p.leaf(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }),
		"no_usage":  p.leaf(t, func(c *x509.Certificate) { c.ExtKeyUsage = nil }),
		"ended": p.leaf(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Minute)
		}),
		"authority":          {p.below},
		"no_number":          p.leaf(t, func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"3123"} }),
		"number_within_text": p.leaf(t, func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"x1690000013"} }),
		"two_numbers":        p.leaf(t, func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"1690000013", "1690000021"} }),
		"no_name":            p.leaf(t, func(c *x509.Certificate) { c.Subject.CommonName = "" }),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := e.Identify(shown, time.Now()); err == nil {
				t.Errorf("it was identified as %+v", got)
			}
		})
	}
}

func TestExternalSettingsRefused(t *testing.T) {
	p := newPKI(t)
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.root.Raw})
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.leaf(t, nil)[0].Raw})
	good := Mapping{FINESSField: "san.uri", FINESSPattern: "urn:finess:(.*)"}
	for name, try := range map[string]struct {
		anchors []byte
		mapping Mapping
	}{
		"no_anchor": {nil, good}, "leaf": {leaf, good}, "field": {root, Mapping{FINESSField: "subject.X", FINESSPattern: "(.*)"}},
		"name_field": {root, Mapping{FINESSField: "san.uri", FINESSPattern: "(.*)", NameField: "x"}},
		"pattern":    {root, Mapping{FINESSField: "san.uri", FINESSPattern: "("}}, "no_group": {root, Mapping{FINESSField: "san.uri", FINESSPattern: ".*"}},
		"two_groups": {root, Mapping{FINESSField: "san.uri", FINESSPattern: "(.)(.)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewExternal(try.anchors, try.mapping); err == nil {
				t.Error("it was accepted")
			}
		})
	}
	if _, err := NewExternal(root, good); err != nil {
		t.Error(err)
	}
}

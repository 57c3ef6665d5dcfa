// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
)

// ministry is another PKI, which certifies keys of a kind that the region does not.
type ministry struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newMinistry(t *testing.T, r *regiontest.Region) *ministry {
	t.Helper()
	m := &ministry{key: regiontest.NewKey(r)}
	template := m.template("AC")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	m.root = template
	m.root = m.sign(t, template, m.key.Public())
	return m
}

func (*ministry) template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, OrganizationalUnit: []string{"1" + string(siteA)}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func (m *ministry) sign(t *testing.T, template *x509.Certificate, public any) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, m.root, public, m.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client shows a certificate of the ministry, changed by a test.
func (m *ministry) client(t *testing.T, r *regiontest.Region, change func(*x509.Certificate)) *http.Client {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := m.template("carescan.chu.test")
	if change != nil {
		change(template)
	}
	return r.Client(&tls.Certificate{Certificate: [][]byte{m.sign(t, template, key.Public()).Raw}, PrivateKey: key})
}

func (m *ministry) external(t *testing.T) *authority.External {
	t.Helper()
	anchors := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.root.Raw})
	e, err := authority.NewExternal(anchors, authority.Mapping{FINESSField: "subject.OU", FINESSPattern: `1([0-9A-B]{9})`})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func enrolAs(t *testing.T, r *regiontest.Region, client *http.Client, key *ecdsa.PrivateKey) regiontest.Answer {
	t.Helper()
	raw, err := json.Marshal(wire.EnrolRequest{CSR: regiontest.Request(r, key), Software: regiontest.Software})
	if err != nil {
		t.Fatal(err)
	}
	return regiontest.Send(r, client, http.MethodPost, wire.PathEnrol, wire.MediaJSON, raw)
}

// TestCertificateOfAnotherPKI enrols without a token, and again as the same agent.
func TestCertificateOfAnotherPKI(t *testing.T) { storetest.Each(t, testCertificateOfAnotherPKI) }

func testCertificateOfAnotherPKI(t *testing.T) {
	r := newRegion(t)
	m := newMinistry(t, r)
	r = r.With(ingest.Settings{External: m.external(t)})
	key := regiontest.NewKey(r)
	answer := enrolAs(t, r, m.client(t, r, nil), key)
	want(t, answer, http.StatusCreated)
	first := renewedBy(t, r, answer, key)
	first.Deliver(someRun(t, first))

	other := regiontest.NewKey(r)
	answer = enrolAs(t, r, m.client(t, r, nil), other)
	want(t, answer, http.StatusCreated)
	again := renewedBy(t, r, answer, other)
	if again.ID != first.ID || again.Site.FINESS != siteA {
		t.Errorf("enrolled again as %s of %s, want %s", again.ID, again.Site.FINESS, first.ID)
	}
	want(t, beat(t, again, wire.Heartbeat{Clock: time.Now()}), http.StatusOK)
	s := sealNext(t, first)
	want(t, first.Put(s.ID, s.raw), http.StatusUnauthorized)

	agent, err := r.Store.Agent(t.Context(), store.Only(siteA), first.ID)
	if err != nil || agent.ExternalName != "carescan.chu.test" {
		t.Errorf("it is called %q, %v", agent.ExternalName, err)
	}
	move(t, r, first, store.Revoke)
	want(t, enrolAs(t, r, m.client(t, r, nil), regiontest.NewKey(r)), http.StatusUnauthorized)
}

func TestCertificatesOfAnotherPKIRefused(t *testing.T) {
	plain := newRegion(t)
	m := newMinistry(t, plain)
	r := plain.With(ingest.Settings{External: m.external(t)})
	for name, client := range map[string]*http.Client{
		"no_certificate": r.Client(nil),
		"another_pki":    newMinistry(t, r).client(t, r, nil),
		"for_servers":    m.client(t, r, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }),
		"ended":          m.client(t, r, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
		"unknown_site":   m.client(t, r, func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"1690000039"} }),
	} {
		t.Run(name, func(t *testing.T) { want(t, enrolAs(t, r, client, regiontest.NewKey(r)), http.StatusUnauthorized) })
	}
	t.Run("not_configured", func(t *testing.T) {
		want(t, enrolAs(t, plain, m.client(t, plain, nil), regiontest.NewKey(plain)), http.StatusUnauthorized)
	})
	// A certificate of theirs opens an enrolment and nothing else.
	t.Run("heartbeat", func(t *testing.T) {
		answer := regiontest.Send(r, m.client(t, r, nil), http.MethodPost, wire.PathHeartbeat, wire.MediaJSON, []byte(`{}`))
		want(t, answer, http.StatusUnauthorized)
	})
}

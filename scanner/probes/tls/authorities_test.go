// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/checks/exposure/certificaterevocation"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestAuthorities asks the authorities of a publicly trusted chain what they
// revoked, when the probe was told to, and nobody otherwise.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	rootTemplate := authorityTemplate("Racine d'essai")
	rootTemplate.KeyUsage |= x509.KeyUsageCRLSign
	key := newKey(t)
	root := authority{cert: sign(t, rootTemplate, rootTemplate, key.Public(), key), key: key}
	listed := func(serials ...*big.Int) []byte {
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
		for _, serial := range serials {
			list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: time.Now()})
		}
		der, err := x509.CreateRevocationList(rand.Reader, list, root.cert, root.key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	c := template(service)
	c.CRLDistributionPoints = []string{"http://crl.ac.test/1.crl"}
	middle := authorityTemplate("Autorité d'essai")
	middle.CRLDistributionPoints = []string{"http://crl.ac.test/2.crl"}
	leaf := root.leaf(t, c, newKey(t))
	below := root.below(t, middle).leaf(t, template(service), newKey(t))
	for name, tt := range map[string]struct {
		cert    tls.Certificate
		options Options
		lists   map[string][]byte
		want    string
		asked   int
	}{
		"not-told":          {leaf, Options{Roots: root.pool()}, nil, "not_applicable not-asked", 0},
		"not-public":        {leaf, Options{Roots: x509.NewCertPool(), Private: root.pool(), Authorities: true}, nil, "not_applicable not-asked", 0},
		"not-revoked":       {leaf, Options{Roots: root.pool(), Authorities: true}, map[string][]byte{"/1.crl": listed()}, "pass not-revoked", 1},
		"revoked":           {leaf, Options{Roots: root.pool(), Authorities: true}, map[string][]byte{"/1.crl": listed(parse(t, leaf.Certificate[0]).SerialNumber)}, "fail revoked-since", 1},
		"authority-revoked": {below, Options{Roots: root.pool(), Authorities: true}, map[string][]byte{"/2.crl": listed(parse(t, below.Certificate[1]).SerialNumber)}, "fail authority-revoked", 1},
		"no-list":           {leaf, Options{Roots: root.pool(), Authorities: true}, nil, "inconclusive not-answered", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if list := tt.lists[r.URL.Path]; list != nil {
					w.Write(list)
					return
				}
				http.NotFound(w, r)
			}))
			defer server.Close()
			door := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{tt.cert}})
			door.Authorities = map[string]string{"crl.ac.test:80": server.Listener.Addr().String()}
			p := New(tt.options)
			var last fact.TLS
			for range 2 { // the second look of the run asks nothing more
				sightings, err := p.Observe(t.Context(), door, scanner.ServiceTarget(service, 443))
				if err != nil {
					t.Fatal(err)
				}
				last = sightings[0].Fact.(fact.TLS)
			}
			if said := verdict(t, certificaterevocation.Check, last); said != tt.want {
				t.Errorf("%s, want %s; %+v", said, tt.want, last.Authorities)
			}
			asked := slices.DeleteFunc(door.Dials(), func(dial string) bool { return !strings.HasPrefix(dial, "authority ") })
			if len(asked) != tt.asked {
				t.Errorf("asked %q, want %d", asked, tt.asked)
			}
			if wanted := slices.Contains(p.Needs().Contacts, scanner.ContactAuthorities); wanted != tt.options.Authorities {
				t.Errorf("the needs say authorities: %t", wanted)
			}
		})
	}
}

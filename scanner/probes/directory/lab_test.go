// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

var _ scanner.Probe = Probe{}

const password = "Care-Scan-2026!"

// door is a network door that leads every name to one server on loopback.
type door struct{ address string }

func (d door) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, d.address)
}
func (door) Permits(context.Context, string) error                     { return nil }
func (door) Pace(context.Context, string) error                        { return nil }
func (door) Resolvers() []netip.AddrPort                               { return nil }
func (door) Parents(context.Context, string) ([]netip.AddrPort, error) { return nil, nil }
func (door) Intrusive() error                                          { return nil }
func (door) UserAgent() string                                         { return "test" }
func (door) Lookup(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("this probe must not resolve")
}

// closed is a network door that refuses everything.
type closed struct{ door }

func (closed) DialContext(_ context.Context, _, address string) (net.Conn, error) {
	return nil, &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address, Detail: "not in the scope"}
}

func pseudonyms() scanner.Pseudonyms {
	return scanner.NewPseudonyms([]byte("0123456789abcdef0123456789abcdef"))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// lab is a folder with a certificate for dc1.chu.test that signs itself, and
// the password of the account that reads.
type lab struct{ folder, address string }

func newLab(t *testing.T) lab {
	t.Helper()
	l := lab{t.TempDir(), freeAddress(t)}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc1.chu.test"}, DNSNames: []string{"dc1.chu.test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, certificate, certificate, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	l.write(t, "dc1.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	l.write(t, "dc1.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	l.write(t, "password", []byte(password+"\n"))
	return l
}

func (l lab) path(name string) string { return filepath.Join(l.folder, name) }

func (l lab) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(l.path(name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (l lab) config() Config {
	return Config{
		ID: "ad", URL: "ldaps://dc1.chu.test:636", CAFile: l.path("dc1.crt"),
		BindDN: "cn=svc-care,dc=chu,dc=test", PasswordFile: l.path("password"), BaseDN: "dc=chu,dc=test",
	}
}

func (l lab) observe(t *testing.T, c Config) ([]scanner.Sighting, error) {
	t.Helper()
	target := scanner.Target{Kind: scanner.KindDirectory, ID: "ad"}
	return New([]Config{c}, pseudonyms()).Observe(t.Context(), door{l.address}, target)
}

// see looks at a directory that must answer.
func (l lab) see(t *testing.T) (scanner.Sighting, fact.Source) {
	t.Helper()
	sightings, err := l.observe(t, l.config())
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0], sightings[1].Fact.(fact.Source)
}

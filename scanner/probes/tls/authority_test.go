// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"carescan/scanner/probes/internal/loopback"
)

// authority issues certificates for one test.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	path [][]byte // from itself up to its root, the root left out
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// template is a certificate of ninety days around now.
func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"CHU d'essai"}},
		NotBefore:    time.Now().AddDate(0, 0, -30),
		NotAfter:     time.Now().AddDate(0, 0, 60),
		DNSNames:     []string{name},
	}
}

func authorityTemplate(name string) *x509.Certificate {
	c := template(name)
	c.DNSNames, c.IsCA, c.BasicConstraintsValid, c.KeyUsage = nil, true, true, x509.KeyUsageCertSign
	c.NotBefore, c.NotAfter = time.Now().AddDate(-10, 0, 0), time.Now().AddDate(10, 0, 0)
	return c
}

func newRoot(t testing.TB, name string) authority {
	t.Helper()
	key := newKey(t)
	c := authorityTemplate(name)
	return authority{cert: sign(t, c, c, key.Public(), key), key: key}
}

// below issues an intermediate authority.
func (a authority) below(t *testing.T, c *x509.Certificate) authority {
	t.Helper()
	key := newKey(t)
	cert := sign(t, c, a.cert, key.Public(), a.key)
	return authority{cert: cert, key: key, path: append([][]byte{cert.Raw}, a.path...)}
}

// leaf issues the certificate of a server, with the chain to send.
func (a authority) leaf(t *testing.T, c *x509.Certificate, key crypto.Signer) tls.Certificate {
	t.Helper()
	cert := sign(t, c, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: append([][]byte{cert.Raw}, a.path...), PrivateKey: key}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// selfSigned makes a certificate that vouches for itself.
func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key := newKey(t)
	c := template(service)
	return tls.Certificate{Certificate: [][]byte{sign(t, c, c, key.Public(), key).Raw}, PrivateKey: key}
}

func sign(t testing.TB, c, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// serveTLS starts a TLS server.
func serveTLS(t testing.TB, config *tls.Config) *loopback.Network {
	t.Helper()
	return serve(t, func(conn net.Conn) { handshake(conn, config) })
}

// handshake shakes hands, then waits for the other side to leave.
func handshake(conn net.Conn, config *tls.Config) {
	server := tls.Server(conn, config)
	if server.Handshake() == nil {
		server.Read(make([]byte, 1))
	}
}

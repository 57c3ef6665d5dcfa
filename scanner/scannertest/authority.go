// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/ocsp"
)

// day is a day of certificate life.
const day = 24 * time.Hour

// authority is the private certification authority of the lab.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// period is when a certificate holds.
type period struct{ from, until time.Time }

// healthy is the life of a certificate renewed yesterday for 90 days.
func (h *Hospital) healthy() period { return period{h.now.Add(-day), h.now.Add(89 * day)} }

// expired is the life of one that nobody renewed ten days ago.
func (h *Hospital) expired() period { return period{h.now.Add(-100 * day), h.now.Add(-10 * day)} }

// openAuthority makes the authority and writes its certificate for the agent.
func (h *Hospital) openAuthority() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the key of the authority: %w", err)
	}
	template := certificate("Autorité du laboratoire CareScan", period{h.now.Add(-365 * day), h.now.Add(3650 * day)})
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if h.ca, err = sign(template, authority{template, key}, key); err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.ca.certificate.Raw})
	h.settings.CAFile, err = h.write("autorite.pem", block)
	return err
}

// certify makes the certificate of a host.
func (h *Hospital) certify(host string, life period) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the key of %s: %w", host, err)
	}
	template := certificate(host, life)
	template.DNSNames = []string{host}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.OCSPServer = []string{"http://ocsp.registre.test/"}
	signed, err := sign(template, h.ca, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	staple, err := h.vouch(signed.certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{
		Certificate: [][]byte{signed.certificate.Raw, h.ca.certificate.Raw}, PrivateKey: key, Leaf: signed.certificate, OCSPStaple: staple,
	}, nil
}

// vouch is the proof that a certificate is not revoked, good for a week (RFC 6960).
func (h *Hospital) vouch(certificate *x509.Certificate) ([]byte, error) {
	staple, err := ocsp.CreateResponse(h.ca.certificate, h.ca.certificate, ocsp.Response{
		Status: ocsp.Good, SerialNumber: certificate.SerialNumber, ThisUpdate: h.now.Add(-day), NextUpdate: h.now.Add(6 * day),
	}, h.ca.key)
	if err != nil {
		return nil, fmt.Errorf("vouch for %s: %w", certificate.Subject.CommonName, err)
	}
	return staple, nil
}

func certificate(name string, life period) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{Country: []string{"FR"}, Organization: []string{establishment().Name}, CommonName: name},
		NotBefore:             life.from,
		NotAfter:              life.until,
		BasicConstraintsValid: true,
	}
}

// serial is random and positive, as RFC 5280 section 4.1.2.2 asks.
func serial() *big.Int {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	raw[0] &= 0x7f
	return new(big.Int).SetBytes(raw)
}

func sign(template *x509.Certificate, by authority, key *ecdsa.PrivateKey) (authority, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		return authority{}, fmt.Errorf("sign the certificate of %s: %w", template.Subject.CommonName, err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		return authority{}, fmt.Errorf("read back the certificate of %s: %w", template.Subject.CommonName, err)
	}
	return authority{signed, key}, nil
}

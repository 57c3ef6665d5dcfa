// SPDX-License-Identifier: Apache-2.0

// Package authority certifies the agents of a region and proves who the
// aggregator is: a certificate authority of its own, the certificates it
// issues, the tokens that open an enrolment, and the seal on receipts.
//
// Revocation is a look into the store, which is at hand: there is no list to
// publish, because nobody else verifies these certificates.
package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"time"

	"carescan/cmd/aggregator/internal/keyfile"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// Authority holds the keys of a region. Each key has one role.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	seal        crypto.Signer
	log         logKey
}

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	clockSkew     = 5 * time.Minute // a certificate is valid at once on a clock that is late
)

// Open reads the authority of a data folder, creating it at first use.
func Open(folder string) (*Authority, error) {
	folder, err := keyfile.Folder(folder)
	if err != nil {
		return nil, err
	}
	key, err := openKey(filepath.Join(folder, "ca.key"))
	if err != nil {
		return nil, err
	}
	seal, err := openKey(filepath.Join(folder, "seal.key"))
	if err != nil {
		return nil, err
	}
	certificate, err := openRoot(filepath.Join(folder, "ca.crt"), key)
	if err != nil {
		return nil, err
	}
	a := &Authority{certificate: certificate, key: key, seal: seal}
	a.log, err = openLog(filepath.Join(folder, "log.key"), a.Pin())
	return a, err
}

// PEM is the certificate of the authority.
func (a *Authority) PEM() string { return encodeCertificate(a.certificate.Raw) }

// Pin is the digest of the authority's public key, which a token carries.
func (a *Authority) Pin() string { return scanner.Digest(a.certificate.RawSubjectPublicKeyInfo) }

// NotAfter is when the authority itself expires.
func (a *Authority) NotAfter() time.Time { return a.certificate.NotAfter }

// SealKey is the public key that receipts are verified with, PEM.
func (a *Authority) SealKey() (string, error) {
	der, err := x509.MarshalPKIXPublicKey(a.seal.Public())
	if err != nil {
		return "", fmt.Errorf("encode seal key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

func openRoot(path string, key crypto.Signer) (*x509.Certificate, error) {
	raw, err := keyfile.Once(path, 0o644, func() ([]byte, error) { return newRoot(key) })
	if err != nil {
		return nil, err
	}
	certificate, err := parseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	public, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(key.Public()) {
		return nil, fmt.Errorf("certificate %s is not of the key beside it", path)
	}
	return certificate, nil
}

// newRoot makes the certificate of the authority. It signs end certificates
// only: no other authority may stand below it.
func newRoot(key crypto.Signer) ([]byte, error) {
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "CareScan aggregator authority"},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(authorityLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := sign(template, template, key.Public(), key)
	return []byte(encodeCertificate(der)), err
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("draw serial number: %w", err)
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	return der, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return key, nil
}

func encodeCertificate(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func parseCertificate(raw []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}

// keyID names a key as bundles do.
func keyID(public crypto.PublicKey) (string, error) { return envelope.KeyID(public) }

// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"carescan/scanner"
)

// AgentLife is how long the certificate of an agent lives.
const AgentLife = 90 * 24 * time.Hour

// RenewalGrace is how long after its end a certificate may still be renewed.
const RenewalGrace = 30 * 24 * time.Hour

// Identity is who a certificate says an agent is.
type Identity struct {
	FINESS  scanner.FINESS
	AgentID string
	Serial  string
}

// Request is a certificate request whose key is acceptable and proven.
type Request struct {
	PublicKey []byte // PKIX, DER
	KeyID     string
	public    crypto.PublicKey
}

// ParseRequest reads a PEM certificate request. Only its key is taken: what an
// agent is called is the authority's to say.
func ParseRequest(text string) (Request, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || strings.TrimSpace(string(rest)) != "" {
		return Request{}, errors.New("one certificate request in PEM form is expected")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return Request{}, fmt.Errorf("read certificate request: %w", err)
	}
	if err := csr.CheckSignature(); err != nil {
		return Request{}, fmt.Errorf("verify certificate request: %w", err)
	}
	id, err := keyID(csr.PublicKey)
	if err != nil {
		return Request{}, err
	}
	return Request{csr.RawSubjectPublicKeyInfo, id, csr.PublicKey}, nil
}

// Issued is a new certificate.
type Issued struct {
	PEM       string
	Serial    string
	NotBefore time.Time
	NotAfter  time.Time
}

// Certify issues the certificate of an agent: client only, named by a URI.
func (a *Authority) Certify(r Request, finess scanner.FINESS, agent string, at time.Time) (Issued, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: agent},
		URIs:        []*url.URL{{Scheme: "carescan", Host: "establishment", Path: "/" + string(finess) + "/agent/" + agent}},
		NotBefore:   at.Add(-clockSkew),
		NotAfter:    at.Add(AgentLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := sign(template, a.certificate, r.public, a.key)
	if err != nil {
		return Issued{}, err
	}
	return Issued{encodeCertificate(der), hexSerial(template), template.NotBefore, template.NotAfter}, nil
}

// ErrEnded says that a certificate is past its end, and that all else in it holds.
var ErrEnded = errors.New("certificate is past its end")

// Identify tells who a presented certificate belongs to. The caller has seen
// that the agent holds its key, as any TLS handshake shows; grace lets one that
// ended lately pass, for renewal alone. Of one that ended earlier, the identity comes
// with ErrEnded. One that has not begun was issued by a clock that was fast, and has been
// put right since: its agent did nothing wrong.
func (a *Authority) Identify(c *x509.Certificate, at time.Time, grace time.Duration) (Identity, error) {
	ended := at.After(c.NotAfter.Add(grace))
	switch {
	case at.After(c.NotAfter):
		at = c.NotAfter
	case at.Before(c.NotBefore):
		at = c.NotBefore
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	_, err := c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return Identity{}, fmt.Errorf("verify certificate: %w", err)
	}
	if len(c.URIs) != 1 {
		return Identity{}, errors.New("certificate has not exactly one URI")
	}
	id, err := parseName(c.URIs[0])
	id.Serial = hexSerial(c)
	if err == nil && ended {
		err = ErrEnded
	}
	return id, err
}

// parseName reads carescan://establishment/<FINESS>/agent/<id>.
func parseName(u *url.URL) (Identity, error) {
	parts := strings.Split(u.Path, "/")
	if u.Scheme != "carescan" || u.Host != "establishment" || len(parts) != 4 || parts[2] != "agent" {
		return Identity{}, fmt.Errorf("certificate bears the name %q, which is no agent's", u)
	}
	finess, _, err := scanner.ParseFINESS(parts[1])
	if err != nil {
		return Identity{}, err
	}
	id, err := uuid.Parse(parts[3])
	if err != nil {
		return Identity{}, fmt.Errorf("read agent id: %w", err)
	}
	return Identity{FINESS: finess, AgentID: id.String()}, nil
}

func hexSerial(c *x509.Certificate) string { return hex.EncodeToString(c.SerialNumber.Bytes()) }

// SPDX-License-Identifier: Apache-2.0

// Package identity keeps what makes an agent itself: its signing key, the key
// of its pseudonyms, and what the aggregator gave it when it enrolled.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/agent/internal/witness"
	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// The secrets of an agent, in its state folder.
const (
	keyFile       = "key.pem"
	pseudonymFile = "pseudonym.key"
)

// Identity is the folder where an agent keeps its keys.
type Identity struct {
	folder string
	// Key signs bundles and speaks to the aggregator: ECDSA P-256.
	Key *ecdsa.PrivateKey
	// Pseudonyms never leave the establishment with their key.
	Pseudonyms scanner.Pseudonyms
}

// Open reads the keys of an agent, making them the first time.
func Open(folder string) (*Identity, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	if err := checkRights(folder); err != nil {
		return nil, err
	}
	unlock, err := durable.Lock(filepath.Join(folder, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := durable.Sweep(folder); err != nil {
		return nil, err
	}
	key, err := readOrMake(filepath.Join(folder, keyFile), newKey)
	if err != nil {
		return nil, err
	}
	secret, err := readOrMake(filepath.Join(folder, pseudonymFile), newSecret)
	if err != nil {
		return nil, err
	}
	signer, err := parseKey(key)
	if err != nil {
		return nil, fmt.Errorf("read key of the agent in %s: %w", folder, err)
	}
	return &Identity{folder, signer, scanner.NewPseudonyms(secret)}, nil
}

// checkRights refuses a state that other accounts may change, and keys that they may
// read: whoever writes the enrolment chooses who is sent the bundles.
func checkRights(folder string) error {
	if err := cli.CheckRights(folder, cli.SharedWrite); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("read state folder: %w", err)
	}
	for _, entry := range entries {
		others := cli.SharedWrite
		if entry.Name() == keyFile || entry.Name() == pseudonymFile {
			others = cli.SharedAny
		}
		if err := cli.CheckRights(filepath.Join(folder, entry.Name()), others); err != nil {
			return err
		}
	}
	return nil
}

// Enrolment is what the aggregator gave the agent, and where it is.
type Enrolment struct {
	URL string `json:"url"`
	wire.EnrolResponse
}

// ErrNotEnrolled says that the agent knows no aggregator.
var ErrNotEnrolled = errors.New("the agent is not enrolled")

// Enrolment reads what the aggregator gave; ErrNotEnrolled when nothing.
func (id *Identity) Enrolment() (Enrolment, error) {
	var e Enrolment
	raw, err := os.ReadFile(id.enrolmentPath())
	if errors.Is(err, fs.ErrNotExist) {
		return e, ErrNotEnrolled
	}
	if err != nil {
		return e, fmt.Errorf("read enrolment: %w", err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("read enrolment %s: %w", id.enrolmentPath(), err)
	}
	return e, nil
}

// Witness is what the agent saw of the evidence log of the region.
func (id *Identity) Witness() (*witness.Witness, error) { return witness.Open(id.folder) }

// Keep stores what the aggregator gave.
func (id *Identity) Keep(e Enrolment) error {
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("encode enrolment: %w", err)
	}
	if err := durable.WriteFile(id.enrolmentPath(), raw); err != nil {
		return fmt.Errorf("keep enrolment: %w", err)
	}
	return nil
}

func (id *Identity) enrolmentPath() string { return filepath.Join(id.folder, "enrolment.json") }

// CSR asks for a certificate for the agent's key, PEM.
func (id *Identity) CSR() (string, error) {
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: "carescan-agent"}}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, id.Key)
	if err != nil {
		return "", fmt.Errorf("make certificate request: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}

// TLS is how an enrolled agent speaks to its aggregator: TLS 1.3, its own
// certificate, and no authority but the aggregator's.
func (id *Identity) TLS(e Enrolment) (*tls.Config, error) {
	block, _ := pem.Decode([]byte(e.Certificate))
	roots := x509.NewCertPool()
	if block == nil || !roots.AppendCertsFromPEM([]byte(e.CA)) {
		return nil, errors.New("read enrolment: no certificate in it; enrol the agent again")
	}
	own := tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: id.Key}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, RootCAs: roots}, nil
}

// Validity tells between which moments the agent's certificate holds.
func (e Enrolment) Validity() (from, until time.Time, err error) {
	block, _ := pem.Decode([]byte(e.Certificate))
	if block == nil {
		return from, until, errors.New("read enrolment: no certificate in it")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return from, until, fmt.Errorf("read certificate of the agent: %w", err)
	}
	return certificate.NotBefore, certificate.NotAfter, nil
}

func readOrMake(path string, fresh func() ([]byte, error)) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return raw, err
	}
	if raw, err = fresh(); err != nil {
		return nil, fmt.Errorf("make %s: %w", filepath.Base(path), err)
	}
	return raw, durable.WriteFile(path, raw)
}

func newSecret() ([]byte, error) {
	secret := make([]byte, 32)
	_, err := rand.Read(secret)
	return secret, err
}

func newKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKey(raw []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("no PEM block in it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("key is a %T, not ECDSA", parsed)
	}
	return key, nil
}

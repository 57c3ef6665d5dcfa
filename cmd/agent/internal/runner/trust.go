// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
)

// trust is whom certificates are checked against. A nil pool is that of the
// system.
type trust struct {
	public  *x509.CertPool // recognised by everybody
	store   string         // what public is called in facts
	private *x509.CertPool // declared by the establishment; nil means none
	any     *x509.CertPool // both
}

// trustOf reads the declared authorities.
func trustOf(n config.Network) (t trust, err error) {
	if n.CAFile != "" {
		raw, err := readAuthorities("network.ca_file", n.CAFile)
		if err != nil {
			return t, err
		}
		t.public, t.store = poolOf(raw), scanner.Digest(raw)
		t.any = t.public
	}
	if len(n.PrivateCAFiles) == 0 {
		return t, nil
	}
	return t.withPrivate(n.PrivateCAFiles)
}

func (t trust) withPrivate(files []string) (trust, error) {
	t.private = x509.NewCertPool()
	var err error
	if t.any, err = t.recognised(); err != nil {
		return t, err
	}
	for _, file := range files {
		raw, err := readAuthorities("network.private_ca_files", file)
		if err != nil {
			return t, err
		}
		t.private.AppendCertsFromPEM(raw)
		t.any.AppendCertsFromPEM(raw)
	}
	return t, nil
}

// recognised is a copy of the public authorities.
func (t trust) recognised() (*x509.CertPool, error) {
	if t.public != nil {
		return t.public.Clone(), nil
	}
	system, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the authorities of the system: %w", err)
	}
	return system, nil
}

func readAuthorities(key, file string) ([]byte, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(raw) {
		return nil, errors.New("read " + key + ": no certificate in " + file)
	}
	return raw, nil
}

func poolOf(raw []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(raw)
	return pool
}

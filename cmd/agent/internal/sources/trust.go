// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"crypto/x509"
	"fmt"
	"slices"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/settings"
)

// trust is whom certificates are checked against. A nil pool is that of the
// system.
type trust struct {
	public  *x509.CertPool // recognised by everybody
	store   string         // what public is called in facts
	private *x509.CertPool // declared by the establishment; nil means none
	any     *x509.CertPool // both
	text    []byte         // the files of both, in PEM
}

// trustOf reads the declared authorities.
func trustOf(n config.Network) (t trust, err error) {
	if n.CAFile != "" {
		raw, faults := readAuthorities(n.CAFile)
		if len(faults) > 0 {
			return t, faults.Below("network.ca_file")
		}
		t.public, t.store = x509.NewCertPool(), scanner.Digest(raw)
		t.public.AppendCertsFromPEM(raw)
		t.any, t.text = t.public, raw
	}
	if len(n.PrivateCAFiles) == 0 {
		return t, nil
	}
	t.private = x509.NewCertPool()
	if t.any, err = t.recognised(); err != nil {
		return t, err
	}
	for i, file := range n.PrivateCAFiles {
		raw, faults := readAuthorities(file)
		if len(faults) > 0 {
			return t, faults.Below("network.private_ca_files" + settings.At(i))
		}
		t.private.AppendCertsFromPEM(raw)
		t.any.AppendCertsFromPEM(raw)
		t.text = slices.Concat(t.text, []byte("\n"), raw)
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

// maxAuthorities is the most bytes of one file of authorities; those of a whole
// system weigh a quarter of a MiB.
const maxAuthorities = 4 << 20

func readAuthorities(file string) ([]byte, settings.Faults) {
	raw, _, err := bounded.File(file, maxAuthorities)
	if err != nil {
		return nil, settings.Unreadable(err)
	}
	raw = settings.Saved(raw)
	if !x509.NewCertPool().AppendCertsFromPEM(raw) {
		return nil, settings.InFile(0, file+" ne contient aucun certificat au format PEM", file+" holds no certificate in PEM form")
	}
	return raw, nil
}

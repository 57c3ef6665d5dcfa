// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"sync"

	"carescan/scanner/bounded"
)

// systemFiles are where systems keep the authorities they trust, as the standard
// library looks for them (crypto/x509, root_linux.go and root_bsd.go). On Windows
// they are in no file, and old signatures stay those of unknown authorities.
var systemFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// maxStore is the most bytes of a store; that of a whole system weighs a quarter
// of a MiB.
const maxStore = 4 << 20

// systemAuthorities lists those of the first file that holds any, once.
var systemAuthorities = sync.OnceValue(func() []*x509.Certificate {
	for _, file := range append([]string{os.Getenv("SSL_CERT_FILE")}, systemFiles...) {
		raw, _, err := bounded.File(file, maxStore)
		if err != nil {
			continue
		}
		if list := Authorities(raw); len(list) > 0 {
			return list
		}
	}
	return nil
})

// Authorities reads the certificates of a PEM file; what is none is passed over.
func Authorities(raw []byte) []*x509.Certificate {
	var list []*x509.Certificate
	for block, rest := pem.Decode(raw); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); block.Type == "CERTIFICATE" && err == nil {
			list = append(list, cert)
		}
	}
	return list
}

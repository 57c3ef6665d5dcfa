// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"

	"carescan/scanner/probes/internal/excerpt"
)

// maxAddresses is how many addresses of revocation sources are kept.
const maxAddresses = 5

func addresses(all []string) []string {
	var kept []string
	for _, address := range all[:min(len(all), maxAddresses)] {
		kept = append(kept, excerpt.Of(address, maxText))
	}
	return kept
}

func exponent(cert *x509.Certificate) int {
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
		return key.E
	}
	return 0
}

// extension finds the value of an extension.
func extension(all []pkix.Extension, id asn1.ObjectIdentifier) []byte {
	for _, e := range all {
		if e.Id.Equal(id) {
			return e.Value
		}
	}
	return nil
}

// mustStaple reads the TLS feature extension for status_request (RFC 7633 section
// 4.2.3.1).
func mustStaple(cert *x509.Certificate) bool {
	var features []int
	value := extension(cert.Extensions, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24})
	_, err := asn1.Unmarshal(value, &features)
	return err == nil && slices.Contains(features, 5)
}

// The names of RFC 5280 sections 4.2.1.3 and 4.2.1.12.
var (
	keyUsages = []string{
		"digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
		"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
	}
	extendedUsages = map[x509.ExtKeyUsage]string{
		x509.ExtKeyUsageAny: "any", x509.ExtKeyUsageServerAuth: "serverAuth", x509.ExtKeyUsageClientAuth: "clientAuth",
		x509.ExtKeyUsageCodeSigning: "codeSigning", x509.ExtKeyUsageEmailProtection: "emailProtection",
		x509.ExtKeyUsageTimeStamping: "timeStamping", x509.ExtKeyUsageOCSPSigning: "OCSPSigning",
	}
)

// usages lists the key usages, then the extended ones.
func usages(cert *x509.Certificate) []string {
	var list []string
	for bit, name := range keyUsages {
		if cert.KeyUsage&(1<<bit) != 0 {
			list = append(list, name)
		}
	}
	for _, usage := range cert.ExtKeyUsage[:min(len(cert.ExtKeyUsage), len(extendedUsages))] {
		name, known := extendedUsages[usage]
		if !known {
			name = fmt.Sprintf("extended %d", usage)
		}
		list = append(list, name)
	}
	return list
}

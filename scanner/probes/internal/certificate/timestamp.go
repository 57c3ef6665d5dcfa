// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Timestamps finds the list of SCTs in the extensions of a certificate or of an
// OCSP answer (RFC 6962 section 3.3).
func Timestamps(extensions []pkix.Extension, id asn1.ObjectIdentifier) []byte {
	value := cryptobyte.String(extension(extensions, id))
	var list cryptobyte.String
	if !value.ReadASN1(&list, cryptobyte_asn1.OCTET_STRING) {
		return nil
	}
	return list
}

// CountTimestamps counts the entries of a list of SCTs (RFC 6962 section 3.3).
func CountTimestamps(raw []byte) int {
	list := cryptobyte.String(raw)
	var entries cryptobyte.String
	if !list.ReadUint16LengthPrefixed(&entries) {
		return 0
	}
	count := 0
	for !entries.Empty() {
		var entry cryptobyte.String
		if !entries.ReadUint16LengthPrefixed(&entry) {
			return count
		}
		count++
	}
	return count
}

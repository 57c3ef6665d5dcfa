// SPDX-License-Identifier: Apache-2.0

package loopback

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// OddCertificate makes of a certificate another one, as the standard library makes
// none: the same with some bytes replaced, as long as those they replace, and
// signed again. The key is one of ECDSA, and the hash SHA-256.
func OddCertificate(t testing.TB, der []byte, key crypto.Signer, replaced, by string) []byte {
	t.Helper()
	var parts struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(parts.TBS.FullBytes, []byte(replaced)) || len(replaced) != len(by) {
		t.Fatalf("%q cannot be replaced by %q", replaced, by)
	}
	odd := bytes.ReplaceAll(parts.TBS.FullBytes, []byte(replaced), []byte(by))
	digest := sha256.Sum256(odd)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	parts.TBS, parts.Signature = asn1.RawValue{FullBytes: odd}, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	made, err := asn1.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// SPDX-License-Identifier: Apache-2.0

package loopback

import (
	"crypto"
	"testing"

	"carescan/scanner/scannertest"
)

// OddCertificate is that of the lab, for a test that goes no further without it.
func OddCertificate(t testing.TB, der []byte, key crypto.Signer, replaced, by string) []byte {
	t.Helper()
	odd, err := scannertest.OddCertificate(der, key, []byte(replaced), []byte(by))
	if err != nil {
		t.Fatal(err)
	}
	return odd
}

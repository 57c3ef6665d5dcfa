// SPDX-License-Identifier: Apache-2.0

// Package signature says which certificates carry a signature that can be forged,
// or that is shorter than it should be.
package signature

import (
	"slices"
	"strings"

	"carescan/scanner/fact"
)

// Forgeable tells whether a certificate is signed by MD2, MD5 or SHA-1. Those that
// vouch for themselves are left aside: nobody relies on their signature.
func Forgeable(c fact.Certificate) bool {
	return c.Subject != c.Issuer && made(c.Signature, "MD2", "MD5", "SHA1", "SHA-1")
}

// Short tells whether a certificate is signed by SHA-224: nobody forges it, and
// authorities no longer may use it (CA/Browser Forum, baseline requirements, 7.1.3.2).
func Short(c fact.Certificate) bool {
	return c.Subject != c.Issuer && made(c.Signature, "SHA224", "SHA-224")
}

// made tells whether a signature names one of the hashes.
func made(signature string, hashes ...string) bool {
	upper := strings.ToUpper(signature)
	return slices.ContainsFunc(hashes, func(hash string) bool {
		return strings.HasPrefix(upper, hash+"-") || strings.HasSuffix(upper, "-"+hash) || strings.Contains(upper, "WITH"+hash)
	})
}

// SPDX-License-Identifier: Apache-2.0

// Package signature says which certificates carry a signature that can be forged.
package signature

import (
	"slices"
	"strings"

	"carescan/scanner/fact"
)

// Forgeable tells whether a certificate is signed by MD2, MD5 or SHA-1. Those that
// vouch for themselves are left aside: nobody relies on their signature.
func Forgeable(c fact.Certificate) bool {
	return c.Subject != c.Issuer && brokenHash(c.Signature)
}

func brokenHash(signature string) bool {
	upper := strings.ToUpper(signature)
	return slices.ContainsFunc([]string{"MD2", "MD5", "SHA1", "SHA-1"}, func(hash string) bool {
		return strings.HasPrefix(upper, hash+"-") || strings.HasSuffix(upper, "-"+hash) || strings.Contains(upper, "WITH"+hash)
	})
}

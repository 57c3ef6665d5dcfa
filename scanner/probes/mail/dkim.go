// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"
	"strings"

	"github.com/mjl-/mox/dkim"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// dkimSelector asks for the key of a declared selector.
func dkimSelector(ctx context.Context, r *resolver, domain, selector string) fact.DKIMSelector {
	a, texts := r.texts(ctx, selector+"._domainkey."+domain)
	found := fact.DKIMSelector{Selector: printable(selector), Answer: a.state, Error: a.fault, Count: len(texts)}
	if len(texts) == 1 {
		readKey(&found, texts[0])
	}
	return found
}

// readKey reads a key record (RFC 6376 section 3.6.1). The key itself is not
// kept.
func readKey(found *fact.DKIMSelector, text string) {
	record, _, err := dkim.ParseRecord(text)
	if err != nil {
		found.Fault = excerpt.Of(printable(err.Error()), maxError)
		return
	}
	found.Key = strings.ToLower(record.Key)
	found.Revoked = len(record.Pubkey) == 0
	found.Test = slices.ContainsFunc(record.Flags, func(flag string) bool { return strings.EqualFold(flag, "y") })
	for _, hash := range record.Hashes[:min(len(record.Hashes), maxHashes)] {
		found.Hashes = append(found.Hashes, printable(strings.ToLower(hash)))
	}
	switch key := record.PublicKey.(type) {
	case *rsa.PublicKey:
		found.Bits = key.N.BitLen()
	case ed25519.PublicKey:
		found.Bits = 8 * len(key)
	}
}

const maxHashes = 10

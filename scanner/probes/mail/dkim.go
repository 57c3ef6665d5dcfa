// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// dkimSelector asks for the key of a declared selector.
func dkimSelector(ctx context.Context, r *resolver, domain, selector string) fact.DKIMSelector {
	a, texts := r.texts(ctx, selector+"._domainkey."+domain)
	found := fact.DKIMSelector{Selector: printable(selector), Answer: a.state, Cause: a.cause, Error: a.fault, Count: len(texts)}
	if len(texts) == 1 {
		readKey(&found, texts[0])
	}
	return found
}

// readKey reads a key record. The key itself is not kept.
func readKey(found *fact.DKIMSelector, text string) {
	record, err := parseKeyRecord(text)
	if err != nil {
		found.Fault = excerpt.Of(printable(err.Error()), maxError)
		return
	}
	found.Key, found.Bits, found.Revoked = record.kind, record.bits, record.revoked
	found.Test = slices.Contains(record.flags, "y")
	found.NotForMail = !record.mail
	for _, hash := range record.hashes[:min(len(record.hashes), maxHashes)] {
		found.Hashes = append(found.Hashes, printable(hash))
	}
}

const maxHashes = 10

// SPDX-License-Identifier: Apache-2.0

// Package tlssignaturehash checks that a service signs its key exchange with a
// hash that still holds.
package tlssignaturehash

import (
	"slices"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.tls-signature-hash", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-TLS-08"},
	Reads:      []string{fact.TLSSignatures},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	var faults []scanner.Verdict
	if broken := answered(t, fact.Accepted, "md5", "sha1"); len(broken) > 0 {
		faults = append(faults, scanner.Failed("broken", scanner.Values{"hashes": strings.Join(broken, ", ")}))
	}
	if t.Signatures["sha224"] == fact.Accepted {
		faults = append(faults, scanner.FailedAs(scanner.Low, "short", nil))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(t.Signatures) == 0 && t.Versions["1.2"] == fact.Declined && speaksOlder(t):
		return scanner.Exempt("not-chosen", nil)
	case len(answered(t, fact.Declined, "md5", "sha1")) < 2:
		return scanner.Unknown("not-known", nil)
	}
	return scanner.Passed("strong", nil)
}

// speaksOlder tells whether the service speaks a version in which the hash cannot be
// chosen (RFC 4346 section 7.4.3).
func speaksOlder(t fact.TLS) bool {
	return slices.ContainsFunc([]string{"SSL 2.0", "SSL 3.0", "1.0", "1.1"}, func(v string) bool { return t.Versions[v] == fact.Accepted })
}

func answered(t fact.TLS, answer fact.Offer, hashes ...string) (found []string) {
	for _, hash := range hashes {
		if t.Signatures[hash] == answer {
			found = append(found, strings.ToUpper(hash))
		}
	}
	return found
}

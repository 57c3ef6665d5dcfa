// SPDX-License-Identifier: Apache-2.0

package mailtls

import (
	"slices"
	"strings"

	"carescan/checks/internal/reception"
	"carescan/checks/internal/signature"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// certificate judges what the address showed. Senders that follow no policy do
// not verify it (RFC 7435): it is a fault only where a policy makes them.
func certificate(c scanner.Case[struct{}], f fact.MailServers, h reception.Host) []string {
	if len(h.Chain) == 0 {
		return []string{"trust-unknown"}
	}
	verified, known := verifiable(c, h)
	dane := published(h)
	switch {
	case vouched(h) && !announcesPolicy(f): // RFC 7672 section 3.1: nothing else is needed
		return nil
	case !verified && (announcesPolicy(f) || dane):
		return []string{"bad-certificate"}
	case !verified:
		return []string{"unverifiable"}
	case !known:
		return []string{"trust-unknown"}
	}
	return nil
}

// verifiable tells whether dates, name, signatures and authority hold (RFC 8461
// section 4.1), and whether the authority could be verified at all.
func verifiable(c scanner.Case[struct{}], h reception.Host) (ok, known bool) {
	leaf := h.Chain[0]
	switch {
	case c.At.After(leaf.NotAfter), c.At.Before(leaf.NotBefore), !covered(h.Server.Name, leaf.Names):
		return false, true
	case h.OutOfDate, slices.ContainsFunc(h.Chain, signature.Forgeable):
		return false, true
	case h.Trust == fact.SelfSigned, h.Trust == fact.Untrusted:
		return false, true
	}
	return true, h.Trust != ""
}

// covered tells whether one of the names is that of the server; a wildcard
// stands for one label on the left (RFC 9525 section 6.3).
func covered(name string, names []string) bool {
	_, parent, _ := strings.Cut(name, ".")
	for _, n := range names {
		if strings.EqualFold(n, name) || strings.EqualFold(n, "*."+parent) {
			return true
		}
	}
	return false
}

// announcesPolicy tells whether a policy of MTA-STS is announced (RFC 8461
// section 3.1).
func announcesPolicy(f fact.MailServers) bool {
	for _, v := range f.STS.Values {
		if strings.HasPrefix(v, "v=STSv1") {
			return true
		}
	}
	return false
}

// published tells whether senders that know DANE verify this server: a usable
// record in a signed zone (RFC 7672 section 2.2).
func published(h reception.Host) bool {
	for _, r := range h.Server.TLSA.Records {
		if h.Server.TLSA.Security == fact.Secure && (r.Usage == 2 || r.Usage == 3) {
			return true
		}
	}
	return false
}

// vouched tells whether one of those records authenticates what was shown.
func vouched(h reception.Host) bool {
	for i, r := range h.Server.TLSA.Records {
		if published(h) && (r.Usage == 2 || r.Usage == 3) && i < len(h.TLSA) && h.TLSA[i] {
			return true
		}
	}
	return false
}

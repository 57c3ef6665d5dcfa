// SPDX-License-Identifier: Apache-2.0

// Package dkimkeys checks that the keys a domain declares to sign its mail are
// published and strong.
package dkimkeys

import (
	"slices"
	"strconv"

	"carescan/checks/internal/mailpolicy"
	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are lengths of RSA keys in bits (RFC 8301 section 3.2).
type Params struct {
	StrongBits int `json:"strong_bits"`
	LeastBits  int `json:"least_bits"` // shorter signatures are refused by receivers
}

// Check is the value the registry holds. Revision 2 tells a key that is not for
// mail, and one that allows no hash in use, from one limited to SHA-1.
var Check = scanner.Check{
	ID: "exposure.dkim-keys", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-MAIL-13"},
	Reads:      []string{fact.MailUse, fact.MailDKIM},
	Judge:      scanner.Each(Params{StrongBits: 2048, LeastBits: 1024}, judge),
}

// judge shows the worst selector: what is proven broken, then what is weak, then
// what is not known. A domain may sign without receiving: its MX do not matter.
func judge(c scanner.Case[Params], f fact.MailPolicy) scanner.Verdict {
	switch {
	case f.Answer == fact.NXDomain:
		return named.Absent()
	case len(f.DKIM) == 0:
		return scanner.Exempt("undeclared", nil)
	}
	var faults []scanner.Verdict
	for _, look := range []func(Params, fact.DKIMSelector) string{broken, weak} {
		for _, s := range f.DKIM {
			if reason := look(c.Params, s); reason != "" {
				faults = append(faults, verdict(reason, s))
			}
		}
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	for _, s := range f.DKIM {
		if reason := unknown(s); reason != "" {
			return verdict(reason, s)
		}
	}
	if onlyEd25519(f.DKIM) {
		return scanner.FailedAs(scanner.Low, "ed25519-alone", nil)
	}
	return scanner.Passed("strong", scanner.Values{"count": strconv.Itoa(len(f.DKIM))})
}

func verdict(reason string, s fact.DKIMSelector) scanner.Verdict {
	values := scanner.Values{"selector": s.Selector, "bits": strconv.Itoa(s.Bits)}
	switch reason {
	case "selector-unknown":
		return mailpolicy.Unanswered(reason, values, s.Cause)
	case "short", "test":
		return scanner.FailedAs(scanner.Low, reason, values)
	}
	return scanner.Failed(reason, values)
}

func broken(p Params, s fact.DKIMSelector) string {
	switch {
	case s.Answer.Absent():
		return "missing"
	case s.Answer != fact.Present:
		return ""
	case s.Count > 1: // RFC 6376 section 3.6.2.2: what receivers then do is not defined
		return "several"
	case s.Fault != "":
		return "malformed"
	case s.Revoked:
		return "revoked"
	case s.Key == "rsa" && s.Bits < p.LeastBits:
		return "weak"
	case s.NotForMail: // RFC 6376 section 3.6.1, s=
		return "not-for-mail"
	case len(s.Hashes) == 0 || slices.Contains(s.Hashes, "sha256"):
		return ""
	case slices.Contains(s.Hashes, "sha1"): // RFC 8301 section 3.1
		return "sha1"
	}
	return "unknown-hash"
}

func weak(p Params, s fact.DKIMSelector) string {
	switch {
	case s.Answer != fact.Present:
		return ""
	case s.Key == "rsa" && s.Bits < p.StrongBits:
		return "short"
	case s.Test:
		return "test"
	}
	return ""
}

func unknown(s fact.DKIMSelector) string {
	if s.Answer != fact.Present && !s.Answer.Absent() {
		return "selector-unknown"
	}
	return ""
}

// onlyEd25519: receivers that do not know it (RFC 8463 section 3) need an RSA
// signature beside.
func onlyEd25519(selectors []fact.DKIMSelector) bool {
	return !slices.ContainsFunc(selectors, func(s fact.DKIMSelector) bool { return s.Key != "ed25519" })
}

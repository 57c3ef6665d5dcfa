// SPDX-License-Identifier: Apache-2.0

// Package certificaterevocation checks that a certificate is not revoked, and that
// clients can find out.
package certificaterevocation

import (
	"time"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-revocation", Revision: 2, Severity: scanner.Critical,
	References: []string{"EXP-TLS-18"},
	Reads:      []string{fact.TLSCertificate, fact.TLSStaple},
	Judge:      scanner.Each(Params{SourceDays: 10}, judge),
}

// Params says above which life, in days, a certificate must name a source of
// revocation. Source: EXP-TLS-18; CA/B Forum, short-lived certificates.
type Params struct {
	SourceDays int `json:"source_days"`
}

// fresh tells whether clients believe a staple: an answer about this certificate
// that is not out of date (RFC 6960 section 4.2.2.1).
func fresh(s *fact.Staple, at time.Time) bool {
	return s != nil && s.Status != "invalid" && (s.NextUpdate.IsZero() || !at.After(s.NextUpdate))
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Settled(t.Reach); settled {
		return v
	}
	if len(t.Chain) == 0 || t.Revocation == "" {
		return scanner.Unknown("not-looked", nil)
	}
	leaf := t.Chain[0]
	long := leaf.NotAfter.Sub(leaf.NotBefore) > time.Duration(c.Params.SourceDays)*24*time.Hour
	switch {
	case t.Revocation == fact.Revoked:
		return scanner.Failed("revoked", nil)
	case t.Staple == nil && t.Why[fact.TLSStaple] != "" && (leaf.MustStaple || len(leaf.OCSP) > 0):
		return scanner.Unknown("not-looked", nil)
	case leaf.MustStaple && !fresh(t.Staple, c.At):
		return scanner.Failed("must-staple", nil)
	case t.Staple != nil && !fresh(t.Staple, c.At):
		return scanner.FailedAs(scanner.Low, "bad-staple", nil)
	case t.Revocation == fact.RevocationNone && long:
		return scanner.FailedAs(scanner.Low, "sourceless", nil)
	case t.Revocation == fact.RevocationNone:
		return scanner.Passed("short-lived", nil)
	case t.Staple == nil && len(leaf.OCSP) > 0:
		return scanner.FailedAs(scanner.Low, "not-stapled", nil)
	case t.Revocation == fact.RevocationGood:
		return scanner.Passed("good", nil)
	}
	return scanner.Unknown("not-asked", nil)
}

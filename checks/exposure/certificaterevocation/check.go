// SPDX-License-Identifier: Apache-2.0

// Package certificaterevocation checks that a certificate is not revoked, and that
// clients can find out.
package certificaterevocation

import (
	"slices"
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
	Judge:      scanner.Each(Params{10, time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), 7}, judge),
}

// Params says above which life, in days, a certificate must name a source of
// revocation, by date of issuance. Source: EXP-TLS-18; CA/B Forum, baseline
// requirements, short-lived certificates (regulation-2.md section 12).
type Params struct {
	SourceDays  int       `json:"source_days"` // issued before Since2
	Since2      time.Time `json:"since_2"`
	SourceDays2 int       `json:"source_days_2"`
}

// needsSource tells a certificate that is not short-lived. Both bounds of its life
// are inside (RFC 5280 section 4.1.2.5).
func (p Params) needsSource(c fact.Certificate) bool {
	days := p.SourceDays
	if !c.NotBefore.Before(p.Since2) {
		days = p.SourceDays2
	}
	return c.NotAfter.Sub(c.NotBefore)+time.Second > time.Duration(days)*24*time.Hour
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
	if faults := append(revoked(t), offer(c, t)...); len(faults) > 0 {
		return scanner.Together(faults)
	}
	switch {
	case cut(t):
		return scanner.Unknown("not-looked", nil)
	case t.Revocation == fact.RevocationNone:
		return scanner.Passed("short-lived", nil)
	case t.Staple != nil && t.Staple.Status == "good":
		return scanner.Passed("good", nil)
	case len(about(t)) > 0:
		return answered(c.At, about(t))
	case t.Staple != nil: // an answer that knows nothing of the certificate
		return scanner.Unknown("not-recognised", nil)
	case t.Revocation == fact.RevocationGood:
		return scanner.Passed("good", nil)
	}
	return scanner.Exempt("not-asked", nil)
}

// revoked lists the certificates of the chain that an authority took back, each
// once. A list that is out of date still names them.
func revoked(t fact.TLS) (faults []scanner.Verdict) {
	seen := map[string]bool{}
	for _, a := range t.Authorities {
		if a.Status != fact.Revoked || seen[a.Certificate] {
			continue
		}
		seen[a.Certificate] = true
		reason := "authority-revoked"
		if a.Certificate == t.Chain[0].Digest {
			reason = "revoked-since"
		}
		faults = append(faults, scanner.Failed(reason, scanner.Values{"subject": a.Subject, "since": a.RevokedAt.UTC().Format(time.DateOnly)}))
	}
	if t.Revocation == fact.Revoked && !seen[t.Chain[0].Digest] { // by the staple
		faults = append(faults, scanner.Failed("revoked", nil))
	}
	return faults
}

// offer judges what the service and its certificate offer to their visitors.
func offer(c scanner.Case[Params], t fact.TLS) []scanner.Verdict {
	leaf := t.Chain[0]
	switch {
	case leaf.MustStaple && len(leaf.OCSP) == 0:
		return []scanner.Verdict{scanner.Failed("staple-impossible", nil)}
	case cut(t):
		return nil
	case leaf.MustStaple && !fresh(t.Staple, c.At):
		return []scanner.Verdict{scanner.Failed("must-staple", nil)}
	case t.Staple != nil && !fresh(t.Staple, c.At):
		return []scanner.Verdict{scanner.FailedAs(scanner.Low, "bad-staple", nil)}
	case t.Revocation == fact.RevocationNone && c.Params.needsSource(leaf):
		return []scanner.Verdict{scanner.FailedAs(scanner.Low, "sourceless", nil)}
	case t.Staple == nil && len(leaf.OCSP) > 0:
		return []scanner.Verdict{scanner.FailedAs(scanner.Low, "not-stapled", nil)}
	}
	return nil
}

// cut tells a service that fell silent after its certificate, before the proof of
// revocation that its visitors expect could come.
func cut(t fact.TLS) bool {
	leaf := t.Chain[0]
	return t.Staple == nil && t.Why[fact.TLSStaple] != "" && (leaf.MustStaple || len(leaf.OCSP) > 0)
}

// about are the answers about the certificate of the service itself.
func about(t fact.TLS) []fact.RevocationAnswer {
	return slices.DeleteFunc(slices.Clone(t.Authorities), func(a fact.RevocationAnswer) bool { return a.Certificate != t.Chain[0].Digest })
}

// answered concludes from the authorities that were asked: one good answer that is
// in date is enough (RFC 5280 section 6.3.3, RFC 6960 section 4.2.2.1).
func answered(at time.Time, answers []fact.RevocationAnswer) scanner.Verdict {
	doubt := scanner.Unknown("not-recognised", nil)
	for _, a := range answers {
		values := scanner.Values{"address": a.Address, "until": a.NextUpdate.UTC().Format(time.DateOnly)}
		switch {
		case a.Status == fact.RevocationGood && (a.NextUpdate.IsZero() || !at.After(a.NextUpdate)):
			return scanner.Passed("not-revoked", scanner.Values{"address": a.Address})
		case a.Status == fact.RevocationGood:
			doubt = scanner.Unknown("list-expired", values)
		case a.Cause != nil:
			words := a.Cause.Text()
			doubt = scanner.Unknown("not-answered", scanner.Values{"address": a.Address, "why_fr": words.FR, "why_en": words.EN})
			doubt.Causes = scanner.Causes{*a.Cause}
		}
	}
	return doubt
}

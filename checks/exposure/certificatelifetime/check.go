// SPDX-License-Identifier: Apache-2.0

// Package certificatelifetime checks that a public certificate obeys the limits of
// life and transparency that authorities set themselves.
package certificatelifetime

import (
	"strconv"
	"time"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-lifetime", Revision: 2, Severity: scanner.Medium,
	References: []string{"EXP-TLS-17"},
	Reads:      []string{fact.TLSCertificate, fact.TLSStaple},
	Judge:      scanner.Each(defaults(), judge),
}

// Params are the limits of life, in days, by date of issuance, as authorities
// lowered them (CA/B Forum, ballot SC-081v3), and the least number of proofs of
// transparency (ANSSI SDE-NT-35 R38; browsers ask for two).
type Params struct {
	Days1  int       `json:"days_1"` // issued before Since2
	Since2 time.Time `json:"since_2"`
	Days2  int       `json:"days_2"`
	Since3 time.Time `json:"since_3"`
	Days3  int       `json:"days_3"`
	Since4 time.Time `json:"since_4"`
	Days4  int       `json:"days_4"`
	SCTs   int       `json:"scts"`
}

func defaults() Params {
	march := func(year int) time.Time { return time.Date(year, 3, 15, 0, 0, 0, 0, time.UTC) }
	return Params{398, march(2026), 200, march(2027), 100, march(2029), 47, 2}
}

// limit is the most days of life for a date of issuance.
func (p Params) limit(issued time.Time) int {
	switch {
	case issued.Before(p.Since2):
		return p.Days1
	case issued.Before(p.Since3):
		return p.Days2
	case issued.Before(p.Since4):
		return p.Days3
	}
	return p.Days4
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Certificate(t); settled {
		return v
	}
	switch t.Trust {
	case fact.PrivatelyTrusted, fact.SelfSigned, fact.Untrusted:
		return scanner.Exempt("not-public", nil)
	case "":
		return scanner.Unknown("trust-unknown", nil)
	case fact.Trusted:
	}
	return public(c.Params, t)
}

// public counts the life with both bounds inside (RFC 5280 section 4.1.2.5).
func public(p Params, t fact.TLS) scanner.Verdict {
	const day = 24 * time.Hour
	leaf, limit := t.Chain[0], p.limit(t.Chain[0].NotBefore)
	life := leaf.NotAfter.Sub(leaf.NotBefore) + time.Second
	values := scanner.Values{"days": strconv.Itoa(int((life + day - 1) / day)), "limit": strconv.Itoa(limit), "scts": strconv.Itoa(t.SCTs)}
	var faults []scanner.Verdict
	if life > time.Duration(limit)*day {
		faults = append(faults, scanner.Failed("too-long", values))
	}
	if t.SCTs < p.SCTs && len(t.Offers) > 0 && t.Why[fact.TLSStaple] == "" {
		faults = append(faults, scanner.Failed("not-logged", values))
	}
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case t.SCTs < p.SCTs:
		return scanner.Unknown("transparency-unknown", nil)
	}
	return scanner.Passed("within", values)
}

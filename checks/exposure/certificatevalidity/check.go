// SPDX-License-Identifier: Apache-2.0

// Package certificatevalidity checks that the certificate of a service is in
// date, carries its name, and will be for a while.
package certificatevalidity

import (
	"slices"
	"strconv"
	"time"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the margins before the end, each the smaller of a number of days
// and a share of the life of the certificate (EXP-TLS-13).
type Params struct {
	// UrgentDays and UrgentPercent: below, renewal has failed. In days, and in
	// percent of the life. Source: EXP-TLS-13, rule of the project.
	UrgentDays    int `json:"urgent_days"`
	UrgentPercent int `json:"urgent_percent"`
	// SoonDays and SoonPercent: below, renewal is late. Same units, same source.
	SoonDays    int `json:"soon_days"`
	SoonPercent int `json:"soon_percent"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.certificate-validity", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-TLS-12", "EXP-TLS-13", "EXP-TLS-14"},
	Reads:      []string{fact.TLSCertificate},
	Judge:      scanner.Each(Params{UrgentDays: 7, UrgentPercent: 7, SoonDays: 30, SoonPercent: 20}, judge),
}

func judge(c scanner.Case[Params], t fact.TLS) scanner.Verdict {
	if v, settled := contact.Certificate(t); settled {
		return v
	}
	faults := slices.Concat(dates(c, t), name(t), margin(c, t))
	switch {
	case len(faults) > 0:
		return scanner.Together(faults)
	case !covered(t.Name, t.Chain[0].Names):
		return scanner.Unknown("too-many-names", scanner.Values{"name": t.Name})
	}
	return scanner.Passed("valid", describe(c, t))
}

// dates obeys RFC 5280 section 4.1.2.5: both bounds are inside.
func dates(c scanner.Case[Params], t fact.TLS) []scanner.Verdict {
	leaf := t.Chain[0]
	switch {
	case c.At.After(leaf.NotAfter):
		return []scanner.Verdict{scanner.Failed("expired", describe(c, t))}
	case c.At.Before(leaf.NotBefore):
		return []scanner.Verdict{scanner.Failed("not-yet-valid", describe(c, t))}
	}
	return nil
}

// name looks for that of the service among those of the certificate, which are
// all there when they are fewer than a fact keeps.
func name(t fact.TLS) []scanner.Verdict {
	if covered(t.Name, t.Chain[0].Names) || len(t.Chain[0].Names) >= maxNames {
		return nil
	}
	return []scanner.Verdict{scanner.Failed("wrong-name", scanner.Values{"name": t.Name})}
}

// margin has no object outside the dates.
func margin(c scanner.Case[Params], t fact.TLS) []scanner.Verdict {
	leaf, p := t.Chain[0], c.Params
	left, life := leaf.NotAfter.Sub(c.At), leaf.NotAfter.Sub(leaf.NotBefore)
	switch {
	case len(dates(c, t)) > 0:
		return nil
	case left < smaller(p.UrgentDays, p.UrgentPercent, life):
		return []scanner.Verdict{scanner.FailedAs(scanner.Medium, "urgent", describe(c, t))}
	case left <= smaller(p.SoonDays, p.SoonPercent, life):
		return []scanner.Verdict{scanner.FailedAs(scanner.Low, "soon", describe(c, t))}
	}
	return nil
}

func smaller(days, percent int, life time.Duration) time.Duration {
	return min(time.Duration(days)*24*time.Hour, life/100*time.Duration(percent))
}

func describe(c scanner.Case[Params], t fact.TLS) scanner.Values {
	leaf := t.Chain[0]
	return scanner.Values{
		"name": t.Name, "from": leaf.NotBefore.UTC().Format(time.DateOnly),
		"until": leaf.NotAfter.UTC().Format(time.DateOnly),
		"days":  strconv.Itoa(int(leaf.NotAfter.Sub(c.At).Hours()) / 24),
	}
}

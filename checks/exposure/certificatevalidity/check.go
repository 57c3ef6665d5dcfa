// SPDX-License-Identifier: Apache-2.0

// Package certificatevalidity checks that the certificate of a service is in
// date, carries its name, and will be for a while.
package certificatevalidity

import (
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
	for _, look := range []func(scanner.Case[Params], fact.TLS) (scanner.Verdict, bool){
		dates, name, margin, doubts,
	} {
		if v, found := look(c, t); found {
			return v
		}
	}
	return scanner.Passed("valid", describe(c, t))
}

// dates obeys RFC 5280 section 4.1.2.5: both bounds are inside.
func dates(c scanner.Case[Params], t fact.TLS) (scanner.Verdict, bool) {
	leaf := t.Chain[0]
	switch {
	case c.At.After(leaf.NotAfter):
		return scanner.Failed("expired", describe(c, t)), true
	case c.At.Before(leaf.NotBefore):
		return scanner.Failed("not-yet-valid", describe(c, t)), true
	}
	return scanner.Verdict{}, false
}

func name(_ scanner.Case[Params], t fact.TLS) (scanner.Verdict, bool) {
	wrong := !covered(t.Name, t.Chain[0].Names) && len(t.Chain[0].Names) < maxNames
	return scanner.Failed("wrong-name", scanner.Values{"name": t.Name}), wrong
}

func margin(c scanner.Case[Params], t fact.TLS) (scanner.Verdict, bool) {
	leaf, p := t.Chain[0], c.Params
	left, life := leaf.NotAfter.Sub(c.At), leaf.NotAfter.Sub(leaf.NotBefore)
	switch {
	case left < smaller(p.UrgentDays, p.UrgentPercent, life):
		return scanner.FailedAs(scanner.Medium, "urgent", describe(c, t)), true
	case left <= smaller(p.SoonDays, p.SoonPercent, life):
		return scanner.FailedAs(scanner.Low, "soon", describe(c, t)), true
	}
	return scanner.Verdict{}, false
}

// doubts come last: a proven fault counts more than what is not known.
func doubts(_ scanner.Case[Params], t fact.TLS) (scanner.Verdict, bool) {
	return scanner.Unknown("too-many-names", scanner.Values{"name": t.Name}), !covered(t.Name, t.Chain[0].Names)
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

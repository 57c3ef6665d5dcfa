// SPDX-License-Identifier: Apache-2.0

// Package cors checks that scripts of any other site cannot read a site with
// the rights of its visitor.
package cors

import (
	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.cors", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-HTTP-07"},
	Reads:      []string{fact.WebCORS},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, settled := contact.Settled(w.Reach); settled {
		return v
	}
	if w.CORS == nil || w.CORS.Reach != fact.Answered {
		return scanner.Unknown("not-asked", nil)
	}
	// One answer allows one origin: there is one fault at most.
	reflected := w.CORS.Allowed == w.CORS.Origin
	switch {
	case reflected && w.CORS.Credentials:
		return scanner.Failed("reflected-with-credentials", nil)
	case w.CORS.Allowed == "null" && w.CORS.Credentials:
		return scanner.Failed("null-with-credentials", nil)
	case w.CORS.Allowed == "null":
		return scanner.FailedAs(scanner.Low, "null", nil)
	case reflected:
		return scanner.FailedAs(scanner.Low, "reflected", nil)
	case w.CORS.Allowed == "*" && site.APIOnly(w):
		return scanner.FailedAs(scanner.Low, "star", nil)
	case w.CORS.Allowed == "*":
		// Without credentials, and on a page that everybody sees.
		return scanner.Passed("star-on-public-page", nil)
	case w.CORS.Status >= 500 || w.CORS.Status == 403 || w.CORS.Status == 429:
		return scanner.Unknown("refused", nil)
	}
	return scanner.Passed("not-reflected", nil)
}

// SPDX-License-Identifier: Apache-2.0

// Package clearlogin checks that no password is asked for or sent without
// encryption.
package clearlogin

import (
	"slices"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.clear-login", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-HTTP-08"},
	Reads:      []string{fact.WebPage, fact.WebPlain},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge looks for a proven fault first, then for what could not be seen.
func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if v, found := fault(w); found {
		return v
	}
	for _, doubt := range []scanner.Verdict{plainDoubt(w.Plain), secureDoubt(w)} {
		if doubt.Outcome == scanner.Inconclusive {
			return doubt
		}
	}
	if v, settled := contact.Settled(w.Reach); settled && (w.Plain == nil || w.Plain.Reach != fact.Answered) {
		return v
	}
	return scanner.Passed("none", nil)
}

func fault(w fact.Web) (scanner.Verdict, bool) {
	hops := w.Hops
	if w.Plain != nil {
		hops = slices.Concat(hops, w.Plain.Hops)
	}
	for _, h := range hops {
		if slices.Contains(h.Auth, "basic") && isClear(h.URL) {
			return scanner.Failed("basic", scanner.Values{"url": h.URL}), true
		}
	}
	if w.Plain != nil && w.Plain.Page != nil && w.Plain.Page.Passwords > 0 {
		return scanner.Failed("served", scanner.Values{"url": w.Plain.Page.URL}), true
	}
	if w.Page != nil && w.Page.Passwords > 0 && isClear(w.Page.URL) {
		return scanner.Failed("served", scanner.Values{"url": w.Page.URL}), true
	}
	return posted(w.Page)
}

// posted looks for a form that sends a password in clear, even from a page
// received over HTTPS.
func posted(page *fact.Page) (scanner.Verdict, bool) {
	if page == nil {
		return scanner.Verdict{}, false
	}
	for _, f := range page.Forms {
		if f.Password && f.Scheme == "http" {
			return scanner.Failed("posted", scanner.Values{"host": f.Host}), true
		}
	}
	return scanner.Verdict{}, false
}

func isClear(address string) bool { return strings.HasPrefix(address, "http://") }

// plainDoubt is what is not known of port 80.
func plainDoubt(p *fact.PlainHTTP) scanner.Verdict {
	switch {
	case p == nil || p.Reach != fact.Answered && p.Reach != fact.Unreached:
		return scanner.Verdict{}
	case p.Reach == fact.Unreached || p.Error != "" || len(p.Hops) == 0:
		return scanner.Unknown("plain-unknown", nil)
	case !isClear(p.Hops[len(p.Hops)-1].URL):
		return scanner.Verdict{}
	case p.Page != nil && p.Page.Cut != "":
		return scanner.Unknown("cut", nil)
	case p.Page == nil && p.Hops[len(p.Hops)-1].Location == "":
		return scanner.Unknown("plain-unknown", nil)
	}
	return scanner.Verdict{}
}

// secureDoubt is what is not known of the page over HTTPS.
func secureDoubt(w fact.Web) scanner.Verdict {
	switch v, settled := contact.Settled(w.Reach); {
	case settled:
		return v
	case w.Page != nil && w.Page.Cut != "":
		return scanner.Unknown("cut", nil)
	case w.Page != nil:
		return scanner.Verdict{}
	}
	if v, settled := site.AnswerSettled(w); settled {
		return v
	}
	return scanner.Unknown("not-looked", nil)
}

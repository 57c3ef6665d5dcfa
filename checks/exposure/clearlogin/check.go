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
	ID: "exposure.clear-login", Revision: 2, Severity: scanner.High,
	References: []string{"EXP-HTTP-08"},
	Reads:      []string{fact.WebPage, fact.WebPlain},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge looks for proven faults first, then for what could not be seen.
func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if found := faults(w); len(found) > 0 {
		return scanner.Together(found)
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

func faults(w fact.Web) (found []scanner.Verdict) {
	hops := w.Hops
	if w.Plain != nil {
		hops = slices.Concat(hops, w.Plain.Hops)
	}
	for _, h := range hops {
		if slices.Contains(h.Auth, "basic") && isClear(h.URL) {
			found = append(found, scanner.Failed("basic", scanner.Values{"url": h.URL}))
		}
	}
	if w.Plain != nil && w.Plain.Page != nil && w.Plain.Page.Passwords > 0 {
		found = append(found, scanner.Failed("served", scanner.Values{"url": w.Plain.Page.URL}))
	}
	if w.Page != nil && w.Page.Passwords > 0 && isClear(w.Page.URL) {
		found = append(found, scanner.Failed("served", scanner.Values{"url": w.Page.URL}))
	}
	return append(found, posted(w.Page)...)
}

// posted looks for forms that send a password in clear, even from a page received
// over HTTPS.
func posted(page *fact.Page) (found []scanner.Verdict) {
	if page == nil {
		return nil
	}
	for _, f := range page.Forms {
		if f.Password && f.Scheme == "http" {
			found = append(found, scanner.Failed("posted", scanner.Values{"host": f.Host}))
		}
	}
	return found
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

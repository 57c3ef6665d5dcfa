// SPDX-License-Identifier: Apache-2.0

// Package sessioncookies checks that the cookies that stand for a signed-in
// person are out of reach of scripts, of the network and of other sites.
package sessioncookies

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.session-cookies", Revision: 4, Severity: scanner.Medium,
	References: []string{"EXP-HTTP-06"},
	Reads:      []string{fact.WebPage, fact.WebOthers, fact.WebPlain},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	open, everywhere, whole := sort(sessions(w))
	var faults []scanner.Verdict
	if len(open) > 0 {
		faults = append(faults, scanner.Failed("unprotected", named(open)))
	}
	if len(everywhere) > 0 {
		faults = append(faults, scanner.FailedAs(scanner.Low, "no-same-site", named(everywhere)))
	}
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	if v, settled := site.Settled(w); settled && (v.Outcome != scanner.NotApplicable || len(whole) == 0) {
		return v
	}
	if more := unread(w); more > 0 {
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(more)})
	}
	if len(whole) == 0 {
		return scanner.Exempt("none", nil)
	}
	return scanner.Passed("protected", named(whole))
}

// sort names the cookies in reach of scripts or of the network, those in reach of
// other sites, which may be the same, and the rest.
func sort(cookies []fact.Cookie) (open, everywhere, whole []string) {
	for _, c := range cookies {
		exposed := !c.Secure || !c.HTTPOnly
		if exposed {
			open = append(open, c.Name)
		}
		if c.SameSite == "" {
			everywhere = append(everywhere, c.Name)
		} else if !exposed {
			whole = append(whole, c.Name)
		}
	}
	return open, everywhere, whole
}

func named(names []string) scanner.Values {
	slices.Sort(names)
	return scanner.Values{"cookies": strings.Join(slices.Compact(names), ", ")}
}

// answers are all those that may have set a cookie.
func answers(w fact.Web) []fact.Hop {
	hops := slices.Concat(w.Hops, w.Others)
	if w.Plain != nil {
		hops = append(hops, w.Plain.Hops...)
	}
	return hops
}

// unread counts the cookies above what is kept of an answer.
func unread(w fact.Web) (more int) {
	for _, h := range answers(w) {
		more += h.MoreCookies
	}
	return more
}

// sessions are the cookies that look like a session, wherever they were set. One
// that is being removed holds nobody's session (RFC 6265 section 3.1).
func sessions(w fact.Web) []fact.Cookie {
	var found []fact.Cookie
	for _, h := range answers(w) {
		for _, c := range h.Cookies {
			if !c.Erased && isSession(strings.ToLower(c.Name)) {
				found = append(found, c)
			}
		}
	}
	return found
}

// isSession tells by its usual name. A token against forged requests is made to
// be read by the page and is left aside.
func isSession(name string) bool {
	forgery := []string{"csrf", "xsrf", "antiforgery", "requestverification"}
	if slices.ContainsFunc(forgery, func(word string) bool { return strings.Contains(name, word) }) {
		return false
	}
	return strings.HasSuffix(name, "sid") || slices.ContainsFunc(
		[]string{"sess", "auth", "token", "jwt", "login", "sso", "saml", "svpncookie", "webvpn", "nsc_aaac", "remember", "logged"},
		func(word string) bool { return strings.Contains(name, word) },
	)
}

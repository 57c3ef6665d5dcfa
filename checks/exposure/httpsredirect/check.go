// SPDX-License-Identifier: Apache-2.0

// Package httpsredirect checks that nothing is served without encryption:
// port 80 is closed, or leads to HTTPS for good.
package httpsredirect

import (
	"net/url"
	"strconv"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.https-redirect", Revision: 4, Severity: scanner.Medium,
	References: []string{"EXP-HTTP-01"},
	Reads:      []string{fact.WebPlain},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], w fact.Web) scanner.Verdict {
	if w.Plain == nil {
		return scanner.Exempt("own-port", nil)
	}
	switch w.Plain.Reach {
	case fact.Closed:
		return scanner.Passed("closed", nil)
	case fact.NoAddress:
		return contact.Unaddressed()
	case fact.Answered:
		return judgeHops(w.Plain.Hops, w.Plain.Page)
	case fact.OtherTalk:
		return scanner.Unknown("other-talk", nil)
	case fact.Unreached:
		if v, unread := contact.Unread(w.Plain.Cause); unread {
			return v
		}
	}
	return scanner.Unknown("unreached", nil)
}

// judgeHops wants the very first answer to lead for good to HTTPS on the same
// host; a longer way to HTTPS is a weaker one. Where a redirect leads is said by
// its Location alone: one that loops, or that the scope forbids to follow, is
// judged all the same.
func judgeHops(hops []fact.Hop, page *fact.Page) scanner.Verdict {
	if len(hops) == 0 {
		return scanner.Unknown("no-answer", nil)
	}
	first, last := hops[0], hops[len(hops)-1]
	values := scanner.Values{"url": last.URL, "status": strconv.Itoa(last.Status)}
	switch {
	case leadsToHTTPS(first) && sameHost(first) && permanent(first.Status):
		return scanner.Passed("redirected", nil)
	case leadsToHTTPS(first) && sameHost(first):
		return scanner.FailedAs(scanner.Low, "temporary", scanner.Values{"status": strconv.Itoa(first.Status)})
	case leadsToHTTPS(last) || scheme(last.URL) == "https":
		return scanner.FailedAs(scanner.Low, "detour", values)
	case next(last) != nil && next(last).Scheme == "http":
		return scanner.Failed("stays-in-clear", scanner.Values{"url": "http://" + next(last).Host})
	case page != nil && (len(page.Forms) > 0 || page.Passwords > 0) && last.Status >= 200 && last.Status < 300:
		return scanner.FailedAs(scanner.High, "clear-form", values)
	case last.Status >= 200 && last.Status < 300:
		return scanner.Failed("clear", values)
	}
	if v, told := site.Told(last.Status); told {
		return v
	}
	return scanner.Unknown("undecided", values)
}

// next resolves the address a redirect leads to, nil when there is none.
func next(h fact.Hop) *url.URL {
	if h.Status < 300 || h.Status > 399 || h.Location == "" {
		return nil
	}
	base, err := url.Parse(h.URL)
	if err != nil {
		return nil
	}
	target, err := base.Parse(h.Location)
	if err != nil {
		return nil
	}
	return target
}

func leadsToHTTPS(h fact.Hop) bool {
	target := next(h)
	return target != nil && target.Scheme == "https"
}

func sameHost(h fact.Hop) bool {
	from, err := url.Parse(h.URL)
	return err == nil && strings.EqualFold(from.Hostname(), next(h).Hostname())
}

// permanent redirects are remembered by browsers (RFC 9110 section 15.4).
func permanent(status int) bool { return status == 301 || status == 308 }

func scheme(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Scheme
}

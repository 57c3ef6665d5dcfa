// SPDX-License-Identifier: Apache-2.0

// Package hsts checks that a site tells browsers to come back over HTTPS only.
package hsts

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"carescan/checks/internal/contact"
	"carescan/checks/internal/site"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the shortest durations asked for.
type Params struct {
	// MinAge passes, in seconds: one year. Source: EXP-HTTP-02, PA-009 R2.
	MinAge int `json:"min_age"`
	// ShortAge is short but useful, in seconds: 180 days. Source: EXP-HTTP-02.
	ShortAge int `json:"short_age"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.hsts", Revision: 5, Severity: scanner.Low,
	References: []string{"EXP-HTTP-02"},
	Reads:      []string{fact.WebPage, fact.WebOthers},
	Judge:      scanner.Each(Params{MinAge: 31_536_000, ShortAge: 15_552_000}, judge),
}

func judge(c scanner.Case[Params], w fact.Web) scanner.Verdict {
	if v, settled := contact.Settled(w.Reach); settled {
		return v
	}
	if len(w.Hops) == 0 {
		return scanner.Unknown("no-answer", nil)
	}
	if _, err := netip.ParseAddr(host(w.Hops[0])); err == nil {
		return scanner.Exempt("address", nil) // browsers remember names only (RFC 6797 section 8.1.1)
	}
	addresses := []site.Judged{{Verdicts: judgeHops(c.Params, w.Hops)}}
	for _, other := range w.Others {
		addresses = append(addresses, site.Judged{Address: other.Address, Verdicts: judgeOther(c.Params, w.Hops[0], other)})
	}
	return site.Together(addresses)
}

// judgeOther compares another address of the name with the first answer: one
// that leaves the header out leaves its visitors without it.
func judgeOther(p Params, first, other fact.Hop) []scanner.Verdict {
	if _, sent, _ := lastHeader([]fact.Hop{first}); !sent || other.Status >= 400 {
		return nil
	}
	return judgeHops(p, []fact.Hop{other})
}

func judgeHops(p Params, hops []fact.Hop) []scanner.Verdict {
	header, found, refused := lastHeader(hops)
	switch {
	case refused:
		return []scanner.Verdict{judgeRefusal(hops)}
	case !found:
		return []scanner.Verdict{scanner.Failed("absent", nil)}
	}
	verdicts := []scanner.Verdict{judgeHeader(p, header)}
	if distrusted(hops) {
		return append([]scanner.Verdict{scanner.Failed("ignored", nil)}, verdicts...)
	}
	return verdicts
}

// judgeRefusal judges answers that are all errors: servers often send the header with
// good ones only.
func judgeRefusal(hops []fact.Hop) scanner.Verdict {
	if site.APIOnly(fact.Web{Hops: hops}) {
		return scanner.Exempt("api-only", nil)
	}
	if v, told := site.Told(hops[len(hops)-1].Status); told {
		return v
	}
	return scanner.Unknown("undecided", scanner.Values{"status": strconv.Itoa(hops[0].Status)})
}

func judgeHeader(p Params, header string) scanner.Verdict {
	age, ok := ParseMaxAge(header)
	if !ok {
		return scanner.Failed("invalid", scanner.Values{"header": header})
	}
	values := scanner.Values{"age": strconv.Itoa(age), "wanted": strconv.Itoa(p.MinAge)}
	switch {
	case age >= p.MinAge:
		return scanner.Passed(extent(header), values)
	case age >= p.ShortAge:
		return scanner.FailedAs(scanner.Low, "short", values)
	}
	return scanner.Failed("too-short", values)
}

// extent mentions what the header asks for beside the duration.
func extent(header string) string {
	switch under := hasDirective(header, "includeSubDomains"); {
	case under && hasDirective(header, "preload"):
		return "long-preload"
	case under:
		return "long-subdomains"
	}
	return "long"
}

// distrusted tells whether the origin showed a certificate over which browsers
// leave the header aside (RFC 6797 section 8.1).
func distrusted(hops []fact.Hop) bool {
	return slices.ContainsFunc(hops, func(h fact.Hop) bool { return host(h) == host(hops[0]) && h.Certificate == fact.Invalid })
}

// lastHeader returns the last header that the origin sent over HTTPS: each one
// replaces the one before (RFC 6797 section 8.1); other hosts speak for
// themselves. Refused says that there is none, on answers that are all errors.
func lastHeader(hops []fact.Hop) (header string, found, refused bool) {
	origin := host(hops[0])
	refused = true
	for _, h := range hops {
		if origin == "" || host(h) != origin {
			continue
		}
		refused = refused && h.Status >= 400
		if values := h.Headers["strict-transport-security"]; len(values) > 0 {
			header, found = values[0], true // only the first field counts
		}
	}
	return header, found, refused && !found
}

// host is empty for what is not HTTPS, where the header means nothing.
func host(h fact.Hop) string {
	at, err := url.Parse(h.URL)
	if err != nil || at.Scheme != "https" {
		return ""
	}
	return scanner.CanonicalName(at.Hostname()) // RFC 4343
}

// SPDX-License-Identifier: Apache-2.0

// Package site says what a check may conclude of the last answer of a web site,
// the page a visitor is shown.
package site

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/contact"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Settled returns the verdict on a site of which no page can be judged, and
// whether there is one. Error answers do not count as pages: servers often send
// their protections with good answers only. Of an address that serves programs
// the error is its way to ask who is there, and there is nothing to judge.
func Settled(w fact.Web) (scanner.Verdict, bool) {
	if v, settled := AnswerSettled(w); settled {
		return v, true
	}
	if status := last(w).Status; status < 200 || status > 299 {
		if APIOnly(w) {
			return scanner.Exempt("api-only", nil), true
		}
		if v, told := Told(status); told {
			return v, true
		}
		return scanner.Unknown("undecided", scanner.Values{"status": strconv.Itoa(status)}), true
	}
	return scanner.Verdict{}, false
}

// Told returns the verdict on an error whose status alone says why it came, and
// whether it is one: a server that does not serve this name (RFC 9110 section 15.5.20)
// or that was asked too often (RFC 6585 section 4) filters nobody.
func Told(status int) (scanner.Verdict, bool) {
	switch status {
	case 421:
		return scanner.Unknown("misdirected", nil), true
	case 429:
		return scanner.Unknown("rate-limited", nil), true
	}
	return scanner.Verdict{}, false
}

// AnswerSettled returns the verdict on a site whose last answer is not known, and
// whether there is one.
func AnswerSettled(w fact.Web) (scanner.Verdict, bool) {
	if v, settled := contact.Settled(w.Reach); settled {
		return v, true
	}
	if len(w.Hops) == 0 || w.Error != "" {
		return scanner.Unknown("no-answer", nil), true
	}
	if h := last(w); h.Refused != "" || h.Status >= 300 && h.Status < 400 {
		return scanner.Unknown("not-followed", scanner.Values{"url": h.URL}), true
	}
	return scanner.Verdict{}, false
}

// PageSettled returns the verdict on a site that shows visitors no HTML page, or
// whose page was not looked at, and whether there is one.
func PageSettled(w fact.Web) (scanner.Verdict, bool) {
	if v, settled := AnswerSettled(w); settled {
		return v, true
	}
	if APIOnly(w) {
		return scanner.Exempt("api-only", nil), true
	}
	if v, settled := Settled(w); settled {
		return v, true
	}
	if w.Page == nil {
		return scanner.Unknown("not-looked", nil), true
	}
	if !slices.Contains([]string{"", "text/html", "application/xhtml+xml"}, w.Page.MediaType) {
		return scanner.Exempt("not-html", scanner.Values{"type": w.Page.MediaType}), true
	}
	return scanner.Verdict{}, false
}

// APIOnly tells whether programs rather than people are served: the root is
// JSON, asks who is there, or does not exist (exposure-checks.md section 1.4).
func APIOnly(w fact.Web) bool {
	if len(w.Hops) == 0 {
		return false
	}
	h := last(w)
	return h.Status == 401 || h.Status == 404 || strings.Contains(strings.ToLower(First(h, "content-type")), "json")
}

// Answers are the last answer and, when the origin itself gives it, those of the
// other addresses of the name: a visitor may get any of them.
func Answers(w fact.Web) []fact.Hop {
	answers := []fact.Hop{last(w)}
	if len(w.Hops) > 1 {
		return answers
	}
	for _, h := range w.Others {
		if h.Status >= 200 && h.Status < 300 {
			answers = append(answers, h)
		}
	}
	return answers
}

// Judged is what one address of a name is judged to be.
type Judged struct {
	Address  string
	Verdicts []scanner.Verdict
}

// Together tells every fault of all the addresses of a name, the first being the one a
// visitor is led to. A fault that another address shares is told once; one of its own
// is told with that address (at_fr, at_en).
func Together(addresses []Judged) scanner.Verdict {
	var known, verdicts []scanner.Verdict
	for i, at := range addresses {
		for _, v := range at.Verdicts {
			told := slices.ContainsFunc(known, func(other scanner.Verdict) bool {
				return other.Reason == v.Reason && maps.Equal(other.Values, v.Values)
			})
			if told {
				continue
			}
			known = append(known, v)
			if v.Outcome == scanner.Fail {
				v.Values = placed(v.Values, i > 0, at.Address)
			}
			verdicts = append(verdicts, v)
		}
	}
	return scanner.Together(verdicts)
}

// placed adds where a fault is, when it is not where everybody is led first.
func placed(values scanner.Values, elsewhere bool, address string) scanner.Values {
	values = maps.Clone(values)
	if values == nil {
		values = scanner.Values{}
	}
	values["at_fr"], values["at_en"] = "", ""
	if elsewhere && address != "" {
		values["at_fr"], values["at_en"] = ", à l'adresse "+address, ", at address "+address
	}
	return values
}

func last(w fact.Web) fact.Hop { return w.Hops[len(w.Hops)-1] }

// First is the first value of a header, empty when there is none.
func First(h fact.Hop, header string) string {
	if values := h.Headers[header]; len(values) > 0 {
		return strings.TrimSpace(values[0])
	}
	return ""
}

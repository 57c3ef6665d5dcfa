// SPDX-License-Identifier: Apache-2.0

package hsts

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/scannertest"
)

// TestAgainstObservatory compares with the public rules of the MDN HTTP
// Observatory, named as it names them. It is content with six months where the
// catalogue wants a year (EXP-HTTP-02).
func TestAgainstObservatory(t *testing.T) {
	for rule, tt := range map[string]struct {
		header string
		valid  fact.Validity
		want   scanner.Outcome
	}{
		"hsts-implemented-max-age-at-least-six-months/year":   {"max-age=31536000", fact.Valid, scanner.Pass},
		"hsts-implemented-max-age-at-least-six-months/months": {"max-age=15768000", fact.Valid, scanner.Fail},
		"hsts-implemented-max-age-less-than-six-months":       {"max-age=86400", fact.Valid, scanner.Fail},
		"hsts-not-implemented":                                {"", fact.Valid, scanner.Fail},
		"hsts-header-invalid":                                 {"max-age=abc", fact.Valid, scanner.Fail},
		"hsts-invalid-cert":                                   {"max-age=31536000", fact.Invalid, scanner.Fail},
	} {
		t.Run(rule, func(t *testing.T) {
			hop := fact.Hop{URL: "https://www.chu.test/", Status: 200, Certificate: tt.valid, Headers: map[string][]string{}}
			if tt.header != "" {
				hop.Headers["strict-transport-security"] = []string{tt.header}
			}
			c := scanner.Case[Params]{Params: Params{MinAge: 31_536_000, ShortAge: 15_552_000}}
			if got := judge(c, fact.Web{Reach: fact.Answered, Hops: []fact.Hop{hop}}); got.Outcome != tt.want {
				t.Errorf("%q is %s (%s), want %s", tt.header, got.Outcome, got.Reason, tt.want)
			}
		})
	}
}

// TestAgainstPublicHeaders compares with the verdicts of the Observatory on public
// values; those where we differ say why.
func TestAgainstPublicHeaders(t *testing.T) {
	argued := map[string]string{
		"Strict-Transport-Security: max-age=15768000":                             "six months: the catalogue wants a year (EXP-HTTP-02)",
		"Strict-Transport-Security: max-age=15768000; includeSubDomains; preload": "six months: the catalogue wants a year (EXP-HTTP-02)",
		"Strict-Transport-Security: max-age=":                                     "no value, which the grammar wants (RFC 6797 section 6.1.1): browsers ignore the header; a fault of the Observatory",
	}
	scannertest.AgainstPublicHeaders(t, []string{"Strict-Transport-Security"}, argued, func(_ string, values []string) scanner.Verdict {
		hop := fact.Hop{URL: "https://www.chu.test/", Status: 200, Certificate: fact.Valid, Headers: map[string][]string{"strict-transport-security": values}}
		c := scanner.Case[Params]{Params: Params{MinAge: 31_536_000, ShortAge: 15_552_000}}
		return judge(c, fact.Web{Reach: fact.Answered, Hops: []fact.Hop{hop}})
	})
}

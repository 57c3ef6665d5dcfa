// SPDX-License-Identifier: Apache-2.0

package site

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

func TestAPIOnly(t *testing.T) {
	hop := func(status int, media string) fact.Hop {
		return fact.Hop{Status: status, Headers: map[string][]string{"content-type": {media}}}
	}
	for name, tt := range map[string]struct {
		hop  fact.Hop
		want bool
	}{
		"json": {hop(200, "application/fhir+json"), true}, "login": {hop(401, "text/html"), true}, "not_found": {hop(404, ""), true},
		"page": {hop(200, "text/html"), false}, "broken": {hop(500, "text/html"), false},
	} {
		if got := APIOnly(fact.Web{Hops: []fact.Hop{tt.hop}}); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if APIOnly(fact.Web{}) {
		t.Error("nothing seen is an API")
	}
}

// TestSettledIsAlike holds that what serves programs only is left aside by all the
// checks of pages, whatever error it answers with.
func TestSettledIsAlike(t *testing.T) {
	for status, media := range map[int]string{401: "application/json", 404: "text/html", 403: "application/problem+json", 500: "application/json"} {
		w := fact.Web{Reach: fact.Answered, Hops: []fact.Hop{{Status: status, Headers: map[string][]string{"content-type": {media}}}}}
		got, _ := Settled(w)
		page, _ := PageSettled(w)
		if got.Reason != "api-only" || page.Reason != "api-only" {
			t.Errorf("%d %s: %q and %q", status, media, got.Reason, page.Reason)
		}
	}
}

// TestTogether tells once what addresses share, and where the rest is.
func TestTogether(t *testing.T) {
	fault := func(reason, value string) scanner.Verdict { return scanner.Failed(reason, scanner.Values{"v": value}) }
	for name, tt := range map[string]struct {
		addresses []Judged
		want      []string
	}{
		"shared":    {[]Judged{{"", []scanner.Verdict{fault("a", "1")}}, {"192.0.2.1", []scanner.Verdict{fault("a", "1")}}}, []string{"a1"}},
		"elsewhere": {[]Judged{{"", []scanner.Verdict{scanner.Passed("p", nil)}}, {"192.0.2.1", []scanner.Verdict{fault("a", "1")}}}, []string{"a1, at address 192.0.2.1"}},
		"both": {
			[]Judged{{"192.0.2.7", []scanner.Verdict{fault("a", "1")}}, {"192.0.2.1", []scanner.Verdict{fault("a", "2"), fault("b", "1")}}, {"192.0.2.2", []scanner.Verdict{fault("b", "1")}}},
			[]string{"a1", "a2, at address 192.0.2.1", "b1, at address 192.0.2.1"},
		},
		"unplaced": {[]Judged{{"", nil}, {"", []scanner.Verdict{fault("a", "1")}}}, []string{"a1"}},
		"passing":  {[]Judged{{"", []scanner.Verdict{scanner.Passed("p", nil)}}, {"192.0.2.1", []scanner.Verdict{scanner.Passed("q", nil)}}}, []string{"p"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := Together(tt.addresses)
			var got []string
			for _, told := range append([]scanner.Verdict{v}, v.Also...) {
				got = append(got, told.Reason+told.Values["v"]+told.Values["at_en"])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnswersOfOtherAddresses holds that other addresses count only when the
// page is the first answer, and answers well.
func TestAnswersOfOtherAddresses(t *testing.T) {
	w := fact.Web{Hops: []fact.Hop{{Status: 200}}, Others: []fact.Hop{{Status: 200}, {Status: 302}, {Status: 500}}}
	if got := len(Answers(w)); got != 2 {
		t.Errorf("%d answers, want 2", got)
	}
	w.Hops = append(w.Hops, fact.Hop{Status: 200})
	if got := len(Answers(w)); got != 1 {
		t.Errorf("%d answers after a redirect, want 1", got)
	}
}

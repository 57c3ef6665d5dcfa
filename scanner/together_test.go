// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"encoding/json"
	"testing"

	"carescan/scanner"
)

// leaning is a door that is open, unlocked, or both, and the width told of it.
type leaning struct {
	Faults []string `json:"faults"`
}

func (leaning) FactKind() string { return "door" }

func judgeLeaning(_ scanner.Case[struct{}], d leaning) scanner.Verdict {
	var faults []scanner.Verdict
	for _, fault := range d.Faults {
		if fault == "open" {
			faults = append(faults, scanner.Failed("open", nil))
			continue
		}
		faults = append(faults, scanner.FailedAs(scanner.Low, "ajar", scanner.Values{"width": fault}))
	}
	if len(faults) == 0 {
		return scanner.Passed("shut", nil)
	}
	return scanner.Together(faults)
}

// leaningCheck has one message for each of its reasons.
func leaningCheck() scanner.Check {
	reasons := map[string]scanner.Reason{
		"open": {Headline: "Open", Message: "Open.", Remedy: "Shut it."},
		"ajar": {Headline: "Ajar", Message: "Ajar by {width} mm."},
		"shut": {Message: "Shut."},
	}
	paper := scanner.Paper{Title: "The door is shut", Fix: "Push it.", Reasons: reasons}
	return scanner.Check{
		ID: "exposure.leaning", Revision: 1, Severity: scanner.High, Confirm: scanner.ConfirmAtOnce,
		Papers: scanner.Papers{FR: paper, EN: paper}, Judge: scanner.Each(struct{}{}, judgeLeaning),
	}
}

// TestTogether tells every failure once, the gravest first, with the remedies of all.
func TestTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		looks                      [][]string
		reason, also, message, fix string
		severity                   scanner.Severity
	}{
		"one":              {[][]string{{"4"}, {"4"}}, "ajar", "", "Ajar by 4 mm.", "Push it.", scanner.Low},
		"gravest-first":    {[][]string{{"4", "open"}, {"4", "open"}}, "open", "ajar", "Open. Ajar by 4 mm.", "Shut it. Push it.", scanner.High},
		"each-once":        {[][]string{{"4", "4", "5"}, {"4", "4", "5"}}, "ajar", "ajar", "Ajar by 4 mm. Ajar by 5 mm.", "Push it.", scanner.Low},
		"those-seen-twice": {[][]string{{"4", "open"}, {"5"}}, "ajar", "", "Ajar by 5 mm.", "Push it.", scanner.Low},
		"not-the-new-ones": {[][]string{{"4"}, {"5", "open"}}, "ajar", "", "Ajar by 5 mm.", "Push it.", scanner.Low},
	} {
		t.Run(name, func(t *testing.T) {
			var looks []scanner.Observation
			for _, faults := range tt.looks {
				looks = append(looks, observed(t, door{}, func(o *scanner.Observation) {
					var err error
					if o.Fact, err = json.Marshal(leaning{faults}); err != nil {
						t.Fatal(err)
					}
				}))
			}
			f := leaningCheck().Conclude(looks, nil)
			if f.Reason != tt.reason || f.Values[scanner.ValueAlso] != tt.also || f.Message.EN != tt.message || f.Fix.EN != tt.fix || f.Severity != tt.severity {
				t.Errorf("%s, also %q, %q, %q, %s", f.Reason, f.Values[scanner.ValueAlso], f.Message.EN, f.Fix.EN, f.Severity)
			}
		})
	}
}

// TestTogether_oneOutcome tells what asks most of a reader, and nothing of less.
func TestTogether_oneOutcome(t *testing.T) {
	values := func(v string) scanner.Values { return scanner.Values{"v": v} }
	pass, fault := scanner.Passed("p", nil), scanner.FailedAs(scanner.Low, "low", values("1"))
	doubt, again := scanner.Unknown("u", values("3")), scanner.Unknown("u", values("4"))
	for name, tt := range map[string]struct {
		given []scanner.Verdict
		want  string
	}{
		"failures":      {[]scanner.Verdict{pass, doubt, fault, again}, "low1"},
		"doubts":        {[]scanner.Verdict{doubt, pass, again, doubt}, "u3 u4"},
		"nothing-wrong": {[]scanner.Verdict{pass, scanner.Passed("q", nil)}, "p"},
	} {
		t.Run(name, func(t *testing.T) {
			v := scanner.Together(tt.given)
			got := v.Reason + v.Values["v"]
			for _, also := range v.Also {
				got += " " + also.Reason + also.Values["v"]
			}
			if got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

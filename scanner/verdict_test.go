// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"carescan/scanner"
)

func TestWorst(t *testing.T) {
	pass, unknown, own := scanner.Passed("p", nil), scanner.Unknown("u", nil), scanner.Failed("own", nil)
	low, high := scanner.FailedAs(scanner.Low, "low", nil), scanner.FailedAs(scanner.High, "high", nil)
	for want, given := range map[string][]scanner.Verdict{
		"u": {pass, unknown, scanner.Exempt("e", nil)}, "high": {pass, low, high, unknown}, "own": {high, own}, "low": {unknown, low}, "p": {pass},
	} {
		if got := scanner.Worst(given); got.Reason != want {
			t.Errorf("worst is %s, want %s", got.Reason, want)
		}
	}
}

func TestTogether(t *testing.T) {
	values := func(v string) scanner.Values { return scanner.Values{"v": v} }
	pass, other := scanner.Passed("p", nil), scanner.Passed("q", nil)
	low, high := scanner.FailedAs(scanner.Low, "low", values("1")), scanner.FailedAs(scanner.High, "high", values("2"))
	doubt, again := scanner.Unknown("u", values("3")), scanner.Unknown("u", values("4"))
	for name, tt := range map[string]struct {
		given []scanner.Verdict
		want  string
	}{
		"gravest_first": {[]scanner.Verdict{pass, low, doubt, high}, "high2 low1"},
		"each_once":     {[]scanner.Verdict{low, low, pass}, "low1"},
		"same_reason":   {[]scanner.Verdict{doubt, again, doubt}, "u3 u4"},
		"nothing_wrong": {[]scanner.Verdict{pass, other}, "p"},
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

// TestEvaluate_tellsEveryFault holds that what is told together has every message
// and every remedy, each once.
func TestEvaluate_tellsEveryFault(t *testing.T) {
	check := doorCheck("exposure.door", func(scanner.Case[limits], door) scanner.Verdict {
		return scanner.Together([]scanner.Verdict{
			scanner.FailedAs(scanner.Low, "ajar", nil), scanner.FailedAs(scanner.High, "open", nil), scanner.FailedAs(scanner.Low, "loose", nil),
		})
	})
	reason := func(message, remedy string) scanner.Reason { return scanner.Reason{Message: message, Remedy: remedy} }
	page := scanner.Paper{Fix: "Shut it.", Reasons: map[string]scanner.Reason{"open": reason("Open.", ""), "ajar": reason("Ajar.", ""), "loose": reason("Loose.", "Mend it.")}}
	check.Papers = scanner.Papers{FR: page, EN: page}
	f := check.Evaluate(observed(t, door{}, nil), nil)
	if f.Reason != "open" || f.Severity != scanner.High || f.Message.EN != "Open. Ajar. Loose." || f.Fix.EN != "Shut it.\n\nMend it." {
		t.Errorf("%s %s: %q, %q", f.Reason, f.Severity, f.Message.EN, f.Fix.EN)
	}
}

func TestRanks(t *testing.T) {
	for i, o := range scanner.Outcomes() {
		if o.Rank() != i {
			t.Errorf("rank of %s = %d, want %d", o, o.Rank(), i)
		}
	}
	for i, s := range scanner.Severities() {
		if s.Rank() != i {
			t.Errorf("rank of %s = %d, want %d", s, s.Rank(), i)
		}
	}
	if last := scanner.Severity("").Rank(); last != len(scanner.Severities()) {
		t.Errorf("no severity ranks %d, want last", last)
	}
}

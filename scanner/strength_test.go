// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"carescan/scanner"
)

func TestStandsOn(t *testing.T) {
	seen := scanner.Observation{Kind: "dns-zone", Vantage: scanner.VantageInternet}
	inside := scanner.Observation{Kind: "directory", Vantage: scanner.VantageInside}
	export := scanner.Observation{Kind: "accounts", Vantage: scanner.VantageDeclared}
	statement := scanner.Observation{Kind: "attestations", Vantage: scanner.VantageDeclared}
	past := scanner.Observation{Kind: "history", Vantage: scanner.VantageDeclared}
	cases := map[string]struct {
		outcome scanner.Outcome
		backed  bool
		on      []scanner.Observation
		want    scanner.Strength
	}{
		"from_the_internet":       {scanner.Pass, false, []scanner.Observation{seen}, scanner.Observed},
		"from_inside":             {scanner.Fail, false, []scanner.Observation{inside}, scanner.Observed},
		"own_memory":              {scanner.Pass, false, []scanner.Observation{past}, scanner.Observed},
		"seen_and_own_memory":     {scanner.Pass, false, []scanner.Observation{inside, past}, scanner.Observed},
		"export":                  {scanner.Pass, false, []scanner.Observation{export}, scanner.Declared},
		"export_and_own_memory":   {scanner.Fail, false, []scanner.Observation{export, past}, scanner.Declared},
		"statement":               {scanner.Pass, false, []scanner.Observation{statement}, scanner.Declared},
		"statement_with_document": {scanner.Pass, true, []scanner.Observation{statement}, scanner.Attested},
		"no_conclusion":           {scanner.Inconclusive, true, []scanner.Observation{statement}, ""},
		"nothing_read":            {scanner.Pass, false, nil, ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tt.outcome.StandsOn(tt.backed, tt.on...); got != tt.want {
				t.Errorf("stands on %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFold_tellsTheWeakestStrength(t *testing.T) {
	control := scanner.Control{Checks: []string{"a.one", "a.two"}}
	findings := func(first scanner.Outcome, one, two scanner.Strength) []scanner.Finding {
		return []scanner.Finding{
			{Check: "a.one", Outcome: first, Strength: one},
			{Check: "a.two", Outcome: scanner.Pass, Strength: two},
		}
	}
	cases := map[string]struct {
		findings []scanner.Finding
		want     scanner.Strength
	}{
		"all_seen":           {findings(scanner.Pass, scanner.Observed, scanner.Observed), scanner.Observed},
		"one_declared":       {findings(scanner.Pass, scanner.Observed, scanner.Declared), scanner.Declared},
		"attested_declared":  {findings(scanner.Pass, scanner.Attested, scanner.Declared), scanner.Declared},
		"seen_and_attested":  {findings(scanner.Pass, scanner.Observed, scanner.Attested), scanner.Attested},
		"the_failure_counts": {findings(scanner.Fail, scanner.Observed, scanner.Declared), scanner.Observed},
		"inconclusive":       {findings(scanner.Inconclusive, "", scanner.Declared), ""},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			if got := control.Fold(tt.findings).Strength; got != tt.want {
				t.Errorf("strength %q, want %q", got, tt.want)
			}
		})
	}
}

// A run sealed before strengths were gets them from its observations, and keeps
// those it has.
func TestStand(t *testing.T) {
	run := scanner.Run{
		Observations: []scanner.Observation{
			{ID: "seen", Kind: "dns-zone", Vantage: scanner.VantageInternet}, {ID: "stated", Kind: "attestations", Vantage: scanner.VantageDeclared},
		},
		Findings: []scanner.Finding{
			{Fingerprint: "a", Outcome: scanner.Pass, Observations: []string{"seen"}},
			{Fingerprint: "b", Outcome: scanner.Pass, Observations: []string{"stated"}},
			{Fingerprint: "c", Outcome: scanner.Pass, Strength: scanner.Attested, Observations: []string{"stated"}},
			{Fingerprint: "d", Outcome: scanner.Inconclusive, Observations: []string{"seen"}},
		},
		Controls: []scanner.ControlResult{
			{State: scanner.Satisfied, Findings: []string{"a"}}, {State: scanner.Satisfied, Findings: []string{"a", "b"}}, {State: scanner.Satisfied, Findings: []string{"c"}},
		},
	}
	stood := run.Stand()
	for i, want := range []scanner.Strength{scanner.Observed, scanner.Declared, scanner.Attested, ""} {
		if got := stood.Findings[i].Strength; got != want {
			t.Errorf("finding %d stands on %q, want %q", i, got, want)
		}
	}
	for i, want := range []scanner.Strength{scanner.Observed, scanner.Declared, scanner.Attested} {
		if got := stood.Controls[i].Strength; got != want {
			t.Errorf("control %d stands on %q, want %q", i, got, want)
		}
	}
	if run.Findings[0].Strength != "" || run.Controls[0].Strength != "" {
		t.Error("the sealed run was changed")
	}
}

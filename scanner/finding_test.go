// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenFingerprints = "testdata/fingerprints.json"

// sealed is one golden fingerprint.
type sealed struct {
	Check          string   `json:"check"`
	AssetKey       string   `json:"asset_key"`
	Discriminators []string `json:"discriminators,omitempty"`
	Fingerprint    string   `json:"fingerprint"`
}

// Fingerprints tie a finding to its history in every region for ever: a change
// of this file breaks that tie.
func TestFingerprint_golden(t *testing.T) {
	cases := []sealed{
		{Check: "exposure.dmarc-policy", AssetKey: "domain/chu.test"},
		{Check: "exposure.tls-version", AssetKey: "service/www.chu.test:443/tcp", Discriminators: []string{"1.0"}},
		{Check: "mfa.admins-enforced", AssetKey: "directory/ad", Discriminators: []string{"tier0", "p-0123456789abcdef"}},
		// The same letters cut elsewhere are another finding.
		{Check: "a", AssetKey: "bc"},
		{Check: "ab", AssetKey: "c"},
		{Check: "a", AssetKey: "b", Discriminators: []string{"c"}},
		{Check: "a", AssetKey: "bc", Discriminators: []string{""}},
		{Check: "mfa.application-coverage", AssetKey: "application/dossier-é"},
	}
	for i, c := range cases {
		cases[i].Fingerprint = scanner.Fingerprint(c.Check, c.AssetKey, c.Discriminators...)
	}
	if *update {
		raw, err := json.MarshalIndent(cases, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(goldenFingerprints, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(goldenFingerprints)
	if err != nil {
		t.Fatal(err)
	}
	var want []sealed
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, cases); diff != "" {
		t.Errorf("fingerprints (-want +got):\n%s", diff)
	}
}

// The definition, written a second time: lengths on four bytes, big endian.
func TestFingerprint_definition(t *testing.T) {
	plain := []byte("fp1")
	for _, part := range []string{"a", "bc", "d"} {
		plain = binary.BigEndian.AppendUint32(plain, uint32(len(part)))
		plain = append(plain, part...)
	}
	sum := sha256.Sum256(plain)
	if got, want := scanner.Fingerprint("a", "bc", "d"), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("fingerprint is %s, want %s", got, want)
	}
}

func TestFingerprint_cutsAreDistinct(t *testing.T) {
	seen := map[string][]string{}
	for _, parts := range [][]string{
		{"abc", ""}, {"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"a", "b", "c"}, {"a", "b", "c", ""}, {"a", "b", "", "c"}, {"", "", "abc"},
	} {
		f := scanner.Fingerprint(parts[0], parts[1], parts[2:]...)
		if twin, ok := seen[f]; ok {
			t.Errorf("%q and %q have the same fingerprint", parts, twin)
		}
		seen[f] = parts
	}
}

// door is the fact of these tests.
type door struct {
	Open bool `json:"open"`
}

func (door) FactKind() string { return "door" }

type limits struct {
	Strict bool `json:"strict"`
}

// doorCheck fails on open doors, and has other tempers under other names.
func doorCheck(id string, judge func(scanner.Case[limits], door) scanner.Verdict) scanner.Check {
	return scanner.Check{ID: id, Revision: 3, Severity: scanner.High, Judge: scanner.Each(limits{}, judge)}
}

func judgeDoor(c scanner.Case[limits], d door) scanner.Verdict {
	switch {
	case !d.Open:
		return scanner.Passed("shut", nil)
	case c.Params.Strict:
		return scanner.FailedAs(scanner.Critical, "open", nil)
	}
	return scanner.Failed("open", nil)
}

func observed(t testing.TB, d door, change func(*scanner.Observation)) scanner.Observation {
	t.Helper()
	o, err := scanner.Saw(scanner.DomainTarget("chu.test"), d)
	if err != nil {
		t.Fatal(err)
	}
	o.Vantage, o.At, o.Probe = scanner.VantageInternet, time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), "walk"
	if change != nil {
		change(&o)
	}
	return o.Identify()
}

func TestEvaluate(t *testing.T) {
	panics := func(scanner.Case[limits], door) scanner.Verdict { panic("tripped on a step") }
	exempts := func(scanner.Case[limits], door) scanner.Verdict { return scanner.Exempt("none", nil) }
	tests := []struct {
		name     string
		judge    func(scanner.Case[limits], door) scanner.Verdict
		vantage  scanner.Vantage
		reads    []string
		params   string
		fact     door
		change   func(*scanner.Observation)
		outcome  scanner.Outcome
		reason   string
		severity scanner.Severity
		message  string // part of the French one
	}{
		{name: "pass", outcome: scanner.Pass, reason: "shut"},
		{name: "fail", fact: door{Open: true}, outcome: scanner.Fail, reason: "open"},
		{
			name: "fail-with-its-own-severity", fact: door{Open: true}, params: `{"strict":true}`,
			outcome: scanner.Fail, reason: "open", severity: scanner.Critical,
		},
		{
			name: "judge-panics", judge: panics,
			outcome: scanner.Inconclusive, reason: "check-error", message: "erreur interne",
		},
		{
			name: "parameters-unknown", params: `{"lenient":true}`,
			outcome: scanner.Inconclusive, reason: "check-error", message: "erreur interne",
		},
		{
			name: "fact-unreadable", change: func(o *scanner.Observation) { o.Fact = []byte(`{"open":"perhaps"}`) },
			outcome: scanner.Inconclusive, reason: "check-error",
		},
		{
			name: "fact-of-another-kind", change: func(o *scanner.Observation) { o.Kind = "window" },
			outcome: scanner.Inconclusive, reason: "check-error",
		},
		{
			name: "nothing-seen", outcome: scanner.Inconclusive, reason: "not-observed",
			message: "n'a pas pu être faite\u00a0: la connexion est refusée, rien n'écoute à cette adresse (192.0.2.1:443).",
			change: func(o *scanner.Observation) {
				o.Fact, o.Status, o.Error = nil, scanner.StatusError, "no key"
				o.Causes = scanner.Causes{scanner.Cause{Code: scanner.CauseRefused}.At("192.0.2.1:443")}
			},
		},
		{
			name: "nothing-seen-before-causes-existed", outcome: scanner.Inconclusive, reason: "not-observed", message: "donnée dans le détail",
			change: func(o *scanner.Observation) { o.Fact, o.Status, o.Error = nil, scanner.StatusError, "no key" },
		},
		{
			name: "wrong-vantage", vantage: scanner.VantageInternet, outcome: scanner.Inconclusive, reason: "wrong-vantage",
			change: func(o *scanner.Observation) { o.Vantage = scanner.VantageInside }, message: "depuis le réseau interne",
		},
		{
			name: "wrong-vantage-hides-a-failure-too", fact: door{Open: true}, vantage: scanner.VantageInternet,
			change:  func(o *scanner.Observation) { o.Vantage = scanner.VantageInside },
			outcome: scanner.Inconclusive, reason: "wrong-vantage",
		},
		{name: "right-vantage", vantage: scanner.VantageInternet, outcome: scanner.Pass, reason: "shut"},
		{
			name: "partial-never-passes", outcome: scanner.Inconclusive, reason: "partial", message: "incomplète\u00a0: aucune réponse n'est venue à temps.",
			change: func(o *scanner.Observation) {
				o.Status, o.Causes = scanner.StatusPartial, scanner.Causes{{Code: scanner.CauseTimeout}}
			},
		},
		{
			name: "partial-is-never-exempt", judge: exempts, outcome: scanner.Inconclusive, reason: "partial",
			change: func(o *scanner.Observation) { o.Status = scanner.StatusPartial },
		},
		{
			name: "partial-may-fail", fact: door{Open: true}, outcome: scanner.Fail, reason: "open",
			change: func(o *scanner.Observation) { o.Status = scanner.StatusPartial },
		},
		{
			name: "part-that-is-not-read", reads: []string{"handle"}, outcome: scanner.Pass, reason: "shut",
			change: func(o *scanner.Observation) { *o = lacking(*o, "hinge") },
		},
		{
			name: "part-of-what-is-lacking", reads: []string{"handle/screw"}, outcome: scanner.Inconclusive, reason: "partial",
			change: func(o *scanner.Observation) { *o = lacking(*o, "handle") },
		},
		{
			name: "part-that-is-read", reads: []string{"handle", "hinge"}, outcome: scanner.Inconclusive, reason: "partial",
			message: "incomplète\u00a0: aucune réponse n'est venue à temps (hinge).",
			change:  func(o *scanner.Observation) { *o = lacking(*o, "hinge", "lock") },
		},
		{
			name: "part-of-a-check-that-reads-all", outcome: scanner.Inconclusive, reason: "partial",
			change: func(o *scanner.Observation) { *o = lacking(*o, "hinge") },
		},
		{
			name: "partial-before-parts-existed", reads: []string{"handle"}, outcome: scanner.Inconclusive, reason: "partial",
			change: func(o *scanner.Observation) { *o = lacking(*o) },
		},
		{name: "exempt", judge: exempts, outcome: scanner.NotApplicable, reason: "none"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			judge := tc.judge
			if judge == nil {
				judge = judgeDoor
			}
			check := doorCheck("exposure.door", judge)
			check.Vantage, check.Reads = tc.vantage, tc.reads
			o := observed(t, tc.fact, tc.change)
			got := check.Evaluate(o, json.RawMessage(tc.params))
			severity, params := tc.severity, tc.params
			if severity == "" {
				severity = scanner.High
			}
			if params == "" {
				params = `{"strict":false}`
			}
			want := scanner.Finding{
				Fingerprint: scanner.Fingerprint("exposure.door", "domain/chu.test"), Check: "exposure.door", Revision: 3,
				Target: o.Target, Outcome: tc.outcome, Severity: severity, Reason: tc.reason,
				Parameters: json.RawMessage(params), Observations: []string{o.ID},
				Strength: tc.outcome.StandsOn(false, o), Values: got.Values, Message: got.Message, Fix: got.Fix,
			}
			// What the framework says by itself has its way out, whatever the check.
			if remedied := slices.Contains([]string{"not-observed", "partial", "wrong-vantage", "check-error"}, tc.reason); remedied != (got.Fix.FR != "" && got.Fix.EN != "") {
				t.Errorf("remedy is %q for reason %s", got.Fix.FR, tc.reason)
			}
			if strings.Contains(fmt.Sprint(got.Message, got.Fix), "no key") {
				t.Errorf("message shows the technical text: %q", got.Message.FR)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.Message.FR, tc.message) {
				t.Errorf("message is %q, want it to hold %q", got.Message.FR, tc.message)
			}
		})
	}
}

// lacking is an observation some parts of which got no answer in time.
func lacking(o scanner.Observation, parts ...string) scanner.Observation {
	o.Status, o.Causes = scanner.StatusPartial, scanner.Causes{{Code: scanner.CauseTimeout}}
	for _, part := range parts {
		o.Unread = append(o.Unread, scanner.Gap{Part: part, Causes: scanner.Causes{scanner.Cause{Code: scanner.CauseTimeout}.At(part)}})
	}
	return o
}

// TestCoverageOfParts: a run states what each check covered, which is whole for
// one that reads none of the parts that are missing.
func TestCoverageOfParts(t *testing.T) {
	whole := doorCheck("exposure.door", judgeDoor)
	part := doorCheck("exposure.handle", judgeDoor)
	part.Reads = []string{"handle"}
	plan := scanner.Plan{Checks: []scanner.PlannedCheck{{Check: whole}, {Check: part}}}
	o := observed(t, door{}, func(o *scanner.Observation) { *o = lacking(*o, "hinge") })
	var got []scanner.Status
	for _, c := range plan.Judge([]scanner.Observation{o}).Coverage {
		got = append(got, c.Status)
	}
	if diff := cmp.Diff([]scanner.Status{scanner.StatusPartial, scanner.StatusCompleted}, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

func TestUnobserved(t *testing.T) {
	got := doorCheck("exposure.door", judgeDoor).Unobserved(scanner.DomainTarget("chu.test"))
	if got.Outcome != scanner.Inconclusive || got.Reason != "no-source" || got.Observations == nil || got.Message.FR == "" {
		t.Errorf("finding is %+v", got)
	}
}

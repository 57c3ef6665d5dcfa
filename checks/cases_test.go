// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/checks"
	"carescan/scanner"
)

var update = flag.Bool("update", false, "rewrite the findings wanted by the cases, and their counts")

// folderOf is where a check lives: exposure.caa-record in exposure/caarecord.
func folderOf(id string) string {
	family, subject, _ := strings.Cut(id, ".")
	return filepath.Join(family, strings.ReplaceAll(subject, "-", ""))
}

// neverFail are the checks that only tell what is known: their worst outcome is
// inconclusive, as their pages say.
func neverFail() []string {
	return []string{
		"mfa.sources-healthy", "hosting.endpoints-consistent", "exposure.undeclared-names",
		"governance.persistent-unknowns", "governance.successive-audits",
	}
}

// neverJudged are the checks whose object is never looked at: they only say so.
func neverJudged() []string {
	return []string{"exposure.default-credentials"}
}

func TestCases(t *testing.T) {
	for _, check := range checks.All() {
		t.Run(check.ID, func(t *testing.T) {
			seen := map[string]bool{}
			for _, c := range casesOf(t, check.ID) {
				f := c.finding(check)
				seen[f.Reason], seen[string(f.Outcome)] = true, true
				compare(t, c, f)
				requireOwnWords(t, check, f)
			}
			requireSeen(t, check, seen)
		})
	}
}

func compare(t *testing.T, c testCase, f scanner.Finding) {
	t.Helper()
	got := wanted{f.Outcome, f.Severity, f.Reason, f.Values, f.Message}
	if message := f.Message.FR + f.Message.EN; f.Message.FR == "" || f.Message.EN == "" || strings.ContainsAny(message, "{}") {
		t.Errorf("%s: message of reason %q is not whole: %q", c.file, f.Reason, message)
	}
	if *update {
		c.update(t, got)
		return
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("%s: finding (-want +got):\n%s", c.file, diff)
	}
}

// requireOwnWords wants the words of the page for its reasons, those of other
// failures after them: one named as a reason of the framework would be told in the
// words of that one.
func requireOwnWords(t *testing.T, check scanner.Check, f scanner.Finding) {
	t.Helper()
	if _, own := check.Papers.FR.Reasons[f.Reason]; own && !strings.HasPrefix(f.Message.FR, check.Papers.Message(f.Reason, f.Values).FR) {
		t.Errorf("reason %q is one of the framework, whose words are shown: %q", f.Reason, f.Message.FR)
	}
}

// requireSeen wants the outcomes of a reader's questions (what is good, what is
// bad, what is not known) and every reason of the page.
func requireSeen(t *testing.T, check scanner.Check, seen map[string]bool) {
	t.Helper()
	outcomes := []scanner.Outcome{scanner.Pass, scanner.Inconclusive}
	if !slices.Contains(neverFail(), check.ID) {
		outcomes = append(outcomes, scanner.Fail)
	}
	if slices.Contains(neverJudged(), check.ID) {
		outcomes = []scanner.Outcome{scanner.NotApplicable, scanner.Inconclusive}
	}
	for _, outcome := range outcomes {
		if !seen[string(outcome)] {
			t.Errorf("no case shows the outcome %q", outcome)
		}
	}
	for reason := range check.Papers.FR.Reasons {
		if !seen[reason] {
			t.Errorf("no case shows the reason %q of the page", reason)
		}
	}
}

// TestCounts holds the number of each outcome per check: a judgement that moves
// is a number that changes, and asks for a new revision.
func TestCounts(t *testing.T) {
	var got strings.Builder
	for _, check := range checks.All() {
		count := map[scanner.Outcome]int{}
		for _, c := range casesOf(t, check.ID) {
			count[c.finding(check).Outcome]++
		}
		fmt.Fprintf(&got, "%s/%d", check.ID, check.Revision)
		for _, outcome := range scanner.Outcomes() {
			fmt.Fprintf(&got, " %s=%d", outcome, count[outcome])
		}
		got.WriteString("\n")
	}
	golden(t, filepath.Join("testdata", "counts.txt"), got.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package checks_test

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"carescan/checks"
	"carescan/scanner"
)

// TestEveryFailureHasAHeadline wants what was found to be said in one line of
// every reason that fails, and of no other.
func TestEveryFailureHasAHeadline(t *testing.T) {
	for _, check := range checks.All() {
		failing := map[string]bool{}
		for _, c := range casesOf(t, check.ID) {
			f := check.Evaluate(c.observation, c.params)
			failing[f.Reason] = f.Outcome == scanner.Fail
		}
		for reason, fails := range failing {
			headline := check.Papers.Headline(reason)
			if fails && (headline.FR == "" || headline.EN == "") {
				t.Errorf("%s: reason %q fails and has no headline", check.ID, reason)
			}
			if !fails && headline != (scanner.Text{}) {
				t.Errorf("%s: reason %q does not fail and has a headline", check.ID, reason)
			}
		}
	}
}

// TestEveryDoubtSaysHowToConclude wants a way out of every finding that a person
// reads and that concludes nothing.
func TestEveryDoubtSaysHowToConclude(t *testing.T) {
	for _, check := range checks.All() {
		if check.Papers.FR.Conclude == "" || check.Papers.EN.Conclude == "" {
			t.Errorf("%s: the page does not say how to conclude", check.ID)
		}
	}
}

// TestReasonsAreToldOnce wants a sentence that several pages would hold (what was
// found, its headline, its remedy) to be told in the page of what they share
// (checks/internal/<package>).
func TestReasonsAreToldOnce(t *testing.T) {
	names := regexp.MustCompile(`\{[a-z_]+`) // the words in agreement with a value stay: they are the sentence
	for _, l := range scanner.Langs() {
		files, err := filepath.Glob(filepath.Join("*", "*", string(l)+".md"))
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		for _, file := range files {
			for key, r := range reasonsIn(t, l, file) {
				for what, text := range map[string]string{"message": r.Message, "headline": r.Headline, "remedy": r.Remedy} {
					sentence := names.ReplaceAllString(text, "{")
					if other, twice := told[sentence]; twice && sentence != "" && !strings.HasPrefix(other, file) {
						t.Errorf("%s, %s of reason %q, repeats %s: %s", file, what, key, other, text)
					}
					told[sentence] = file + ", reason " + key
				}
			}
		}
	}
}

// TestToldOnceIsUsed wants what is told in the page of a shared package to reach
// the page of a check: a key that was misspelt or is no more would tell nobody.
func TestToldOnceIsUsed(t *testing.T) {
	for _, l := range scanner.Langs() {
		files, err := filepath.Glob(filepath.Join("internal", "*", string(l)+".md"))
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for _, check := range checks.All() {
			paper := map[scanner.Lang]scanner.Paper{scanner.French: check.Papers.FR, scanner.English: check.Papers.EN}[l]
			for key, r := range paper.Reasons {
				said[key+": "+r.Message], said[key+": "+r.Remedy] = true, true
			}
		}
		for _, file := range files {
			for key, r := range reasonsIn(t, l, file) {
				if !said[key+": "+scanner.Typeset(l, cmp.Or(r.Message, r.Remedy))] {
					t.Errorf("%s, reason %q, is told by no check", file, key)
				}
			}
		}
	}
}

func reasonsIn(t *testing.T, l scanner.Lang, file string) map[string]scanner.Reason {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(file, "internal") {
		reasons, err := scanner.ParseReasons(l, string(raw))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return reasons
	}
	page, err := scanner.ParsePaper(l, string(raw))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return page.Reasons
}

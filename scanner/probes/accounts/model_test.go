// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

func TestModelIsRead(t *testing.T) {
	sighting, source, err := observe(t, modelFile, Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []fact.Population{
		{Name: "administrators", Enabled: 1, Equipped: 1, Enforced: 1},
		{Name: "suppliers", Enabled: 1, Equipped: 1, Enforced: 1},
		{Name: "physicians", Enabled: 1, Equipped: 1, Enforced: 1},
		{Name: "nurses", Enabled: 2, Equipped: 1, Enforced: 1},
	}
	if diff := cmp.Diff(want, sighting.Fact.(fact.Accounts).Populations); diff != "" {
		t.Errorf("populations (-want +got):\n%s", diff)
	}
	if source.Received != 6 || source.Rejected != 0 || !source.Complete {
		t.Errorf("the model was not understood in full: %+v", source)
	}
}

func TestCommentsStandAboveTheHeader(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		enabled int
		refused string
	}{
		"none":               {header + "a;actif;IDE;cps;oui\n", 1, ""},
		"above":              {"# one, and more\n#TYPE Selected.Object\n" + header + "a;actif;IDE;cps;oui\n", 1, ""},
		"windows-lines":      {"# one\r\n" + strings.ReplaceAll(header+"a;actif;IDE;cps;oui\n", "\n", "\r\n"), 1, ""},
		"below-is-a-login":   {header + "#a;actif;IDE;cps;oui\n", 1, ""},
		"commas-in-comments": {"# a, b, c, d, e, f\n" + header + "a;actif;IDE;cps;oui\n", 1, ""},
		"nothing-else":       {"# one", 0, "the file is empty"},
		"header-is-counted":  {"# one\n# two\nlogin;statut\n", 0, "line 3: this line is read as"},
		"line-is-counted":    {"# one\n" + header + "a;\"b\"c;;;\n", 0, "line 3: "},
	} {
		t.Run(name, func(t *testing.T) {
			sighting, _, err := observe(t, test.content, Config{})
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Errorf("error = %v, want %q", err, test.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sighting.Fact.(fact.Accounts).Populations; len(got) != 1 || got[0].Enabled != test.enabled {
				t.Errorf("populations = %+v, want %d account", got, test.enabled)
			}
		})
	}
}

// TestEveryWordIsDocumented holds the vocabularies of the page to those of the code.
func TestEveryWordIsDocumented(t *testing.T) {
	written := map[string][]string{}
	for _, v := range model.Vocabularies {
		for _, word := range v.Words {
			if word.Means.FR == "" || word.Means.EN == "" {
				t.Errorf("%s: %v has no meaning in both languages", v.Name, word.Written)
			}
			written[v.Name] = append(written[v.Name], word.Written...)
		}
	}
	for word := range factors() {
		if !slices.Contains(written[columnFactor], word) {
			t.Errorf("the factor %q is not documented", word)
		}
	}
	for word := range functions() {
		if !slices.Contains(written[columnFunction], word) {
			t.Errorf("the function %q is not documented", word)
		}
	}
}

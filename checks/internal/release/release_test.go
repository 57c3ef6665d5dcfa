// SPDX-License-Identifier: Apache-2.0

package release

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

func TestLists(t *testing.T) {
	for name, tt := range map[string]struct{ lists, fr, en string }{
		"whole": {
			"CISA KEV 2026-09-30, endoflife 2026-09-01",
			"CISA KEV du 30 septembre 2026, endoflife du 1er septembre 2026", "CISA KEV of 30 September 2026, endoflife of 1 September 2026",
		},
		"extract":    {"CISA KEV 2026-09-30 (extract)", "CISA KEV du 30 septembre 2026 (extrait)", "CISA KEV of 30 September 2026 (extract)"},
		"no_date":    {"ma liste", "ma liste", "ma liste"},
		"wrong_date": {"liste 2026-13-40", "liste 2026-13-40", "liste 2026-13-40"},
		"none":       {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := scanner.Values{"lists": tt.lists, "lists_fr": tt.fr, "lists_en": tt.en}
			if diff := cmp.Diff(want, Lists(tt.lists)); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOlder(t *testing.T) {
	for name, tt := range map[string]struct {
		version, than string
		older, known  bool
	}{
		"older":            {"6.4.1", "6.4.2", true, true},
		"same":             {"6.4.2", "6.4.2", false, true},
		"newer":            {"6.10.0", "6.9.9", false, true},
		"numbers_not_text": {"9.0", "10.0", true, true},
		"builds":           {"15.2.1118.40", "15.2.1544.9", true, true},
		"letters":          {"1.1.1k", "1.1.1w", false, false},
		"longer":           {"7.4.2.1", "7.4.2", false, true},
		"cut_short":        {"6.4", "6.4.2", false, false},
		"cut_short_older":  {"6.3", "6.4.2", true, true},
		"leading_zeros":    {"22.04", "22.4", false, true},
		"empty":            {"", "1", false, false},
		"words":            {"latest", "1", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if older, known := Older(tt.version, tt.than); older != tt.older || known != tt.known {
				t.Errorf("Older(%q, %q) = %t, %t", tt.version, tt.than, older, known)
			}
		})
	}
}

func FuzzOlder(f *testing.F) {
	f.Add("1.2.3", "1.10")
	f.Add("15.2.1118", "x")
	f.Fuzz(func(t *testing.T, a, b string) {
		before, _ := Older(a, b)
		after, _ := Older(b, a)
		if before && after {
			t.Errorf("%q and %q are each older than the other", a, b)
		}
	})
}

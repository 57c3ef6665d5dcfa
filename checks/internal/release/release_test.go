// SPDX-License-Identifier: Apache-2.0

package release

import "testing"

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

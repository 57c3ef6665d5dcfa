// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// TestScopes writes sets of establishments and compares them.
func TestScopes(t *testing.T) {
	a, b := store.Only("690000013"), store.Only("690000021")
	both, nothing := store.Sites("690000021", "690000013", "690000013"), store.Scope{}
	for name, c := range map[string]struct {
		got, want string
	}{
		"sorted_once":     {both.String(), "690000013,690000021"},
		"with":            {a.With(b).String(), both.String()},
		"with_nothing":    {a.With(nothing).String(), a.String()},
		"with_the_region": {a.With(store.Region()).String(), "*"},
		"no_site":         {store.Sites().String(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("scope %q, want %q", c.got, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		scope, other store.Scope
		want         bool
	}{
		"a_part":            {both, a, true},
		"more":              {a, both, false},
		"another":           {a, b, false},
		"itself":            {both, both, true},
		"the_region":        {store.Region(), both, true},
		"never_the_region":  {both, store.Region(), false},
		"region_and_region": {store.Region(), store.Region(), true},
		"nothing":           {nothing, nothing, true},
		"nothing_covers":    {nothing, a, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.scope.Covers(c.other); got != c.want {
				t.Errorf("%q covers %q: %v", c.scope, c.other, got)
			}
		})
	}
	for finess, want := range map[scanner.FINESS]bool{"690000013": true, "690000021": true, "690000039": false, "": false} {
		if both.Sees(finess) != want || !store.Region().Sees(finess) {
			t.Errorf("%q is seen: %v", finess, !want)
		}
	}
}

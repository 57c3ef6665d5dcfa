// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

func TestPseudonymsDependOnKeySourceAndAccount(t *testing.T) {
	key := scanner.NewPseudonyms([]byte("key"))
	seen := map[string]bool{}
	for _, p := range []string{
		key.Of("ad", "x"), key.Of("ad", "y"), key.Of("dpi", "x"), key.Of("adx", ""), scanner.NewPseudonyms([]byte("other")).Of("ad", "x"),
	} {
		if seen[p] {
			t.Errorf("pseudonym %s stands for two accounts", p)
		}
		seen[p] = true
	}
	if first, again := key.Of("ad", "x"), key.Of("ad", "x"); first != again {
		t.Error("a pseudonym must not change from run to run")
	}
}

func TestShown(t *testing.T) {
	names := map[string]string{"p-3": "c", "p-1": "a", "p-2": "b"}
	pseudonyms, kept := scanner.Shown(names, 2)
	if diff := cmp.Diff([]string{"p-1", "p-2"}, pseudonyms); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"p-1": "a", "p-2": "b"}, kept); diff != "" {
		t.Error(diff)
	}
}

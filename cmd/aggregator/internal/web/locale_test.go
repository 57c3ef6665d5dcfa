// SPDX-License-Identifier: Apache-2.0

package web

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

var (
	blank   = regexp.MustCompile(`\{[a-z]+\}`)
	usedKey = regexp.MustCompile(`\bt "([a-z_.-]+)"`)
)

func TestLanguagesSayTheSameThings(t *testing.T) {
	blanks := map[scanner.Lang]map[string][]string{}
	for _, l := range scanner.Langs() {
		words, err := loadLocale(l)
		if err != nil {
			t.Fatal(err)
		}
		blanks[l] = map[string][]string{}
		for key, sentence := range words {
			found := blank.FindAllString(sentence, -1)
			slices.Sort(found)
			blanks[l][key] = found
			if strings.TrimSpace(sentence) == "" {
				t.Errorf("%s of %s says nothing", key, l)
			}
		}
	}
	if diff := cmp.Diff(blanks[scanner.French], blanks[scanner.English]); diff != "" {
		t.Errorf("keys and blanks (-fr +en):\n%s", diff)
	}
}

// TestSentencesAreUsed compares the sentences with those that templates and
// actions name.
func TestSentencesAreUsed(t *testing.T) {
	words, err := loadLocale(scanner.French)
	if err != nil {
		t.Fatal(err)
	}
	used := namedSentences(t)
	for key := range words {
		computed := strings.HasPrefix(key, "observed.") || strings.HasPrefix(key, "deed.") || strings.HasPrefix(key, "stale.") || strings.HasPrefix(key, "move.") || strings.HasPrefix(key, "actor.")
		if !used[key] && !computed {
			t.Errorf("sentence %s is never said", key)
		}
	}
	for key := range used {
		if words[key] == "" {
			t.Errorf("sentence %s does not exist", key)
		}
	}
}

func namedSentences(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for pattern, named := range map[string]*regexp.Regexp{"*/*.html": usedKey, "*/*/*.html": usedKey} {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no template like %s: %v", pattern, err)
		}
		for _, name := range names {
			raw, err := files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range named.FindAllStringSubmatch(string(raw), -1) {
				used[found[1]] = true
			}
		}
	}
	for _, key := range actionSentences() {
		used[key] = true
	}
	return used
}

// actionSentences are those that actions choose.
func actionSentences() []string {
	return []string{
		"signin.refused", "signin.too_many", "signin.busy", "welcome.weak_password", "welcome.wrong_code", "welcome.different",
		"problem.not_found", "problem.forbidden", "problem.internal", "problem.link", "problem.busy", "problem.token", "problem.too_fast", "apitoken.bad", "apitoken.many",
		"people.no_place", "people.no_day", "people.wrong_place", "people.needs_end", "people.more", "people.exists", "people.bad_address",
		"places.bad_legal", "places.bad_ght", "confirm.refused", "people.federated", "oidc.unreachable", "oidc.denied", "oidc.forgotten", "oidc.factor", "oidc.token",
		"oidc.no_role", "oidc.addressed", "oidc.address", "oidc.disabled", "passkey.failed", "account.last",
	}
}

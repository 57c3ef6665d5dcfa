// SPDX-License-Identifier: Apache-2.0

package profiles_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"carescan/checks"
	"carescan/profiles"
	"carescan/scanner"
)

func TestShippedProfilesResolve(t *testing.T) {
	set, err := profiles.Load(checks.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := set.Resolve("etablissement", scanner.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Checks) != len(checks.All()) {
		t.Errorf("the profile runs %d checks of %d: every check must serve a control", len(plan.Checks), len(checks.All()))
	}
	if len(plan.Profile.Catalogs) != 4 || plan.Profile.Digest == "" {
		t.Errorf("profile = %+v, want its four catalogs and a digest", plan.Profile)
	}
}

func TestDigestFollowsParameters(t *testing.T) {
	operator := fstest.MapFS{"etablissement.yaml": {Data: []byte(profileWith(
		"parameters: {mfa.application-coverage: {equipped_threshold: 90}}"))}}
	shipped := digest(t, nil)
	if changed := digest(t, operator); changed == shipped {
		t.Error("a changed parameter must change the digest of the profile")
	}
	if again := digest(t, nil); again != shipped {
		t.Error("the digest must not depend on the day")
	}
}

func digest(t *testing.T, operator fstest.MapFS) string {
	t.Helper()
	var set *profiles.Set
	var err error
	if operator == nil {
		set, err = profiles.Load(checks.All(), nil)
	} else {
		set, err = profiles.Load(checks.All(), operator)
	}
	if err != nil {
		t.Fatal(err)
	}
	plan, err := set.Resolve("etablissement", scanner.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Profile.Digest
}

func TestLoadRefuses(t *testing.T) {
	for name, test := range map[string]struct{ file, content, want string }{
		"unknown-key":       {"a.yaml", profileWith("colour: blue"), "colour"},
		"unknown-check":     {"catalogs/x.yaml", catalogWith("V", "2026-11-22", "[exposure.nothing]"), "exposure.nothing"},
		"unknown-catalog":   {"a.yaml", strings.Replace(profileWith(""), "care-d1", "care-d9", 1), "care-d9"},
		"unknown-parameter": {"a.yaml", profileWith("parameters: {exposure.hsts: {colour: 1}}"), "colour"},
		"short-rhythm":      {"a.yaml", strings.Replace(profileWith(""), "24h", "5m", 1), "1h"},
		"bad-mark":          {"catalogs/x.yaml", catalogWith("sure", "2026-11-22", "[]"), "confidence"},
		"bad-date":          {"catalogs/x.yaml", catalogWith("V", "yesterday", "[]"), "date"},
		"asserted-unknown":  {"catalogs/x.yaml", catalogWith(`"?"`, "2026-11-22", "[exposure.hsts]"), "?"},
		"two-documents":     {"a.yaml", profileWith("") + "\n---\n{}\n", "one document"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := profiles.Load(checks.All(), fstest.MapFS{test.file: {Data: []byte(test.content)}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load = %v, want an error that names %q", err, test.want)
			}
		})
	}
}

func profileWith(line string) string {
	return "id: etablissement\nversion: \"1\"\ntitle: {fr: Essai, en: Trial}\nevery: 24h\ncatalogs: [care-d1]\n" + line
}

func catalogWith(mark, verified, list string) string {
	return "id: x\nversion: \"1\"\ntitle: {fr: Essai, en: Trial}\nsource: essai\nverified: " + verified +
		"\ncontrols:\n  - {id: a, title: {fr: a, en: a}, source: s, confidence: " + mark + ", checks: " + list + "}\n"
}

// SPDX-License-Identifier: Apache-2.0

package csp

import "testing"

// TestScriptWeakness compares with what the public rules of the MDN HTTP
// Observatory say of the same policies: those it calls safe have no weakness.
func TestScriptWeakness(t *testing.T) {
	for name, tt := range map[string]struct {
		policy string
		want   Weakness
	}{
		"none":                    {"default-src 'none'", None},
		"self":                    {"default-src 'self'", None},
		"self_and_styles_inline":  {"default-src 'self'; style-src 'self' 'unsafe-inline'", None},
		"unsafe_inline":           {"script-src 'self' 'unsafe-inline'", UnsafeInline},
		"default_unsafe_inline":   {"default-src 'self' 'unsafe-inline'", UnsafeInline},
		"inline_ignored_by_nonce": {"script-src 'nonce-abc' 'unsafe-inline'", None},
		"inline_ignored_by_hash":  {"script-src 'sha256-abc=' 'unsafe-inline'", None},
		"strict_dynamic":          {"script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'", None},
		"nonce_with_wildcard":     {"script-src 'nonce-abc' https:", Wildcard},
		"star":                    {"default-src *", Wildcard},
		"https_scheme":            {"script-src https:", Wildcard},
		"data":                    {"script-src 'self' data:", Wildcard},
		"images_anywhere":         {"default-src 'self'; img-src * data:", None},
		"unsafe_eval":             {"script-src 'self' 'unsafe-eval'", UnsafeEval},
		"no_rule_for_scripts":     {"img-src 'self'; frame-ancestors 'none'", NoScriptRule},
		"first_directive_counts":  {"script-src 'self'; script-src *", None},
		"case_is_ignored":         {"SCRIPT-SRC 'UNSAFE-INLINE'", UnsafeInline},
		"elements_rule_first":     {"script-src *; script-src-elem 'self'", None},
		"star_with_port":          {"script-src 'self' https://*:443", Wildcard},
		"star_with_path":          {"script-src https://*/js/", Wildcard},
		"below_one_domain":        {"script-src https://*.chu.test", None},
		"blob":                    {"script-src 'self' blob:", None},
		"inline_handlers":         {"script-src 'self'; script-src-attr 'unsafe-inline'", UnsafeInline},
		"no_inline_handlers":      {"script-src 'unsafe-inline'; script-src-elem 'self'; script-src-attr 'none'", None},
		"bypass_host":             {"script-src 'self' https://cdn.jsdelivr.net", BypassHost},
		"bypass_host_narrowed":    {"script-src 'self' https://cdn.jsdelivr.net/npm/jquery@3/", None},
		"empty_sources_are_none":  {"script-src", None},
	} {
		t.Run(name, func(t *testing.T) {
			policies := ParsePolicies([]string{tt.policy})
			if got, source := policies[0].ScriptWeakness(); got != tt.want {
				t.Errorf("%q is %q (%s), want %q", tt.policy, got, source, tt.want)
			}
		})
	}
}

func TestLimitsAncestors(t *testing.T) {
	for policy, want := range map[string]bool{
		"frame-ancestors 'none'": true, "frame-ancestors 'self' https://a.test": true, "frame-ancestors *": false,
		"frame-ancestors https:": false, "default-src 'none'": false,
	} {
		if got := ParsePolicies([]string{policy})[0].LimitsAncestors(); got != want {
			t.Errorf("%q limits framing: %t, want %t", policy, got, want)
		}
	}
}

func TestParsePoliciesReadsLists(t *testing.T) {
	if got := ParsePolicies([]string{"default-src 'self', ;; ,script-src *", ""}); len(got) != 2 {
		t.Errorf("%d policies, want 2: %v", len(got), got)
	}
}

func FuzzParsePolicies(f *testing.F) {
	f.Add("default-src 'self'; script-src 'nonce-a' https:, frame-ancestors")
	f.Add(";;,\x00 , script-src\t\n'unsafe-inline'")
	f.Fuzz(func(t *testing.T, value string) {
		policies := ParsePolicies([]string{value, value})
		if len(policies) > maxPolicies {
			t.Errorf("%d policies", len(policies))
		}
		for _, p := range policies {
			if weakness, source := p.ScriptWeakness(); (source != "") != (weakness != None && weakness != NoScriptRule) {
				t.Errorf("%q is %q by %q", value, weakness, source)
			}
			p.LimitsAncestors()
		}
	})
}

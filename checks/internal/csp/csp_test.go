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

		// Section 2.2.1 step 2.2: a directive outside ASCII is passed over; section
		// 2.1: only ASCII white space separates.
		"no_break_space":        {"script-src\u00a0'self'; object-src 'none'", NoScriptRule},
		"curly_quotes":          {"script-src ‘self’; object-src 'none'; frame-ancestors 'none'", NoScriptRule},
		"not_ascii_elsewhere":   {"script-src 'self'; report-uri /é", None},
		"not_utf8":              {"script-src 'self' \xe9", NoScriptRule},
		"not_ascii_then_ascii":  {"script-src\u00a0'self'; script-src 'self'", None},
		"vertical_tab":          {"script-src\v'self'", NoScriptRule},
		"tabs_and_form_feeds":   {"script-src\t'self'\f'unsafe-inline'", UnsafeInline},
		"nonce_empty":           {"script-src 'nonce-' 'unsafe-inline'", UnsafeInline},
		"nonce_open":            {"script-src 'nonce-abc 'unsafe-inline'", UnsafeInline},
		"nonce_bad_characters":  {"script-src 'nonce-a$b' 'unsafe-inline'", UnsafeInline},
		"nonce_without_quotes":  {"script-src nonce-abc 'unsafe-inline'", UnsafeInline},
		"hash_empty":            {"script-src 'sha256-' 'unsafe-inline'", UnsafeInline},
		"hash_of_base64url":     {"script-src 'sha256-a-_b' 'unsafe-inline'", None},
		"hash_unknown":          {"script-src 'sha1-abc=' 'unsafe-inline'", UnsafeInline},
		"eval_by_script_src":    {"script-src 'unsafe-eval'; script-src-elem 'self'", UnsafeEval},
		"inline_without_quotes": {"script-src 'self' unsafe-inline", None},

		// Section 8.1: a script must be allowed by all the policies.
		"two_that_close_each_other":  {"script-src 'self' 'unsafe-inline', script-src 'self' 'unsafe-eval'", None},
		"two_of_which_one_is_silent": {"frame-ancestors 'none', script-src 'self' 'unsafe-inline'", UnsafeInline},
		"two_silent":                 {"frame-ancestors 'none', img-src 'self'", NoScriptRule},
		"two_alike":                  {"script-src 'unsafe-inline' https:, script-src * 'unsafe-inline'", UnsafeInline},
		"two_wildcards":              {"script-src https:, script-src *", Wildcard},
		"two_schemes":                {"script-src data:, script-src https:", None},
		"wildcard_and_bypass":        {"script-src https:, script-src https://unpkg.com", BypassHost},
		"bypass_of_two":              {"script-src cdn.jsdelivr.net, script-src https://unpkg.com", None},
		"strict_dynamic_and_bypass":  {"script-src 'nonce-a' 'strict-dynamic', script-src https://unpkg.com", None},
	} {
		t.Run(name, func(t *testing.T) {
			if got, source := ScriptWeakness(ParsePolicies([]string{tt.policy})); got != tt.want {
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

// TestParseElements holds that a comma separates nothing in a page.
func TestParseElements(t *testing.T) {
	policies := ParseElements([]string{"script-src https:, default-src 'self'"})
	if got, _ := ScriptWeakness(policies); len(policies) != 1 || got != None {
		t.Errorf("%v is %q", policies, got)
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
		if weakness, source := ScriptWeakness(policies); (source != "") != (weakness != None && weakness != NoScriptRule) {
			t.Errorf("%q is %q by %q", value, weakness, source)
		}
		for _, p := range policies {
			p.LimitsAncestors()
		}
	})
}

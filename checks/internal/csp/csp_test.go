// SPDX-License-Identifier: Apache-2.0

package csp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// none is a policy that holds.
const none Weakness = ""

// gravest is the first weakness of a page.
func gravest(policies []Policy) Weakness {
	for _, o := range ScriptOpenings(policies) {
		return o.Weakness
	}
	return none
}

// TestScriptOpenings tells every weakness of a page, gravest first.
func TestScriptOpenings(t *testing.T) {
	for name, tt := range map[string]struct {
		policies []string
		want     []Opening
	}{
		"holds":         {[]string{"script-src 'self'"}, nil},
		"no_rule":       {[]string{"img-src 'self'"}, []Opening{{NoScriptRule, ""}}},
		"all_of_them":   {[]string{"script-src 'unsafe-eval' unpkg.com data: https: * 'unsafe-inline'"}, []Opening{{UnsafeInline, "'unsafe-inline'"}, {Wildcard, "https:, *"}, {Wildcard, "data:"}, {UnsafeEval, "'unsafe-eval'"}, {BypassHost, "unpkg.com"}}},
		"hosts":         {[]string{"script-src unpkg.com https://unpkg.com/ esm.sh"}, []Opening{{BypassHost, "unpkg.com"}, {BypassHost, "esm.sh"}}},
		"left_by_two":   {[]string{"script-src 'unsafe-inline' 'unsafe-eval' unpkg.com", "script-src 'unsafe-eval' https:"}, []Opening{{UnsafeEval, "'unsafe-eval'"}, {BypassHost, "unpkg.com"}}},
		"closed_by_two": {[]string{"script-src 'unsafe-inline' esm.sh", "script-src 'unsafe-eval' unpkg.com"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ScriptOpenings(ParsePolicies(tt.policies))); diff != "" {
				t.Errorf("openings of %q (-want +got):\n%s", tt.policies, diff)
			}
		})
	}
}

// TestGravest compares with what the public rules of the MDN HTTP Observatory say of
// the same policies: those it calls safe have no weakness.
func TestGravest(t *testing.T) {
	for name, tt := range map[string]struct {
		policy string
		want   Weakness
	}{
		"none":                    {"default-src 'none'", none},
		"self":                    {"default-src 'self'", none},
		"self_and_styles_inline":  {"default-src 'self'; style-src 'self' 'unsafe-inline'", none},
		"unsafe_inline":           {"script-src 'self' 'unsafe-inline'", UnsafeInline},
		"default_unsafe_inline":   {"default-src 'self' 'unsafe-inline'", UnsafeInline},
		"inline_ignored_by_nonce": {"script-src 'nonce-abc' 'unsafe-inline'", none},
		"inline_ignored_by_hash":  {"script-src 'sha256-abc=' 'unsafe-inline'", none},
		"strict_dynamic":          {"script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'", none},
		"nonce_with_wildcard":     {"script-src 'nonce-abc' https:", Wildcard},
		"star":                    {"default-src *", Wildcard},
		"https_scheme":            {"script-src https:", Wildcard},
		"data":                    {"script-src 'self' data:", Wildcard},
		"images_anywhere":         {"default-src 'self'; img-src * data:", none},
		"unsafe_eval":             {"script-src 'self' 'unsafe-eval'", UnsafeEval},
		"no_rule_for_scripts":     {"img-src 'self'; frame-ancestors 'none'", NoScriptRule},
		"first_directive_counts":  {"script-src 'self'; script-src *", none},
		"case_is_ignored":         {"SCRIPT-SRC 'UNSAFE-INLINE'", UnsafeInline},
		"elements_rule_first":     {"script-src *; script-src-elem 'self'", none},
		"star_with_port":          {"script-src 'self' https://*:443", Wildcard},
		"star_with_path":          {"script-src https://*/js/", Wildcard},
		"below_one_domain":        {"script-src https://*.chu.test", none},
		"blob":                    {"script-src 'self' blob:", none},
		"inline_handlers":         {"script-src 'self'; script-src-attr 'unsafe-inline'", UnsafeInline},
		"no_inline_handlers":      {"script-src 'unsafe-inline'; script-src-elem 'self'; script-src-attr 'none'", none},
		"bypass_host":             {"script-src 'self' https://cdn.jsdelivr.net", BypassHost},
		"bypass_host_narrowed":    {"script-src 'self' https://cdn.jsdelivr.net/npm/jquery@3/", none},
		"empty_sources_are_none":  {"script-src", none},

		// Section 2.2.1 step 2.2: a directive outside ASCII is passed over; section
		// 2.1: only ASCII white space separates.
		"no_break_space":        {"script-src\u00a0'self'; object-src 'none'", NoScriptRule},
		"curly_quotes":          {"script-src ‘self’; object-src 'none'; frame-ancestors 'none'", NoScriptRule},
		"not_ascii_elsewhere":   {"script-src 'self'; report-uri /é", none},
		"not_utf8":              {"script-src 'self' \xe9", NoScriptRule},
		"not_ascii_then_ascii":  {"script-src\u00a0'self'; script-src 'self'", none},
		"vertical_tab":          {"script-src\v'self'", NoScriptRule},
		"tabs_and_form_feeds":   {"script-src\t'self'\f'unsafe-inline'", UnsafeInline},
		"nonce_empty":           {"script-src 'nonce-' 'unsafe-inline'", UnsafeInline},
		"nonce_open":            {"script-src 'nonce-abc 'unsafe-inline'", UnsafeInline},
		"nonce_bad_characters":  {"script-src 'nonce-a$b' 'unsafe-inline'", UnsafeInline},
		"nonce_without_quotes":  {"script-src nonce-abc 'unsafe-inline'", UnsafeInline},
		"hash_empty":            {"script-src 'sha256-' 'unsafe-inline'", UnsafeInline},
		"hash_of_base64url":     {"script-src 'sha256-a-_b' 'unsafe-inline'", none},
		"hash_unknown":          {"script-src 'sha1-abc=' 'unsafe-inline'", UnsafeInline},
		"eval_by_script_src":    {"script-src 'unsafe-eval'; script-src-elem 'self'", UnsafeEval},
		"inline_without_quotes": {"script-src 'self' unsafe-inline", none},

		// Section 8.1: a script must be allowed by all the policies.
		"two_that_close_each_other":  {"script-src 'self' 'unsafe-inline', script-src 'self' 'unsafe-eval'", none},
		"two_of_which_one_is_silent": {"frame-ancestors 'none', script-src 'self' 'unsafe-inline'", UnsafeInline},
		"two_silent":                 {"frame-ancestors 'none', img-src 'self'", NoScriptRule},
		"two_alike":                  {"script-src 'unsafe-inline' https:, script-src * 'unsafe-inline'", UnsafeInline},
		"two_wildcards":              {"script-src https:, script-src *", Wildcard},
		"two_schemes":                {"script-src data:, script-src https:", none},
		"wildcard_and_bypass":        {"script-src https:, script-src https://unpkg.com", BypassHost},
		"bypass_of_two":              {"script-src cdn.jsdelivr.net, script-src https://unpkg.com", none},
		"strict_dynamic_and_bypass":  {"script-src 'nonce-a' 'strict-dynamic', script-src https://unpkg.com", none},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gravest(ParsePolicies([]string{tt.policy})); got != tt.want {
				t.Errorf("%q is %q, want %q", tt.policy, got, tt.want)
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
	if got := gravest(policies); len(policies) != 1 || got != none {
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
		for _, o := range ScriptOpenings(policies) {
			if (o.Source != "") != (o.Weakness != NoScriptRule) {
				t.Errorf("%q is %q by %q", value, o.Weakness, o.Source)
			}
		}
		for _, p := range policies {
			p.LimitsAncestors()
		}
	})
}

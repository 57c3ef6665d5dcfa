// SPDX-License-Identifier: Apache-2.0

package csp

import (
	"encoding/json"
	"slices"
	"testing"

	"carescan/scanner/scannertest"
)

// vector is a public policy with two opinions of it: opinions, and no norm.
type vector struct {
	Policy      string `json:"csp"`
	Observatory struct {
		Pass bool `json:"pass"`
	} `json:"observatory"`
	Evaluator []struct {
		Type      string `json:"type"`
		Directive string `json:"directive"`
	} `json:"csp_evaluator"`
}

// opinions are all that CSP Evaluator says of scripts, in our words. Its list of hosts
// that serve anything is its own and is not compared.
func (v vector) opinions() (weaknesses []Weakness) {
	said := map[string]bool{}
	for _, f := range v.Evaluator {
		said[f.Type+" "+f.Directive] = true
	}
	elements := v.first("script-src-elem", "script-src", "default-src")
	texts := v.first("script-src", "default-src") // section 4.4
	for _, o := range []struct {
		weakness Weakness
		said     bool
	}{
		{NoScriptRule, elements == "" && said["MISSING_DIRECTIVES script-src"]},
		{UnsafeInline, said["SCRIPT_UNSAFE_INLINE "+elements]},
		{Wildcard, said["PLAIN_WILDCARD "+elements] || said["PLAIN_URL_SCHEMES "+elements]},
		{UnsafeEval, said["SCRIPT_UNSAFE_EVAL "+texts]},
	} {
		if o.said {
			weaknesses = append(weaknesses, o.weakness)
		}
	}
	return weaknesses
}

// first is the first of some directives that the policy has, empty when none.
func (v vector) first(names ...string) string {
	policies := ParsePolicies([]string{v.Policy})
	for _, name := range names {
		if len(policies) > 0 && policies[0][name] != nil {
			return name
		}
	}
	return ""
}

// compared are the weaknesses of a policy that CSP Evaluator judges too, each once.
func compared(policy string) (weaknesses []Weakness) {
	for _, o := range ScriptOpenings(ParsePolicies([]string{policy})) {
		if o.Weakness != BypassHost {
			weaknesses = append(weaknesses, o.Weakness)
		}
	}
	return slices.Compact(weaknesses)
}

// argued are the policies on which we differ, and why.
func argued() map[string]string {
	return map[string]string{
		"object-src 'none'; style-src 'self'; script-src 'unsafe-inline' 'sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBA=''sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBB='": "no space parts the two hashes: one word, outside the grammar of section 2.3.1, which cancels nothing; CSP Evaluator agrees",
	}
}

// TestAgainstPublicPolicies compares with CSP Evaluator, and holds that what the
// Observatory passes is passed.
func TestAgainstPublicPolicies(t *testing.T) {
	reasons := argued()
	for _, file := range []string{"http/csp-observatory.json", "http/csp-evaluator.json"} {
		var read struct {
			Vectors []vector `json:"vectors"`
		}
		if err := json.Unmarshal(scannertest.Vectors(t, file), &read); err != nil {
			t.Fatal(err)
		}
		for _, v := range read.Vectors {
			got := compared(v.Policy)
			differs := !slices.Equal(got, v.opinions()) || v.Observatory.Pass && len(got) > 0
			if _, known := reasons[v.Policy]; differs != known {
				t.Errorf("%q is %q, CSP Evaluator says %q, the Observatory passes it: %t", v.Policy, got, v.opinions(), v.Observatory.Pass)
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package csp

import (
	"encoding/json"
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

// opinion is what CSP Evaluator says of scripts, in our words. Its list of hosts
// that serve anything is its own and is not compared.
func (v vector) opinion() Weakness {
	said := map[string]bool{}
	for _, f := range v.Evaluator {
		said[f.Type+" "+f.Directive] = true
	}
	policies := ParsePolicies([]string{v.Policy})
	for _, name := range []string{"script-src-elem", "script-src", "default-src"} {
		if len(policies) == 0 || policies[0][name] == nil {
			continue
		}
		switch {
		case said["SCRIPT_UNSAFE_INLINE "+name]:
			return UnsafeInline
		case said["PLAIN_WILDCARD "+name], said["PLAIN_URL_SCHEMES "+name]:
			return Wildcard
		case said["SCRIPT_UNSAFE_EVAL "+name]:
			return UnsafeEval
		}
		return None
	}
	if said["MISSING_DIRECTIVES script-src"] {
		return NoScriptRule
	}
	return None
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
			got, source := ScriptWeakness(ParsePolicies([]string{v.Policy}))
			if got == BypassHost {
				got = None
			}
			differs := got != v.opinion() || v.Observatory.Pass && got != None
			if _, known := reasons[v.Policy]; differs != known {
				t.Errorf("%q is %q (%s), CSP Evaluator says %q, the Observatory passes it: %t", v.Policy, got, source, v.opinion(), v.Observatory.Pass)
			}
		}
	}
}

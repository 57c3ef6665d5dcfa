// SPDX-License-Identifier: Apache-2.0

// Package csp reads content security policies as browsers do (W3C Content
// Security Policy Level 3), and says how one lets foreign scripts in.
package csp

import (
	"slices"
	"strings"
)

// Policy maps the name of a directive to its sources, in lower case.
type Policy map[string][]string

// maxPolicies is how many policies of one page are read.
const maxPolicies = 20

// ParsePolicies reads the values of a header; each may list several policies,
// all of which apply (section 2.2.2 of the standard).
func ParsePolicies(values []string) []Policy {
	var policies []Policy
	for _, value := range values {
		for text := range strings.SplitSeq(value, ",") {
			if p := parse(text); len(p) > 0 && len(policies) < maxPolicies {
				policies = append(policies, p)
			}
		}
	}
	return policies
}

// parse reads one policy; the first of two directives of a name counts (section
// 2.2.1).
func parse(text string) Policy {
	p := Policy{}
	for directive := range strings.SplitSeq(text, ";") {
		words := strings.Fields(strings.ToLower(directive))
		if len(words) == 0 {
			continue
		}
		if _, known := p[words[0]]; !known {
			p[words[0]] = words[1:]
		}
	}
	return p
}

// UpgradesRequests tells whether the policy has a browser ask over HTTPS for
// whatever the page asks for in clear.
func (p Policy) UpgradesRequests() bool {
	_, ok := p["upgrade-insecure-requests"]
	return ok
}

// Weakness is how a policy lets scripts in that its author did not choose.
type Weakness string

// The weaknesses, gravest first; None is a policy that holds.
const (
	None         Weakness = ""
	NoScriptRule Weakness = "no-script-rule"
	UnsafeInline Weakness = "unsafe-inline"
	Wildcard     Weakness = "wildcard"
	UnsafeEval   Weakness = "unsafe-eval"
	BypassHost   Weakness = "bypass-host"
)

// ScriptWeakness returns the gravest weakness of the rules on scripts, and the
// source at fault.
func (p Policy) ScriptWeakness() (Weakness, string) {
	sources, ruled := p.rule("script-src-elem", "script-src", "default-src")
	if !ruled {
		return NoScriptRule, ""
	}
	strict := slices.Contains(sources, "'strict-dynamic'")
	handlers, _ := p.rule("script-src-attr", "script-src", "default-src")
	if allowsInline(sources) || allowsInline(handlers) {
		return UnsafeInline, "'unsafe-inline'"
	}
	if source := find(sources, isWildcard); source != "" && !strict {
		return Wildcard, source
	}
	if slices.Contains(sources, "'unsafe-eval'") {
		return UnsafeEval, "'unsafe-eval'"
	}
	if source := find(sources, isBypass); source != "" && !strict {
		return BypassHost, source
	}
	return None, ""
}

// allowsInline tells whether scripts written in the page run. A nonce, a hash or
// 'strict-dynamic' make browsers ignore 'unsafe-inline', and the last one every host
// and scheme (section 6.7.3.3 and 8.2).
func allowsInline(sources []string) bool {
	return slices.Contains(sources, "'unsafe-inline'") && !slices.Contains(sources, "'strict-dynamic'") && !slices.ContainsFunc(sources, isChosen)
}

// rule gives the sources of the first directive that stands, as they replace one
// another: for the elements and for the attributes of scripts (section 6.8.3).
func (p Policy) rule(names ...string) (sources []string, ruled bool) {
	for _, name := range names {
		if sources, ruled = p[name]; ruled {
			return sources, true
		}
	}
	return nil, false
}

func find(sources []string, is func(string) bool) string {
	if at := slices.IndexFunc(sources, is); at >= 0 {
		return sources[at]
	}
	return ""
}

// isChosen is a nonce or a hash: each script was chosen by the author.
func isChosen(source string) bool {
	return slices.ContainsFunc([]string{"'nonce-", "'sha256-", "'sha384-", "'sha512-"}, func(start string) bool {
		return strings.HasPrefix(source, start)
	})
}

// isWildcard is a source that anybody can write to: a scheme alone, or any host
// under any port.
func isWildcard(source string) bool {
	if slices.Contains([]string{"http:", "https:", "data:"}, source) {
		return true
	}
	_, after, schemed := strings.Cut(source, "://")
	if !schemed {
		after = source
	}
	host, _, _ := strings.Cut(after, "/")
	host, _, _ = strings.Cut(host, ":")
	return host == "*"
}

// bypassHosts serve any library or answer of anybody's choice: allowing the whole
// host allows any script. Written in November 2026 from the documentation of the
// services themselves.
var bypassHosts = [...]string{
	"ajax.googleapis.com", "cdn.jsdelivr.net", "cdnjs.cloudflare.com", "esm.sh", "raw.githack.com", "unpkg.com",
	"*.googleapis.com", "*.jsdelivr.net", "*.cloudflare.com", "*.github.io", "*.amazonaws.com", "*.cloudfront.net", "*.azureedge.net",
}

// isBypass is a source that allows such a host whole: a path narrows it down.
func isBypass(source string) bool {
	_, after, schemed := strings.Cut(source, "://")
	if !schemed {
		after = source
	}
	return slices.Contains(bypassHosts[:], strings.TrimSuffix(after, "/"))
}

// Ancestors are the sources that may frame the page, and whether the policy
// rules on it.
func (p Policy) Ancestors() (sources []string, ruled bool) {
	sources, ruled = p["frame-ancestors"]
	return sources, ruled
}

// LimitsAncestors tells whether the policy keeps strangers from framing a page.
func (p Policy) LimitsAncestors() bool {
	sources, ruled := p.Ancestors()
	return ruled && !slices.ContainsFunc(sources, isWildcard)
}

// SPDX-License-Identifier: Apache-2.0

// Package csp reads content security policies as browsers do (W3C Content
// Security Policy Level 3), and says how one lets foreign scripts in.
package csp

import (
	"cmp"
	"regexp"
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

// ParseElements reads the contents of meta elements: each is one policy, in which
// a comma separates nothing (HTML, "Content security policy state").
func ParseElements(contents []string) []Policy {
	var policies []Policy
	for _, content := range contents {
		if p := parse(content); len(p) > 0 && len(policies) < maxPolicies {
			policies = append(policies, p)
		}
	}
	return policies
}

// parse reads one policy; the first of two directives of a name counts, and one
// that holds a character outside ASCII is passed over (section 2.2.1). Only ASCII
// white space separates (section 2.1): a no-break space is such a character.
func parse(text string) Policy {
	p := Policy{}
	for directive := range strings.SplitSeq(text, ";") {
		words := strings.FieldsFunc(directive, isSpace)
		if len(words) == 0 || strings.ContainsFunc(directive, func(r rune) bool { return r > 0x7f }) {
			continue
		}
		for i, word := range words {
			words[i] = strings.ToLower(word)
		}
		if _, known := p[words[0]]; !known {
			p[words[0]] = words[1:]
		}
	}
	return p
}

// isSpace is ASCII white space (Infra section 4.6).
func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\f' || r == '\r' }

// UpgradesRequests tells whether the policy has a browser ask over HTTPS for
// whatever the page asks for in clear.
func (p Policy) UpgradesRequests() bool {
	_, ok := p["upgrade-insecure-requests"]
	return ok
}

// Weakness is how a policy lets scripts in that its author did not choose.
type Weakness string

// The weaknesses, gravest first.
const (
	NoScriptRule Weakness = "no-script-rule"
	UnsafeInline Weakness = "unsafe-inline"
	Wildcard     Weakness = "wildcard"
	UnsafeEval   Weakness = "unsafe-eval"
	BypassHost   Weakness = "bypass-host"
)

// Opening is a weakness and the sources at fault, empty when there is no rule.
type Opening struct {
	Weakness Weakness
	Source   string
}

// ScriptOpenings returns every weakness of the rules on scripts, gravest first; none
// is a page whose policies hold. A script runs when all the policies of a page allow
// it (section 8.1): what one of them closes is closed.
func ScriptOpenings(policies []Policy) (openings []Opening) {
	var rules []scriptRule
	for _, p := range policies {
		if r, ruled := p.scripts(); ruled {
			rules = append(rules, r)
		}
	}
	if len(rules) == 0 {
		return []Opening{{NoScriptRule, ""}}
	}
	first := rules[0]
	all := func(open func(scriptRule) bool) bool {
		return !slices.ContainsFunc(rules, func(r scriptRule) bool { return !open(r) })
	}
	for _, look := range []struct {
		open    func(scriptRule) bool
		opening Opening
	}{
		{func(r scriptRule) bool { return r.inline }, Opening{UnsafeInline, "'unsafe-inline'"}},
		{func(r scriptRule) bool { return len(r.anyHost) > 0 }, Opening{Wildcard, strings.Join(first.anyHost, ", ")}},
		{func(r scriptRule) bool { return r.data != "" }, Opening{Wildcard, first.data}},
		{func(r scriptRule) bool { return r.eval }, Opening{UnsafeEval, "'unsafe-eval'"}},
	} {
		if all(look.open) {
			openings = append(openings, look.opening)
		}
	}
	return append(openings, bypasses(rules)...)
}

// bypasses are the hosts of everybody's that all the rules allow whole, each once.
func bypasses(rules []scriptRule) (openings []Opening) {
	for _, r := range rules {
		for _, source := range r.bypass {
			known := slices.ContainsFunc(openings, func(o Opening) bool { return sameBypass(source)(o.Source) })
			closed := slices.ContainsFunc(rules, func(r scriptRule) bool {
				return len(r.anyHost) == 0 && !slices.ContainsFunc(r.bypass, sameBypass(source))
			})
			if !known && !closed {
				openings = append(openings, Opening{BypassHost, source})
			}
		}
	}
	return openings
}

// scriptRule is what one policy lets in that its author did not choose.
type scriptRule struct {
	inline  bool
	anyHost []string // the sources that allow any host
	data    string   // the source that allows scripts written in addresses
	eval    bool
	bypass  []string // sources that allow a host of everybody's whole
}

// scripts reads the rules on scripts, if the policy has any.
func (p Policy) scripts() (r scriptRule, ruled bool) {
	sources, ruled := p.rule("script-src-elem", "script-src", "default-src")
	if !ruled {
		return r, false
	}
	handlers, _ := p.rule("script-src-attr", "script-src", "default-src")
	r.inline = allowsInline(sources) || allowsInline(handlers)
	texts, _ := p.rule("script-src", "default-src") // section 4.4
	r.eval = slices.Contains(texts, "'unsafe-eval'")
	if slices.Contains(sources, "'strict-dynamic'") {
		return r, true // hosts and schemes are passed over (section 8.2)
	}
	for _, source := range sources {
		switch {
		case source == "data:":
			r.data = cmp.Or(r.data, source)
		case isWildcard(source):
			r.anyHost = append(r.anyHost, source)
		case isBypass(source):
			r.bypass = append(r.bypass, source)
		}
	}
	return r, true
}

// allowsInline tells whether scripts written in the page run. A nonce, a hash or
// 'strict-dynamic' make browsers ignore 'unsafe-inline' (section 6.7.3.2).
func allowsInline(sources []string) bool {
	return slices.Contains(sources, "'unsafe-inline'") && !slices.Contains(sources, "'strict-dynamic'") && !slices.ContainsFunc(sources, chosen.MatchString)
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

// chosen is a nonce or a hash, in the grammar of section 2.3.1: each script was
// chosen by the author. One without a value is nothing to a browser.
var chosen = regexp.MustCompile(`^'(nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+={0,2}'$`)

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
func isBypass(source string) bool { return slices.Contains(bypassHosts[:], wholeHost(source)) }

// sameBypass recognises the sources that allow the same host whole.
func sameBypass(source string) func(string) bool {
	return func(other string) bool { return wholeHost(other) == wholeHost(source) }
}

// wholeHost is a source without its scheme, and without the path that stands for
// all of them.
func wholeHost(source string) string {
	_, after, schemed := strings.Cut(source, "://")
	if !schemed {
		after = source
	}
	return strings.TrimSuffix(after, "/")
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

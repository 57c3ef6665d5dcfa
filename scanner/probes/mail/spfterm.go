// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"cmp"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The grammar is written here and not left to a library: the one at hand takes
// "a1=x" for a mechanism, refuses a slash in a name, and accepts names of one
// label (ADR 0014).
const (
	// The letters c, r and t stand in explanations only: in the text that exp leads
	// to, not in the name it leads through (RFC 7208 section 7.2).
	expandPattern = `%\{[slodiphv](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}|%%|%_|%-`
	explanation   = `%\{[slodiphcrtv](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}|%%|%_|%-`
	literal       = `[\x21-\x24\x26-\x7e]`
	topLabel      = `(?:[0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])`
	domainPattern = `(?:` + expandPattern + `|` + literal + `)*(?:\.` + topLabel + `\.?|` + expandPattern + `)`
	bits4Pattern  = `(0|[1-9]|[12][0-9]|3[0-2])`
	bits6Pattern  = `(0|[1-9][0-9]?|1[01][0-9]|12[0-8])`
	qualified     = `(?i)^([-+?~]?)`
)

// RFC 7208 section 12.
var (
	modifierTerm = regexp.MustCompile(`(?i)^([a-z][a-z0-9._-]*)=(.*)$`)
	macroString  = regexp.MustCompile(`(?i)^(?:` + explanation + `|` + literal + `)*$`)
	domainSpec   = regexp.MustCompile(`(?i)^` + domainPattern + `$`)
	allTerm      = regexp.MustCompile(qualified + `(all)$`)
	nameTerm     = regexp.MustCompile(qualified + `(include|exists):(` + domainPattern + `)$`)
	ptrTerm      = regexp.MustCompile(qualified + `(ptr)(?::(` + domainPattern + `))?$`)
	hostTerm     = regexp.MustCompile(qualified + `(a|mx)(?::(` + domainPattern + `))?(?:/` + bits4Pattern + `)?(?://` + bits6Pattern + `)?$`)
	networkTerm  = regexp.MustCompile(qualified + `(ip4|ip6):([0-9a-f:.]+)(?:/(0|[1-9][0-9]{0,2}))?$`)
)

// spfTerm is one well-formed term.
type spfTerm struct {
	text      string
	qualifier string // "+", "-", "~" or "?"; empty for a modifier
	kind      string
	spec      string // domain-spec, as written
	prefix    netip.Prefix
	bits4     *int
	bits6     *int
}

// isSPF tells whether a text claims to be SPF: the version, then a space or the
// end (RFC 7208 section 4.5).
func isSPF(text string) bool {
	version, _, _ := strings.Cut(text, " ")
	return isASCII(version) && strings.EqualFold(version, "v=spf1")
}

// parseSPF reads a record that begins with its version. Fault is the first term
// that is not allowed, which makes the whole record a permanent error (section
// 4.6); the others are given all the same.
func parseSPF(text string) (terms []spfTerm, fault string) {
	seen := map[string]bool{}
	for i, text := range strings.Split(text, " ") {
		if i == 0 || text == "" {
			continue
		}
		term, ok := parseTerm(text)
		once := term.kind == "redirect" || term.kind == "exp" // section 6
		if !ok || once && seen[term.kind] {
			fault = cmp.Or(fault, text)
			continue
		}
		seen[term.kind] = true
		terms = append(terms, term)
	}
	return terms, fault
}

// parseTerm reads one term.
func parseTerm(text string) (spfTerm, bool) {
	if !isASCII(text) {
		return spfTerm{}, false
	}
	if m := modifierTerm.FindStringSubmatch(text); m != nil {
		return parseModifier(text, strings.ToLower(m[1]), m[2])
	}
	for _, form := range []*regexp.Regexp{allTerm, nameTerm, ptrTerm, hostTerm} {
		if m := form.FindStringSubmatch(text); m != nil {
			return newMechanism(text, append(m, "", "", "")), true
		}
	}
	if m := networkTerm.FindStringSubmatch(text); m != nil {
		return parseNetwork(text, m)
	}
	return spfTerm{}, false
}

// parseModifier reads name=value. Names other than redirect and exp mean nothing
// and must be well formed (section 6).
func parseModifier(text, name, value string) (spfTerm, bool) {
	term := spfTerm{text: text, kind: "other"}
	switch name {
	case "redirect", "exp":
		term.kind, term.spec = name, value
		return term, domainSpec.MatchString(value)
	}
	return term, macroString.MatchString(value)
}

func newMechanism(text string, m []string) spfTerm {
	return spfTerm{
		text: text, qualifier: qualifier(m[1]), kind: strings.ToLower(m[2]), spec: m[3],
		bits4: length(m[4]), bits6: length(m[5]),
	}
}

// qualifier is "+" when none is written (section 4.6.2).
func qualifier(text string) string {
	if text == "" {
		return "+"
	}
	return text
}

func length(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

// parseNetwork reads ip4:… and ip6:… (section 5.6).
func parseNetwork(text string, m []string) (spfTerm, bool) {
	addr, err := netip.ParseAddr(m[3])
	kind := strings.ToLower(m[2])
	if err != nil || addr.Is4() != (kind == "ip4") {
		return spfTerm{}, false
	}
	bits := addr.BitLen()
	if n := length(m[4]); n != nil {
		bits = *n
	}
	prefix := netip.PrefixFrom(addr, bits)
	return spfTerm{text: text, qualifier: qualifier(m[1]), kind: kind, prefix: prefix}, prefix.IsValid()
}

// isMacro tells whether a domain-spec depends on the message.
func isMacro(spec string) bool { return strings.Contains(spec, "%") }

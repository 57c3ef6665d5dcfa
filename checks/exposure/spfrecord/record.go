// SPDX-License-Identifier: Apache-2.0

package spfrecord

import (
	"net/netip"
	"regexp"
	"strings"
)

// Record is what decides in an SPF record.
type Record struct {
	All      string // qualifier of the first "all": "+", "-", "~", "?"; empty without one
	Redirect string // name whose record applies instead, when there is no "all"
}

// spfRecords keeps the values that claim to be SPF: the version, then a space
// or the end (RFC 7208 section 4.5).
func spfRecords(values []string) (records []string) {
	for _, v := range values {
		version, _, _ := strings.Cut(v, " ")
		if strings.EqualFold(version, "v=spf1") {
			records = append(records, v)
		}
	}
	return records
}

// Parse reads a record that begins with its version. Fault is the first term
// that is not allowed, which makes the whole record a permanent error.
func Parse(text string) (r Record, fault string) {
	seen := map[string]bool{}
	for i, term := range strings.Split(text, " ") {
		if i == 0 || term == "" {
			continue
		}
		if !r.add(term, seen) {
			return Record{}, term
		}
	}
	return r, ""
}

// add reads one term, and tells whether it is allowed where it stands.
func (r *Record) add(term string, seen map[string]bool) bool {
	if parts := modifier.FindStringSubmatch(term); parts != nil {
		return r.addModifier(strings.ToLower(parts[1]), parts[2], seen)
	}
	parts := directive.FindStringSubmatch(term)
	if parts == nil {
		return false
	}
	qualifier, body := parts[1], parts[2]
	if qualifier == "" {
		qualifier = "+" // RFC 7208 section 4.6.2
	}
	if strings.EqualFold(body, "all") {
		if r.All == "" {
			r.All = qualifier
		}
		return true
	}
	return mechanism.MatchString(body) || isNetwork(body)
}

// addModifier reads name=value. Redirect and exp stand once at most (section 6);
// other names are ignored but must be well formed.
func (r *Record) addModifier(name, value string, seen map[string]bool) bool {
	if name != "redirect" && name != "exp" {
		return macroString.MatchString(value)
	}
	if seen[name] || !domainSpec.MatchString(value) {
		return false
	}
	seen[name] = true
	if name == "redirect" {
		r.Redirect = value
	}
	return true
}

// isNetwork reads ip4:… and ip6:… (section 5.6).
func isNetwork(body string) bool {
	kind, text, ok := strings.Cut(body, ":")
	kind = strings.ToLower(kind)
	if !ok || kind != "ip4" && kind != "ip6" {
		return false
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return false
		}
		addr = prefix.Addr()
	}
	return addr.Is4() == (kind == "ip4") && addr.Zone() == ""
}

// The grammar of RFC 7208 section 12.
const (
	macroPattern  = `(?:%\{[slodiphcrtv][0-9]*r?[-.+,/_=]*\}|%%|%_|%-|[\x21-\x24\x26-\x7e])*`
	labelPattern  = `(?:[0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])`
	domainPattern = macroPattern + `(?:\.` + labelPattern + `\.?|%\{[slodiphcrtv][0-9]*r?[-.+,/_=]*\})`
	cidrPattern   = `(?:/(?:[0-9]|[12][0-9]|3[0-2]))?(?://(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?`
)

var (
	macroString = regexp.MustCompile(`(?i)^` + macroPattern + `$`)
	domainSpec  = regexp.MustCompile(`(?i)^` + domainPattern + `$`)
	modifier    = regexp.MustCompile(`(?i)^([a-z][a-z0-9._-]*)=(.*)$`)
	directive   = regexp.MustCompile(`^([-+?~]?)(.+)$`)
	mechanism   = regexp.MustCompile(`(?i)^(?:(?:include|exists):` + domainPattern +
		`|(?:a|mx)(?::` + domainPattern + `)?` + cidrPattern +
		`|ptr(?::` + domainPattern + `)?)$`)
)

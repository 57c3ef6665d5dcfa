// SPDX-License-Identifier: Apache-2.0

package caarecord

import (
	"slices"
	"strconv"
	"strings"
)

// Property is one CAA record.
type Property struct {
	Critical bool
	Tag      string // lower case
	Value    string
}

// ParseProperty reads the presentation form: flags, tag, value in quotes
// (RFC 8659 section 4.1.1).
func ParseProperty(text string) (Property, bool) {
	flags, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	tag, value, ok := strings.Cut(strings.TrimSpace(rest), " ")
	bits, err := strconv.ParseUint(flags, 10, 8)
	if err != nil || !ok || strings.ContainsFunc(tag, notAlphanumeric) {
		return Property{}, false
	}
	value = strings.TrimSpace(value)
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		if value, ok = strings.CutSuffix(quoted, `"`); !ok {
			return Property{}, false
		}
	}
	return Property{bits&0x80 != 0, strings.ToLower(tag), value}, true
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// known tells whether certification authorities have a registered meaning for
// the tag (IANA registry of CAA properties).
func (p Property) known() bool {
	return slices.Contains([]string{
		"issue", "issuewild", "iodef", "contactemail", "contactphone", "issuevmc", "issuemail",
	}, p.Tag)
}

// issues tells whether the property restricts certificates of servers.
func (p Property) issues() bool { return p.Tag == "issue" || p.Tag == "issuewild" }

// malformed tells whether the value of a property that names an authority does
// not follow the grammar: it then forbids every issue (RFC 8659 section 4.2).
func (p Property) malformed() bool {
	if !p.issues() {
		return false
	}
	domain, parameters, _ := strings.Cut(p.Value, ";")
	if domain = strings.TrimSpace(domain); domain != "" && slices.ContainsFunc(strings.Split(domain, "."), isNotLabel) {
		return true
	}
	for parameter := range strings.SplitSeq(parameters, ";") {
		tag, _, ok := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.TrimSpace(parameter) != "" && (!ok || strings.TrimSpace(tag) == "" || strings.ContainsFunc(strings.TrimSpace(tag), notAlphanumeric)) {
			return true
		}
	}
	return false
}

// isNotLabel follows the grammar of RFC 8659 section 4.2: letters, digits and
// inner hyphens.
func isNotLabel(label string) bool {
	plain := strings.Trim(label, "-") == label && label != ""
	return !plain || strings.ContainsFunc(strings.ReplaceAll(label, "-", ""), notAlphanumeric)
}

// issuer is the authority named before the parameters; empty means nobody.
func (p Property) issuer() string {
	name, _, _ := strings.Cut(p.Value, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

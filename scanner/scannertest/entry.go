// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"slices"
	"strings"
)

// entry is one entry of the directory.
type entry struct {
	dn         string
	attributes []attribute
}

// attribute is a name and its values.
type attribute struct {
	name   string
	values []string
}

// values returns the values of an attribute, whatever the case of its name.
func (e entry) values(name string) []string {
	for _, a := range e.attributes {
		if strings.EqualFold(a.name, name) {
			return a.values
		}
	}
	return nil
}

// encode writes the attributes wanted of an entry: all when none is named or
// when "*" is (RFC 4511 section 4.5.1.8).
func (e entry) encode(wanted []string) []byte {
	var list [][]byte
	for _, a := range e.attributes {
		if len(a.values) == 0 || len(wanted) > 0 && !slices.ContainsFunc(wanted, a.answers) {
			continue
		}
		var values [][]byte
		for _, value := range a.values {
			values = append(values, encodeString(value))
		}
		list = append(list, encode(tagSequence, encodeString(a.name), encode(tagSet, values...)))
	}
	return append(encodeString(e.dn), encode(tagSequence, list...)...)
}

// answers tells whether an attribute is one that was asked for.
func (a attribute) answers(wanted string) bool {
	return wanted == "*" || strings.EqualFold(wanted, a.name)
}

// isUnder tells whether an entry is in the scope of a search from a base.
func (e entry) isUnder(base string, scope int) bool {
	dn := normalDN(e.dn)
	below, isBelow := strings.CutSuffix(dn, ","+base)
	switch scope {
	case 0:
		return dn == base
	case 1:
		return isBelow && !strings.Contains(below, ",")
	}
	return dn == base || isBelow
}

// normalDN writes a distinguished name in one way. No name of the lab holds an
// escaped comma.
func normalDN(dn string) string {
	parts := strings.Split(strings.ToLower(dn), ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return strings.Join(parts, ",")
}

// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"errors"
	"slices"
	"strings"
)

// The kinds of search filter the directory understands (RFC 4511 section 4.5.1).
const (
	filterAnd     = 0xa0
	filterOr      = 0xa1
	filterNot     = 0xa2
	filterEqual   = 0xa3
	filterPresent = 0x87
)

// maxFilterDepth bounds how filters nest.
const maxFilterDepth = 10

var errFilter = errors.New("filter not supported")

// matches tells whether an entry satisfies a filter. What is not understood is
// an error: answering "no entry" would be a lie.
func (e entry) matches(filter element, depth int) (bool, error) {
	if depth > maxFilterDepth {
		return false, errFilter
	}
	switch filter.tag {
	case filterAnd, filterOr, filterNot:
		return e.matchesSet(filter, depth)
	case filterEqual:
		return e.equals(filter)
	case filterPresent:
		return len(e.values(string(filter.body))) > 0, nil
	}
	return false, errFilter
}

func (e entry) matchesSet(filter element, depth int) (bool, error) {
	parts, err := filter.atLeast(1)
	if err != nil {
		return false, err
	}
	count := 0
	for _, part := range parts {
		ok, err := e.matches(part, depth+1)
		if err != nil {
			return false, err
		}
		if ok {
			count++
		}
	}
	return map[byte]bool{
		filterAnd: count == len(parts),
		filterOr:  count > 0,
		filterNot: count == 0,
	}[filter.tag], nil
}

func (e entry) equals(filter element) (bool, error) {
	parts, err := filter.atLeast(2)
	if err != nil {
		return false, err
	}
	name, wanted := string(parts[0].body), string(parts[1].body)
	return slices.ContainsFunc(e.values(name), func(value string) bool {
		// Active Directory stores a category as a DN and compares its short name.
		return strings.EqualFold(value, wanted) || strings.EqualFold(name, "objectCategory") && strings.EqualFold(firstName(value), wanted)
	}), nil
}

// firstName is the value of the first part of a distinguished name.
func firstName(dn string) string {
	first, _, _ := strings.Cut(dn, ",")
	_, value, _ := strings.Cut(first, "=")
	return value
}

// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"strings"

	"carescan/scanner"
)

// Scope is what a reader may see: a set of establishments. The zero value sees nothing.
type Scope struct{ sees string } // "*", or numbers in order, with commas between

const everything = "*"

// Region sees every establishment, those still to come too.
func Region() Scope { return Scope{everything} }

// Only sees one establishment.
func Only(finess scanner.FINESS) Scope { return Scope{string(finess)} }

// Sites sees some establishments.
func Sites(list ...scanner.FINESS) Scope {
	numbers := make([]string, 0, len(list))
	for _, finess := range list {
		numbers = append(numbers, string(finess))
	}
	slices.Sort(numbers)
	return Scope{strings.Join(slices.Compact(numbers), ",")}
}

// String writes the scope: "*" for the region, else its numbers with commas between.
func (s Scope) String() string { return s.sees }

// IsRegion tells whether every establishment is seen.
func (s Scope) IsRegion() bool { return s.sees == everything }

// IsNothing tells whether no establishment is seen.
func (s Scope) IsNothing() bool { return s.sees == "" }

// Sees tells whether an establishment is seen.
func (s Scope) Sees(finess scanner.FINESS) bool {
	return s.IsRegion() || slices.Contains(s.list(), finess)
}

// Covers tells whether all is seen that another scope sees.
func (s Scope) Covers(other Scope) bool {
	if s.IsRegion() || other.IsRegion() {
		return s.IsRegion()
	}
	mine := s.list()
	return !slices.ContainsFunc(other.list(), func(f scanner.FINESS) bool { return !slices.Contains(mine, f) })
}

// With sees what either sees.
func (s Scope) With(other Scope) Scope {
	if s.IsRegion() || other.IsRegion() {
		return Region()
	}
	return Sites(append(s.list(), other.list()...)...)
}

// list is the establishments of a scope that is not the region.
func (s Scope) list() (list []scanner.FINESS) {
	for number := range strings.SplitSeq(s.sees, ",") {
		if number != "" {
			list = append(list, scanner.FINESS(number))
		}
	}
	return list
}

// within is the predicate of every read: the establishment that a column names is inside
// the scope, which is the first argument of the query. Who sees one establishment, or the
// region, pays a comparison; a longer list is searched once a query and not once a row.
// Numbers hold letters and digits alone, so that none is a pattern.
func within(column string) string {
	return `($1 IN ('*', ` + column + `) OR ` + column + ` IN (
		SELECT seen.finess FROM establishment AS seen WHERE ',' || $1 || ',' LIKE '%,' || seen.finess || ',%'))`
}

// And sees what both see.
func (s Scope) And(other Scope) Scope {
	switch {
	case s.IsRegion():
		return other
	case other.IsRegion():
		return s
	}
	return Sites(slices.DeleteFunc(s.list(), func(f scanner.FINESS) bool { return !other.Sees(f) })...)
}

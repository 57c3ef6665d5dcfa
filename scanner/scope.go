// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Authorisation is the written permission to look: who gave it, where it is
// kept, and between which moments it holds.
type Authorisation struct {
	By        string    `json:"by"`                  // function of the person, never only a name
	Reference string    `json:"reference,omitempty"` // of the signed document
	From      time.Time `json:"from,omitzero"`
	Until     time.Time `json:"until,omitzero"`
}

// ValidAt tells whether the permission holds at a moment. Both bounds are
// needed in writing to expire; an absent author never authorises.
func (a Authorisation) ValidAt(at time.Time) bool {
	return a.By != "" && !at.Before(a.From) && !a.Until.IsZero() && at.Before(a.Until)
}

// Days are the first and the last day, in France, on which it holds, as Date gives
// them: one until 1 June included ends as 2 June begins, and 1 June is what people
// are shown. A date that was not written is zero.
func (a Authorisation) Days() (first, last time.Time) {
	if a.Until.IsZero() {
		return Date(a.From), time.Time{}
	}
	return Date(a.From), Date(a.Until.Add(-1))
}

// Scope is what we are allowed to look at. Outside it the engine refuses.
type Scope struct {
	// Names are DNS names; "*.chu.example" covers every name below, not the
	// name itself.
	Names []string `json:"names"`
	// Ranges are the addresses that may be contacted. When empty, the names
	// authorise the public addresses they lead to without leaving the scope.
	Ranges        []netip.Prefix `json:"ranges,omitempty"`
	Excluded      []netip.Prefix `json:"excluded,omitempty"` // never contacted, whatever else is said
	ExcludedNames []string       `json:"excluded_names,omitempty"`
	Providers     Providers      `json:"providers,omitzero"`
	Authorisation Authorisation  `json:"authorisation"`
}

// HasName tells whether a DNS name is inside the scope.
func (s Scope) HasName(name string) bool {
	name = CanonicalName(name)
	return match(s.Names, name) != "" && match(s.ExcludedNames, name) == ""
}

// NameExcludedBy is the entry of ExcludedNames that a DNS name falls under, as it is
// written there; empty when there is none.
func (s Scope) NameExcludedBy(name string) string { return match(s.ExcludedNames, CanonicalName(name)) }

// AddressExcludedBy is the entry of Excluded that an address falls under; the zero
// value when there is none.
func (s Scope) AddressExcludedBy(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap()
	if i := slices.IndexFunc(s.Excluded, func(p netip.Prefix) bool { return p.Contains(addr) }); i >= 0 {
		return s.Excluded[i]
	}
	return netip.Prefix{}
}

// HasAddress tells whether an address is in a declared range and not excluded.
func (s Scope) HasAddress(addr netip.Addr) bool {
	plain := addr.Unmap()
	return slices.ContainsFunc(s.Ranges, func(p netip.Prefix) bool { return p.Contains(plain) }) && !s.Excludes(addr)
}

// Excludes tells whether an address is never to be contacted.
func (s Scope) Excludes(addr netip.Addr) bool { return s.AddressExcludedBy(addr).IsValid() }

// match is the first pattern that covers a name; empty when none does.
func match(patterns []string, name string) string {
	for _, p := range patterns {
		if matchesName(CanonicalName(p), name) {
			return p
		}
	}
	return ""
}

func matchesName(pattern, name string) bool {
	if below, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(name, "."+below)
	}
	return pattern == name
}

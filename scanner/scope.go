// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"net/netip"
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
	return matchesAny(s.Names, name) && !matchesAny(s.ExcludedNames, name)
}

// HasAddress tells whether an address is in a declared range and not excluded.
func (s Scope) HasAddress(addr netip.Addr) bool {
	return containsAddr(s.Ranges, addr) && !s.Excludes(addr)
}

// Excludes tells whether an address is never to be contacted.
func (s Scope) Excludes(addr netip.Addr) bool { return containsAddr(s.Excluded, addr) }

func matchesAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if matchesName(CanonicalName(p), name) {
			return true
		}
	}
	return false
}

func matchesName(pattern, name string) bool {
	if below, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(name, "."+below)
	}
	return pattern == name
}

func containsAddr(prefixes []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

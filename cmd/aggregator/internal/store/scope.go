// SPDX-License-Identifier: Apache-2.0

package store

import "carescan/scanner"

// Scope is what a reader may see. The zero value sees nothing.
type Scope struct{ sees string }

const everything = "*"

// Region sees every establishment.
func Region() Scope { return Scope{everything} }

// Only sees one establishment.
func Only(finess scanner.FINESS) Scope { return Scope{string(finess)} }

// String writes the scope, "*" for the region.
func (s Scope) String() string { return s.sees }

// IsRegion tells whether every establishment is seen.
func (s Scope) IsRegion() bool { return s.sees == everything }

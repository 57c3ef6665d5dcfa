// SPDX-License-Identifier: Apache-2.0

package scanner

// Vantage is where a fact was seen from. It is part of the fact: exposure is
// judged from the internet, and the same probe from inside proves nothing.
type Vantage string

// The vantages.
const (
	VantageInternet Vantage = "internet" // from outside the establishment
	VantageInside   Vantage = "inside"   // from its own network
	VantageDeclared Vantage = "declared" // read in a file the establishment keeps
)

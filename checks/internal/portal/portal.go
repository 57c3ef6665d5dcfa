// SPDX-License-Identifier: Apache-2.0

// Package portal says what is wrong with an access portal, by what its
// establishment declares of it.
package portal

import "carescan/scanner/fact"

// What is wrong with a portal that answers from the internet, as reasons of
// findings.
const (
	Undeclared    = "undeclared"
	OneFactor     = "no-second-factor"
	FactorUnknown = "second-factor-unknown"
)

// Weakness is what is wrong with a portal, empty when it is declared with a second
// factor (ANSSI PA-066 R40). Nothing is declared of a portal that nobody named.
func Weakness(d *fact.Declaration) string {
	switch {
	case d == nil:
		return Undeclared
	case d.TwoFactor == "no":
		return OneFactor
	case d.TwoFactor != "yes":
		return FactorUnknown
	}
	return ""
}

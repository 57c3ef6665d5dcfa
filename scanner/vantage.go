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

// From completes "seen" on screen.
func (v Vantage) From() Text {
	switch v {
	case VantageInternet:
		return Text{"depuis internet", "from the internet"}
	case VantageInside:
		return Text{"depuis le réseau interne", "from the inside network"}
	case VantageDeclared:
		return Text{"dans ce que l'établissement déclare", "in what the establishment declares"}
	}
	return Text{"d'un endroit inconnu", "from an unknown place"}
}

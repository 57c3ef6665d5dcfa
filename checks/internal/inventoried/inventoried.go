// SPDX-License-Identifier: Apache-2.0

// Package inventoried reads the names found of a domain.
package inventoried

import (
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxNames is how many names one message shows.
const maxNames = 30

// Names are the names of a message; a list that is cut says so.
func Names(names []string) scanner.Values {
	text := strings.Join(names[:min(len(names), maxNames)], ", ")
	if len(names) > maxNames {
		text += "…"
	}
	return scanner.Values{"names": text}
}

// Settled returns the verdict on an inventory that does not hold every name, and
// whether there is one.
func Settled(f fact.Inventory) (scanner.Verdict, bool) {
	switch {
	case f.Omitted > 0:
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(f.Omitted)}), true
	case len(f.Assets) == 0:
		return scanner.Unknown("empty", nil), true
	}
	return scanner.Verdict{}, false
}

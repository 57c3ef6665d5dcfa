// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// climb lists a name and its parents up to the registrable domain. Above it,
// names belong to somebody else. A suffix that no list knows, such as "test", is
// taken as one label.
func climb(name string) []string {
	names := []string{name}
	top, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return names // the name is itself a public suffix
	}
	for name != top {
		_, name, _ = strings.Cut(name, ".")
		names = append(names, name)
	}
	return names
}

// dmarcLabels is how many labels are kept after the first question of a walk, so
// that eight questions are enough for any name (RFC 9989 section 4.10).
const dmarcLabels = 7

// dmarcWalk lists where a DMARC record may apply from, nearest first.
func dmarcWalk(name string) []string {
	var walk []string
	for i, parent := range climb(name) {
		if i == 0 || strings.Count(parent, ".") < dmarcLabels {
			walk = append(walk, "_dmarc."+parent)
		}
	}
	return walk
}

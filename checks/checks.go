// SPDX-License-Identifier: Apache-2.0

// Package checks lists every check of the product. Each one lives in a folder
// of its own, and the list is generated: see CONTRIBUTING.md to add one.
package checks

//go:generate go run ./internal/gen
//go:generate go run ./internal/pages

import (
	"sync"

	"carescan/scanner"
)

// registered is the registry, put together once, for those who only look.
var registered = sync.OnceValue(registry)

// All returns every check with its papers, in the order of their ids. The slice
// is the caller's own.
func All() []scanner.Check { return registry() }

// ByID returns the check that bears an id.
func ByID(id string) (scanner.Check, bool) {
	for _, check := range registered() {
		if check.ID == id {
			return check, true
		}
	}
	return scanner.Check{}, false
}

// complete gives a check its pages, which the generator has read, and what it does
// not say itself: where its family is seen from, and how failures of its kind of
// fact are confirmed.
func complete(c scanner.Check, p scanner.Papers) scanner.Check {
	c.Papers = p
	if family, ok := FamilyOf(c.ID); ok && c.Vantage == "" {
		c.Vantage = family.Vantage
	}
	if c.Confirm == "" {
		c.Confirm = ConfirmationOf(c.Judge.Fact)
	}
	return c
}

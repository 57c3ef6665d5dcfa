// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"testing"

	"carescan/scanner"
)

func TestEstablishmentWithoutNumber(t *testing.T) {
	declared := scanner.Establishment{FINESS: "750712184", Name: "CHU"}
	if got := declared.Called(); got != "CHU (FINESS 750712184)" {
		t.Errorf("Called = %q", got)
	}
	one := scanner.Establishment{Name: "chu-exemple.fr"}
	if got := one.Called(); got != "chu-exemple.fr" {
		t.Errorf("Called = %q", got)
	}
	if one.Target() == declared.Target() || one.Target().ID == "" {
		t.Errorf("targets %v and %v must differ and have an id", one.Target(), declared.Target())
	}
}

// SPDX-License-Identifier: Apache-2.0

package hosting

import (
	"testing"

	"carescan/scanner/fact"
)

func TestModelIsRead(t *testing.T) {
	_, sightings, err := observe(t, modelFile, true)
	if err != nil {
		t.Fatal(err)
	}
	var certificates int
	for _, s := range sightings {
		if h, ok := s.Fact.(fact.Hosting); ok {
			for _, link := range h.Chain {
				if c := link.Certificate; c != nil && c.Number != "" && !c.Issued.IsZero() && !c.Expires.IsZero() && len(c.Activities) > 0 {
					certificates++
				}
			}
		}
	}
	if len(sightings) != 3 || certificates != 2 {
		t.Errorf("%d sightings and %d whole certificates, want two applications, the source and two certificates", len(sightings), certificates)
	}
}

func TestEveryModeIsDocumented(t *testing.T) {
	for _, word := range modeWords() {
		if word.Means.FR == "" || word.Means.EN == "" {
			t.Errorf("the mode %v has no meaning in both languages", word.Written)
		}
	}
}

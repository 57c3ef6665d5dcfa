// SPDX-License-Identifier: Apache-2.0

package scanner

import "cmp"

// Establishment is a site of care. It is known by its geographic FINESS number
// (ET); the legal entity behind it by the legal one (EJ).
type Establishment struct {
	FINESS      FINESS `json:"finess"`
	LegalFINESS FINESS `json:"legal_finess,omitempty"`
	Name        string `json:"name"`
	Region      string `json:"region,omitempty"` // INSEE code of the region, such as "84"
}

// undeclared stands for the number of an establishment that gave none, as when
// one domain is looked at.
const undeclared = "undeclared"

// Target is the establishment as something to assess.
func (e Establishment) Target() Target {
	return Target{KindEstablishment, cmp.Or(string(e.FINESS), undeclared)}
}

// Called is the name and the number, as far as they are declared.
func (e Establishment) Called() string {
	if e.FINESS == "" {
		return e.Name
	}
	return e.Name + " (FINESS " + string(e.FINESS) + ")"
}

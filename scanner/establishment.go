// SPDX-License-Identifier: Apache-2.0

package scanner

// Establishment is a site of care. It is known by its geographic FINESS number
// (ET); the legal entity behind it by the legal one (EJ).
type Establishment struct {
	FINESS      FINESS `json:"finess"`
	LegalFINESS FINESS `json:"legal_finess,omitempty"`
	Name        string `json:"name"`
	Region      string `json:"region,omitempty"` // INSEE code of the region, such as "84"
}

// SPDX-License-Identifier: Apache-2.0

package fact

import "time"

// Attestations are the statements made by people of the establishment for what
// no probe can see.
type Attestations struct {
	Items []Attestation `json:"items"`
}

// FactKind names the fact.
func (Attestations) FactKind() string { return "attestations" }

// Attestation is one dated statement.
type Attestation struct {
	Topic     string    `json:"topic"`               // "crisis-exercise", "pssi-approval"
	Date      time.Time `json:"date"`                // of the event: exercise held, policy approved
	Role      string    `json:"role"`                // function of who states it, never a name
	Reference string    `json:"reference,omitempty"` // of the document
	Document  string    `json:"document,omitempty"`  // digest of the file, "sha256:…"
}

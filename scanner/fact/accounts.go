// SPDX-License-Identifier: Apache-2.0

package fact

// Accounts is the second-factor coverage of one application, in counts.
// Definitions: identity-directory-hds.md section 1.
type Accounts struct {
	Application string `json:"application"`
	Sensitive   bool   `json:"sensitive"`
	// Populations are disjoint.
	Populations []Population `json:"populations"`
	// Uncovered are pseudonyms of enabled accounts without a usable second
	// factor of tier 2 or more, at most 100.
	Uncovered []string `json:"uncovered,omitempty"`
}

// FactKind names the fact.
func (Accounts) FactKind() string { return "accounts" }

// Population counts the enabled accounts of people in one population.
type Population struct {
	Name     string `json:"name"`     // "physicians", "nurses", "administrators"…
	Enabled  int    `json:"enabled"`  // the denominator
	Equipped int    `json:"equipped"` // own a usable factor of tier 2 or more
	Enforced int    `json:"enforced"` // equipped, and every path demands it
	// UnknownEquipped and UnknownEnforced could not be told: a factor no table
	// knows, an empty cell. They are uncovered in the low bound and covered in
	// the high one.
	UnknownEquipped int `json:"unknown_equipped"`
	UnknownEnforced int `json:"unknown_enforced"`
}

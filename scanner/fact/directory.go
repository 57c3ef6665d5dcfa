// SPDX-License-Identifier: Apache-2.0

package fact

// Directory is the population of a technical directory, in counts.
type Directory struct {
	Enabled  int `json:"enabled"` // enabled accounts of people
	Disabled int `json:"disabled"`
	// Privileged are the enabled accounts of people in a privileged group,
	// nested membership included.
	Privileged int `json:"privileged"`
	// PrivilegedEnforced are those whose flag demands a smart card to sign in.
	PrivilegedEnforced int `json:"privileged_enforced"`
	// PrivilegedUnknown are those whose flag could not be read.
	PrivilegedUnknown int `json:"privileged_unknown"`
	// Uncovered are pseudonyms of privileged accounts without the flag, at most 100.
	Uncovered []string     `json:"uncovered,omitempty"`
	Groups    []GroupCount `json:"groups"`
}

// FactKind names the fact.
func (Directory) FactKind() string { return "directory" }

// GroupCount is the enabled membership of one privileged group.
type GroupCount struct {
	Group   string `json:"group"`
	Members int    `json:"members"`
}

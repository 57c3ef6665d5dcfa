// SPDX-License-Identifier: Apache-2.0

package scanner

// Coverage says how far one check looked at one target. Absence of a finding
// never closes one: every run states what it covered.
type Coverage struct {
	Check  string `json:"check"`
	Target Target `json:"target"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty"` // why it is not completed
}

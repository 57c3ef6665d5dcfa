// SPDX-License-Identifier: Apache-2.0

package scanner

// Coverage says how far one check looked at one target. Absence of a finding
// never closes one: every run states what it covered.
type Coverage struct {
	Check  string `json:"check"`
	Target Target `json:"target"`
	Status Status `json:"status"`
	// Causes say why it is not completed, Reason the technical text behind them.
	Causes Causes `json:"causes,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Why lists the causes for which the look is not completed; none when it is.
func (c Coverage) Why() Causes {
	if c.Status == StatusCompleted {
		return nil
	}
	return Observation{Causes: c.Causes, Error: c.Reason}.Why()
}

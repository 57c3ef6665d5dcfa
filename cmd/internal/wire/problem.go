// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"strings"
)

// The types of the problems that pass with time (RFC 9457 section 3.1.1): the
// same bytes may be accepted later, whatever the status.
const (
	// ProblemClock is a bundle with a moment still to come.
	ProblemClock = "urn:carescan:problem:clock"
	// ProblemDamaged is a body that is not the one that was sent.
	ProblemDamaged = "urn:carescan:problem:damaged"
)

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// Error is the sentence of the problem.
func (p *Problem) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("%s (%d): %s", p.Title, p.Status, p.Detail), ": ")
}

// Passes tells whether the same request may succeed later.
func (p *Problem) Passes() bool { return p.Type == ProblemClock || p.Type == ProblemDamaged }

// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"slices"
	"strings"
)

// The types of the problems that pass with time (RFC 9457 section 3.1.1): the
// same bytes may be accepted later, whatever the status.
const (
	// ProblemClock is a bundle with a moment still to come.
	ProblemClock = "urn:carescan:problem:clock"
	// ProblemDamaged is a body that is not the one that was sent.
	ProblemDamaged = "urn:carescan:problem:damaged"
	// ProblemPending is an agent that nobody has approved yet.
	ProblemPending = "urn:carescan:problem:pending"
	// ProblemSuspended is an agent that delivers nothing until a person says otherwise.
	ProblemSuspended = "urn:carescan:problem:suspended"
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
func (p *Problem) Passes() bool {
	return slices.Contains([]string{ProblemClock, ProblemDamaged, ProblemPending, ProblemSuspended}, p.Type)
}

// Held tells whether the aggregator knows the agent and takes nothing from it for now.
func (p *Problem) Held() bool { return p.Type == ProblemPending || p.Type == ProblemSuspended }

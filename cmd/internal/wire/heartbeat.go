// SPDX-License-Identifier: Apache-2.0

package wire

import "time"

// Heartbeat is how an agent says that it lives, between two bundles and after one. It is
// tiny, and all of it is a claim.
type Heartbeat struct {
	Software string    `json:"software"`
	Clock    time.Time `json:"clock"` // of the agent, as it sends this
	// NextRun is the next moment of its rhythm; zero for an agent without one.
	NextRun time.Time `json:"next_run,omitzero"`
	// EverySeconds is the period of the rhythm, in seconds.
	EverySeconds int64  `json:"every_seconds,omitempty"`
	Outbox       Outbox `json:"outbox"`
}

// Outbox is what an agent still has to send.
type Outbox struct {
	Waiting int       `json:"waiting"`         // bundles
	Oldest  time.Time `json:"oldest,omitzero"` // when the oldest of them was sealed
	// Rejected counts the bundles that the aggregator refused for good.
	Rejected int `json:"rejected,omitempty"`
}

// HeartbeatAnswer is what the aggregator says to a heartbeat.
type HeartbeatAnswer struct {
	State string    `json:"state"` // of the agent: one of the States
	Renew bool      `json:"renew"` // it is time to ask for a new certificate
	Clock time.Time `json:"clock"` // of the aggregator
}

// The states that an agent may be told it is in; a revoked one is told nothing.
const (
	StateActive    = "active"
	StatePending   = "pending"   // waits for a person to approve its enrolment
	StateSuspended = "suspended" // delivers nothing until a person says otherwise
)

// renewWhenLeft is the share of a certificate's life, in thirds, left when a new one is
// asked for (aggregator.md section 8).
const renewWhenLeft = 3

// DueForRenewal tells whether a third or less of a certificate's life is left.
func DueForRenewal(from, until, now time.Time) bool {
	return until.Sub(now) <= until.Sub(from)/renewWhenLeft
}

// SPDX-License-Identifier: Apache-2.0

// Package reports arranges a run for the people who read it: what comes first,
// what each finding rests on, and in which words. Renderers only lay it out.
package reports

import (
	"time"

	"carescan/scanner"
)

// Document is a run and what is needed to present it.
type Document struct {
	Run    scanner.Run
	Bundle *BundleRef // nil when the run was not sealed
	// Names maps pseudonyms to people. Only the local report shows them.
	Names map[string]string
	Now   time.Time // moment of the rendering
	// Papers are the pages of the checks by id, for the reasons behind them;
	// texts sealed in the run are never replaced by theirs.
	Papers map[string]scanner.Papers
}

// BundleRef names the sealed bundle of a run.
type BundleRef struct {
	ID       string    `json:"id"`
	Digest   string    `json:"digest"` // of the sealed bytes
	KeyID    string    `json:"key_id"`
	Seq      uint64    `json:"seq"`
	AgentID  string    `json:"agent_id"`
	SealedAt time.Time `json:"sealed_at"`
}

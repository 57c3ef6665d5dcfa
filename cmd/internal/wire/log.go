// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"time"
)

// PathLog is where the evidence log of the region is asked for its proofs; its newest
// checkpoint is shown to whoever asks.
const (
	PathLog        = "/agent/v1/log/proofs"     // POST LogQuestion → LogProofs
	PathCheckpoint = "/agent/v1/log/checkpoint" // GET → a signed note, to anybody
)

// MediaCheckpoint is the media type of a checkpoint.
const MediaCheckpoint = "text/plain; charset=utf-8"

// LogPromise is what a receipt says of the evidence log: before so many seconds have
// passed, a checkpoint signed with this key covers the bundle.
type LogPromise struct {
	Key    string `json:"key"`    // "origin+hash+key", as C2SP signed notes write a verifier key
	Within int64  `json:"within"` // seconds
	// Signature is by the seal key of the region, as that of the receipt, over PromisedBytes.
	Signature []byte `json:"signature"`
}

// PromisedBytes are the bytes that the signature of the promise of a receipt covers, the
// receipt included.
func (r Receipt) PromisedBytes() []byte {
	if r.Log == nil {
		return nil
	}
	return fmt.Appendf(nil, "carescan-log-promise/1\n%s\n%d\n%s", r.Log.Key, r.Log.Within, r.SignedBytes())
}

// LeafText is what the evidence log holds the hash of, for the bundle of a receipt. rows
// is the digest of what the region keeps of the establishment since then; empty for a
// bundle that came before there was a log.
func (r Receipt) LeafText(rows string) string {
	return fmt.Sprintf("carescan-leaf/1\nbundle\n%s\n%s\n%s\n%s\n%s\n",
		r.FINESS, r.BundleID, r.Digest, r.ReceivedAt.UTC().Format(time.RFC3339Nano), rows)
}

// MaxAsked is the most bundles that are asked for at once.
const MaxAsked = 50

// LogQuestion asks what the log proves.
type LogQuestion struct {
	Since   int64    `json:"since"`   // size of the last checkpoint that was seen, 0 for none
	Bundles []string `json:"bundles"` // whose inclusion is wanted
}

// LogProofs is the newest checkpoint of the log, that it continues the one that was seen,
// and that it covers bundles.
type LogProofs struct {
	Checkpoint  string         `json:"checkpoint"`            // C2SP signed note
	Consistency [][]byte       `json:"consistency,omitempty"` // RFC 6962 section 2.1.2, from the size asked
	Inclusions  []LogInclusion `json:"inclusions,omitempty"`
	Stamps      []LogStamp     `json:"stamps,omitempty"`
}

// LogInclusion is the place of a bundle in the log. A bundle that no checkpoint covers
// yet has none.
type LogInclusion struct {
	BundleID string   `json:"bundle_id"`
	Index    int64    `json:"index"`
	Rows     string   `json:"rows,omitempty"` // as LeafText takes them
	Path     [][]byte `json:"path"`           // RFC 6962 section 2.1.1, from the leaf up
}

// LogStamp is what a time-stamping authority signed over the checkpoint (RFC 3161).
type LogStamp struct {
	Authority string `json:"authority"`
	Token     []byte `json:"token"` // DER
}

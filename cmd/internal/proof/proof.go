// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"carescan/cmd/internal/wire"
)

// Extension ends the name of a proof.
const Extension = ".proof.json"

// Format is the first field of a proof.
const Format = "carescan-proof/1"

// MaxBytes bounds a proof that is read, in bytes.
const MaxBytes = 1 << 20

// Proof is all that proves the place of one bundle in the log of a region. It is written
// one value a line, so that its parts can be had with a shell, and verified with openssl
// (docs/guide.fr.md).
type Proof struct {
	Format  string       `json:"format"`
	SealKey string       `json:"seal_key"` // PEM, verifies the receipt
	LogKey  string       `json:"log_key"`  // as signed notes write a verifier key
	Receipt wire.Receipt `json:"receipt"`
	wire.LogInclusion
	Checkpoint string `json:"checkpoint"` // that covers the bundle
	// EarlierCheckpoint is one that the keeper of the proof had seen before, and
	// Consistency proves that the other continues it.
	EarlierCheckpoint string          `json:"earlier_checkpoint,omitempty"`
	Consistency       [][]byte        `json:"consistency,omitempty"`
	Stamps            []wire.LogStamp `json:"stamps,omitempty"`
}

// Parse reads a proof, and verifies nothing of it.
func Parse(raw []byte) (Proof, error) {
	var p Proof
	if len(raw) > MaxBytes {
		return p, fmt.Errorf("read proof: more than %d bytes", MaxBytes)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("read proof: %w", err)
	}
	if p.Format != Format {
		return p, fmt.Errorf("read proof: its format is %.40q, not %q", p.Format, Format)
	}
	return p, nil
}

// Is tells whether bytes look like a proof.
func Is(raw []byte) bool {
	var claim struct {
		Format string `json:"format"`
	}
	return json.Unmarshal(raw, &claim) == nil && claim.Format == Format
}

// Encode writes a proof.
func (p Proof) Encode() ([]byte, error) {
	p.Format = Format
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode proof: %w", err)
	}
	return append(raw, '\n'), nil
}

// Step is a step from a receipt to a moment.
type Step string

// The steps of a verification, in order.
const (
	StepReceipt    Step = "receipt"
	StepPromise    Step = "promise" // that the seal of the region names the key of the log
	StepCheckpoint Step = "checkpoint"
	StepInclusion  Step = "inclusion"
	StepContinuity Step = "continuity"
	StepStamp      Step = "stamp"
)

// StepError says which step does not hold.
type StepError struct {
	Step  Step
	Cause error
}

// Error is for the detail.
func (e *StepError) Error() string { return fmt.Sprintf("%s: %v", e.Step, e.Cause) }

// Unwrap gives the cause.
func (e *StepError) Unwrap() error { return e.Cause }

// Trust is what the reader of a proof knows from elsewhere. What it leaves empty is taken
// from the proof itself, which then proves nothing of whose it is.
type Trust struct {
	SealKey string         // PEM
	LogKey  string         // verifier key
	Roots   *x509.CertPool // of the time-stamping authorities
}

// Verified is what a proof proves.
type Verified struct {
	Receipt    wire.Receipt
	LogKey     string
	Promised   bool // the seal of the region names the key of the log
	Checkpoint Checkpoint
	Earlier    *Checkpoint
	Stamps     []Stamped
}

// Since is the earliest time-stamp; zero when there is none.
func (v Verified) Since() (at time.Time) {
	for _, s := range v.Stamps {
		if at.IsZero() || s.At.Before(at) {
			at = s.At
		}
	}
	return at
}

// Verify verifies every step of a proof. An error is a *StepError.
func (p Proof) Verify(trust Trust) (v Verified, err error) {
	v = Verified{Receipt: p.Receipt, LogKey: p.LogKey, Promised: p.Receipt.Log != nil}
	if trust.SealKey == "" {
		trust.SealKey = p.SealKey
	}
	if err := p.Receipt.Verify(trust.SealKey); err != nil {
		return v, &StepError{StepReceipt, err}
	}
	switch {
	case trust.LogKey != "" && trust.LogKey != p.LogKey:
		return v, &StepError{StepPromise, errors.New("the proof is by another key than the one that was given")}
	case v.Promised && p.Receipt.Log.Key != p.LogKey && trust.LogKey == "":
		// The region may have changed the key of its log since: then the reader has to
		// know the new one.
		return v, &StepError{StepPromise, errors.New("the receipt names another key of the log")}
	}
	if v.Checkpoint, err = ParseCheckpoint(p.Checkpoint, p.LogKey); err != nil {
		return v, &StepError{StepCheckpoint, err}
	}
	if p.BundleID != p.Receipt.BundleID {
		return v, &StepError{StepInclusion, errors.New("the place is that of another bundle")}
	}
	if err := v.Checkpoint.Covers(p.Receipt.LeafText(p.Rows), p.Index, p.Path); err != nil {
		return v, &StepError{StepInclusion, err}
	}
	if p.EarlierCheckpoint != "" {
		earlier, err := ParseCheckpoint(p.EarlierCheckpoint, p.LogKey)
		if err != nil {
			return v, &StepError{StepContinuity, err}
		}
		if err := v.Checkpoint.Continues(earlier, p.Consistency); err != nil {
			return v, &StepError{StepContinuity, err}
		}
		v.Earlier = &earlier
	}
	for _, stamp := range p.Stamps {
		stamped, err := VerifyStamp(stamp.Token, p.Checkpoint, trust.Roots)
		if err != nil {
			return v, &StepError{StepStamp, err}
		}
		v.Stamps = append(v.Stamps, stamped)
	}
	return v, nil
}

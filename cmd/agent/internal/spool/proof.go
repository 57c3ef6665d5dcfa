// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"carescan/cmd/agent/internal/durable"
	"carescan/cmd/internal/proof"
)

// What lies beside a bundle that was acknowledged.
const (
	receiptExtension = ".receipt.json"
	formerExtension  = ".former" + proof.Extension
)

// Receipt is the receipt of a bundle that was acknowledged, as it came.
func (s *Spool) Receipt(e Entry) ([]byte, error) {
	raw, err := os.ReadFile(s.path(sent, e.Seq, e.ID) + receiptExtension)
	if err != nil {
		return nil, fmt.Errorf("read receipt of bundle %s: %w", e.ID, err)
	}
	return raw, nil
}

// Proof is what proves the place of a bundle in the log of the region; false when
// nothing was kept.
func (s *Spool) Proof(e Entry) (p proof.Proof, there bool, err error) {
	raw, err := os.ReadFile(s.ProofPath(e))
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err == nil {
		p, err = proof.Parse(raw)
	}
	if err != nil {
		return p, true, fmt.Errorf("read proof of bundle %s: %w", e.ID, err)
	}
	return p, true, nil
}

// ProofPath is where the proof of a bundle is kept.
func (s *Spool) ProofPath(e Entry) string { return s.path(sent, e.Seq, e.ID) + proof.Extension }

// KeepProof keeps what proves the place of a bundle. One of another receipt, of a region
// that was put back from a copy since, stays beside it.
func (s *Spool) KeepProof(e Entry, p proof.Proof) error {
	known, there, err := s.Proof(e)
	if there && (err != nil || !known.Receipt.ReceivedAt.Equal(p.Receipt.ReceivedAt)) {
		if err := os.Rename(s.ProofPath(e), s.path(sent, e.Seq, e.ID)+formerExtension); err != nil {
			return fmt.Errorf("keep the former proof of bundle %s: %w", e.ID, err)
		}
	}
	raw, err := p.Encode()
	if err != nil {
		return err
	}
	if err := durable.WriteFile(s.ProofPath(e), raw); err != nil {
		return fmt.Errorf("keep proof of bundle %s: %w", e.ID, err)
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carescan/cmd/agent/internal/durable"
	"carescan/scanner"
)

// link is the end of the chain of bundles: the last number and digest.
type link struct {
	Seq    uint64 `json:"seq"`
	Digest string `json:"digest"`
}

func digest(sealed []byte) string { return scanner.Digest(sealed) }

func (s *Spool) linkPath() string { return filepath.Join(s.folder, "chain.json") }

// lastLink finds the end of the chain. A kill between a bundle and its link
// leaves the link one behind, so the bundles on disk have the last word; a link
// that is damaged matters only when there is none.
func (s *Spool) lastLink() (link, error) {
	last, errLink := s.readLink()
	all, err := s.All()
	switch {
	case err != nil:
		return link{}, err
	case len(all) == 0:
		return last, errLink
	}
	newest := all[len(all)-1]
	if errLink == nil && newest.Seq <= last.Seq {
		return last, nil
	}
	sealed, err := os.ReadFile(newest.Path)
	if err != nil {
		return link{}, fmt.Errorf("read last bundle: %w", err)
	}
	return link{newest.Seq, digest(sealed)}, nil
}

func (s *Spool) readLink() (last link, err error) {
	raw, err := os.ReadFile(s.linkPath())
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return last, fmt.Errorf("read chain: %w", err)
	}
	if err := json.Unmarshal(raw, &last); err != nil {
		return link{}, fmt.Errorf("read chain %s: %w", s.linkPath(), err)
	}
	return last, nil
}

func (s *Spool) writeLink(last link) error {
	raw, err := json.Marshal(last)
	if err != nil {
		return fmt.Errorf("encode chain: %w", err)
	}
	if err := durable.WriteFile(s.linkPath(), raw); err != nil {
		return fmt.Errorf("keep chain: %w", err)
	}
	return nil
}

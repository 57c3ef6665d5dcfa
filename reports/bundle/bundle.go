// SPDX-License-Identifier: Apache-2.0

// Package bundle is the sealed evidence container of a run: one format on disk,
// on the wire and in the annex of a report. Its file is a DSSE envelope over one
// zstd frame over one JSON document, so nothing is decompressed before it is
// authenticated (docs/adr/0005-bundle-format.md).
package bundle

import (
	"crypto"
	"encoding/json"
	"errors"
	"time"

	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// PayloadType names what the envelope of a bundle holds.
const PayloadType = "application/vnd.carescan.bundle.v1+zstd"

// Extension ends the name of a bundle file.
const Extension = ".carescan"

// PartError says which part of a bundle is wrong: "envelope", "key",
// "signature", "compression", "header", "run", "artifact sha256:…",
// "finding …", "observation …", "control …".
type PartError = envelope.PartError

// Header places a bundle in the chain of its agent.
type Header struct {
	ID       string         `json:"id"`       // UUID version 7
	Seq      uint64         `json:"seq"`      // grows by one with each bundle of the agent
	Previous string         `json:"previous"` // digest of the sealed bytes before it, empty for the first
	AgentID  string         `json:"agent_id"` // empty when the agent is not enrolled
	Software string         `json:"software"`
	SealedAt time.Time      `json:"sealed_at"`
	FINESS   scanner.FINESS `json:"finess"`
}

// Bundle is a run with its place in the chain. The artifacts of the run travel
// with it; its names never do.
type Bundle struct {
	Header Header
	Run    scanner.Run
}

// Opened is a bundle whose signature and meaning were verified.
type Opened struct {
	Bundle
	Digest string // of the sealed bytes
	Key    crypto.PublicKey
	KeyID  string
}

// Seal signs a bundle. Texts are first rid of what Open refuses in them. What is
// too large is made to fit: artifacts are dropped, then facts, the largest
// first, and the observations say so; findings are always sealed. What comes
// back was opened once, so that nothing unreadable is ever kept or sent.
//
// The same run would fail again: an error of Seal is never worth a second try.
func Seal(b Bundle, signer crypto.Signer) ([]byte, error) {
	d, err := documentOf(b)
	if err != nil {
		return nil, err
	}
	for {
		sealed, err := d.seal(signer)
		if err == nil {
			return sealed, nil
		}
		if !errors.Is(err, ErrTooLarge) || !d.shed(len(sealed)-MaxBytes) {
			return nil, err
		}
	}
}

// seal signs a document as it is, and opens the result; what is too large comes
// back beside the error.
func (d *document) seal(signer crypto.Signer) ([]byte, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, envelope.Wrong(partRun, "encode: %w", err)
	}
	payload, err := compress(raw)
	if err != nil {
		return nil, err
	}
	sealed, err := envelope.Seal(PayloadType, payload, signer)
	if err == nil {
		_, err = Open(sealed, Options{Key: signer.Public()})
	}
	return sealed, err
}

// Open verifies a sealed bundle, cheapest first: size, envelope, key,
// signature, compression, shape, meaning. Any error is a *PartError.
func Open(raw []byte, o Options) (*Opened, error) {
	o = o.withDefaults()
	if len(raw) > o.MaxBytes {
		return nil, tooLarge(envelope.PartEnvelope, "%d bytes, at most %d are read", len(raw), o.MaxBytes)
	}
	sealed, err := envelope.Open(raw, PayloadType, o.Key)
	if err != nil {
		return nil, err
	}
	text, err := decompress(sealed.Payload, o)
	if err != nil {
		return nil, err
	}
	b, err := decode(text)
	if err != nil {
		return nil, err
	}
	return &Opened{b, scanner.Digest(raw), sealed.Key, sealed.KeyID}, nil
}

// SPDX-License-Identifier: Apache-2.0

// Package envelope signs bytes so that a stranger can verify them offline: a
// DSSE envelope that carries the public key beside the signature and has one
// single encoding, so that no byte of it can change unnoticed.
package envelope

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// The parts of an envelope, as errors name them.
const (
	PartEnvelope  = "envelope"
	PartKey       = "key"
	PartSignature = "signature"
)

// Sealed is what an authentic envelope holds.
type Sealed struct {
	Payload []byte
	Key     crypto.PublicKey
	KeyID   string
}

// form is the JSON of an envelope (DSSE specification, envelope.md). One signer
// only: the array has a fixed length so that a hostile list of signatures costs
// nothing.
type form struct {
	PayloadType string       `json:"payloadType"`
	Payload     []byte       `json:"payload"`
	Signatures  [1]signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
	Key   []byte `json:"public_key"` // SPKI, beyond the specification, which allows it
}

// Seal signs a payload with an ECDSA P-256 or Ed25519 key.
func Seal(payloadType string, payload []byte, signer crypto.Signer) ([]byte, error) {
	spki, err := encodeKey(signer.Public())
	if err != nil {
		return nil, &PartError{PartKey, err}
	}
	sig, err := sign(signer, dsse.PAE(payloadType, payload))
	if err != nil {
		return nil, Wrong(PartSignature, "sign: %w", err)
	}
	return json.Marshal(form{payloadType, payload, [1]signature{{idOf(spki), sig, spki}}})
}

// Open returns what an envelope holds, once its signature is verified with the
// key it carries, which must be the wanted one unless that is nil.
func Open(raw []byte, payloadType string, want crypto.PublicKey) (Sealed, error) {
	f, err := parse(raw, payloadType)
	if err != nil {
		return Sealed{}, err
	}
	s := f.Signatures[0]
	key, err := readKey(s, want)
	if err != nil {
		return Sealed{}, &PartError{PartKey, err}
	}
	if !verifies(key, dsse.PAE(payloadType, f.Payload), s.Sig) {
		return Sealed{}, Wrong(PartSignature, "the signature does not match the content")
	}
	return Sealed{f.Payload, key, s.KeyID}, nil
}

func parse(raw []byte, payloadType string) (form, error) {
	var f form
	if err := json.Unmarshal(raw, &f); err != nil {
		return form{}, Wrong(PartEnvelope, "read the envelope: %w", err)
	}
	if f.PayloadType != payloadType {
		return form{}, Wrong(PartEnvelope, "it holds %q, not %q", f.PayloadType, payloadType)
	}
	// One content, one encoding: spaces, unknown fields, loose base64, further
	// signatures and trailing bytes all differ from what we would have written.
	again, err := json.Marshal(f)
	if err != nil || !bytes.Equal(raw, again) {
		return form{}, Wrong(PartEnvelope, "it is not written in its one accepted form")
	}
	return f, nil
}

func readKey(s signature, want crypto.PublicKey) (crypto.PublicKey, error) {
	if s.KeyID != idOf(s.Key) {
		return nil, fmt.Errorf("the key id %.64q is not that of the key", s.KeyID)
	}
	key, err := x509.ParsePKIXPublicKey(s.Key)
	if err != nil {
		return nil, fmt.Errorf("read the public key: %w", err)
	}
	if err := acceptKey(key); err != nil || want == nil {
		return key, err
	}
	wanted, err := KeyID(want)
	if err != nil {
		return nil, err
	}
	if wanted != s.KeyID {
		return nil, fmt.Errorf("it was sealed with key %s, not with the expected key %s", s.KeyID, wanted)
	}
	return key, nil
}

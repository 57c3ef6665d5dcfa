// SPDX-License-Identifier: Apache-2.0

package envelope_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"carescan/reports/bundle/envelope"
)

const payloadType = "application/vnd.carescan.test.v1+json"

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ecdsa-p256": p256, "ed25519": ed}
}

func TestSealThenOpen(t *testing.T) {
	for name, key := range keys(t) {
		t.Run(name, func(t *testing.T) {
			raw, err := envelope.Seal(payloadType, []byte("content"), key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := envelope.Open(raw, payloadType, key.Public())
			if err != nil || string(got.Payload) != "content" {
				t.Fatalf("Open = %q, %v", got.Payload, err)
			}
			if id, _ := envelope.KeyID(key.Public()); id != got.KeyID {
				t.Errorf("key id = %s, want %s", got.KeyID, id)
			}
		})
	}
}

// verifier shows the key to the library of the DSSE authors.
type verifier struct{ key ed25519.PublicKey }

func (v verifier) KeyID() (string, error)   { return envelope.KeyID(v.key) }
func (v verifier) Public() crypto.PublicKey { return v.key }
func (v verifier) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(v.key, data, sig) {
		return errors.New("bad signature")
	}
	return nil
}

func TestEnvelopeIsPlainDSSE(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := envelope.Seal(payloadType, []byte("content"), private)
	if err != nil {
		t.Fatal(err)
	}
	var e dsse.Envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	library, err := dsse.NewEnvelopeVerifier(verifier{public})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := library.Verify(t.Context(), &e); err != nil {
		t.Errorf("the DSSE library refuses the envelope: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	signers := keys(t)
	key := signers["ed25519"]
	raw, err := envelope.Seal(payloadType, []byte("content"), key)
	if err != nil {
		t.Fatal(err)
	}
	spaced := bytes.Replace(raw, []byte(`{`), []byte(`{ `), 1)
	twice := bytes.Replace(raw, []byte(`}]`), []byte(`},{}]`), 1)
	cases := map[string]struct {
		raw  []byte
		kind string
		want crypto.PublicKey
		part string
	}{
		"empty":            {nil, payloadType, nil, envelope.PartEnvelope},
		"other-type":       {raw, "application/x", nil, envelope.PartEnvelope},
		"other-key":        {raw, payloadType, signers["ecdsa-p256"].Public(), envelope.PartKey},
		"trailing-newline": {append(bytes.Clone(raw), '\n'), payloadType, nil, envelope.PartEnvelope},
		"trailing-object":  {append(bytes.Clone(raw), "{}"...), payloadType, nil, envelope.PartEnvelope},
		"space-inside":     {spaced, payloadType, nil, envelope.PartEnvelope},
		"two-signatures":   {twice, payloadType, nil, envelope.PartEnvelope},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := envelope.Open(c.raw, c.kind, c.want)
			var wrong *envelope.PartError
			if !errors.As(err, &wrong) || wrong.Part != c.part {
				t.Errorf("Open: %v, want an error of part %q", err, c.part)
			}
		})
	}
}

func TestOtherKindsOfKeyDoNotSeal(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"rsa": weak, "p384": p384} {
		if _, err := envelope.Seal(payloadType, nil, key); err == nil {
			t.Errorf("%s sealed", name)
		}
	}
}

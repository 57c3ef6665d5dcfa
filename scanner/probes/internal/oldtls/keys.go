// SPDX-License-Identifier: Apache-2.0

package oldtls

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // RFC 4346 section 5
	"crypto/sha1" //nolint:gosec // RFC 4346 section 5
	"crypto/subtle"
	"hash"
	"slices"

	"carescan/scanner/probes/internal/hello"
)

const masterLength = 48 // RFC 5246 section 8.1

// prf is the pseudo-random function of the version (RFC 5246 section 5, RFC 4346
// section 5).
func (c *Conn) prf(secret []byte, label string, seed []byte, length int) []byte {
	seed = append([]byte(label), seed...)
	if c.Answer.Version >= hello.TLS12 {
		return expand(c.spec.prf, secret, seed, length)
	}
	half := (len(secret) + 1) / 2
	out := expand(md5.New, secret[:half], seed, length)
	subtle.XORBytes(out, out, expand(sha1.New, secret[len(secret)-half:], seed, length))
	return out
}

// expand is P_hash (RFC 5246 section 5).
func expand(newHash func() hash.Hash, secret, seed []byte, length int) []byte {
	var out []byte
	for a := mac(newHash, secret, seed); len(out) < length; a = mac(newHash, secret, a) {
		out = append(out, mac(newHash, secret, a, seed)...)
	}
	return out[:length]
}

func mac(newHash func() hash.Hash, secret []byte, parts ...[]byte) []byte {
	m := hmac.New(newHash, secret)
	for _, part := range parts {
		m.Write(part)
	}
	return m.Sum(nil)
}

// digest is the hash of the messages of a handshake.
func (s spec) digest(version uint16, messages []byte) []byte {
	if version >= hello.TLS12 {
		h := s.prf()
		h.Write(messages)
		return h.Sum(nil)
	}
	first, second := md5.Sum(messages), sha1.Sum(messages) //nolint:gosec // RFC 4346 section 7.4.9
	return slices.Concat(first[:], second[:])
}

// protections cuts the keys of both directions (RFC 5246 section 6.3).
func (c *Conn) protections(clientRandom []byte) (mine, theirs protection) {
	s, version := c.spec, c.Answer.Version
	macLength, ivLength := 0, s.fixed
	if s.mac != nil {
		macLength = s.mac().Size()
	}
	if s.block != nil && version == hello.TLS10 { // later versions send it
		ivLength = s.blockSize()
	}
	keys := c.prf(c.master, "key expansion", slices.Concat(c.Answer.Random, clientRandom), 2*(macLength+s.keyLength+ivLength))
	cut := func(length int) []byte {
		part := keys[:length:length]
		keys = keys[length:]
		return part
	}
	macs, ciphers := [2][]byte{cut(macLength), cut(macLength)}, [2][]byte{cut(s.keyLength), cut(s.keyLength)}
	ivs := [2][]byte{cut(ivLength), cut(ivLength)}
	return s.protect(version, macs[0], ciphers[0], ivs[0]), s.protect(version, macs[1], ciphers[1], ivs[1])
}

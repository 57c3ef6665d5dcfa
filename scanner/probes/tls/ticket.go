// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"hash"
	"iter"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// ticket is what a NewSessionTicket says besides the ticket itself.
type ticket struct {
	life  time.Duration
	early uint32 // bytes of early data it allows; 0 means none
}

const messageTicket = 4

// parseTicket reads the body of a NewSessionTicket of TLS 1.3 (RFC 8446 section
// 4.6.1).
func parseTicket(body cryptobyte.String) (ticket, bool) {
	const extensionEarly = 42
	var life, early uint32
	var nonce, value, extensions cryptobyte.String
	if !body.ReadUint32(&life) || !body.Skip(4) || !body.ReadUint8LengthPrefixed(&nonce) ||
		!body.ReadUint16LengthPrefixed(&value) || !body.ReadUint16LengthPrefixed(&extensions) {
		return ticket{}, false
	}
	for !extensions.Empty() {
		var id uint16
		var data cryptobyte.String
		if !extensions.ReadUint16(&id) || !extensions.ReadUint16LengthPrefixed(&data) {
			return ticket{}, false
		}
		if id == extensionEarly && !data.ReadUint32(&early) {
			return ticket{}, false
		}
	}
	return ticket{time.Duration(life) * time.Second, early}, true
}

// maxDecrypted is how many records under one key are searched.
const maxDecrypted = 32

// tickets decrypts those of TLS 1.3, which come after the handshake.
func (s *session) tickets() []ticket { return readTickets(s.decrypt("SERVER_TRAFFIC_SECRET_0")) }

func readTickets(text []byte) []ticket {
	var found []ticket
	for kind, body := range encrypted(text) {
		if t, ok := parseTicket(body); ok && kind == messageTicket {
			found = append(found, t)
		}
	}
	return found
}

// decrypt gives the handshake messages that the server sent under a secret of our
// own session (RFC 8446 section 7.3).
func (s *session) decrypt(secret string) []byte {
	if s.tape == nil {
		return nil
	}
	aead, iv := trafficKey(s.state.CipherSuite, s.secrets.secret(secret))
	if aead == nil {
		return nil
	}
	var text []byte
	sequence := uint64(0)
	for _, record := range records(s.tape.read.Bytes()) {
		plain, err := aead.Open(nil, nonce(iv, sequence), record[5:], record[:5])
		if err != nil {
			continue // under another key
		}
		sequence++
		text = append(text, unpad(plain)...)
		if sequence > maxDecrypted {
			break
		}
	}
	return text
}

// records cuts a stream into its records of application data, headers included.
func records(stream []byte) [][]byte {
	var cut [][]byte
	for len(stream) >= 5 {
		length := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if len(stream) < length {
			break
		}
		if stream[0] == hello.RecordData {
			cut = append(cut, stream[:length])
		}
		stream = stream[length:]
	}
	return cut
}

// unpad gives the handshake messages of one decrypted record: padding and the true
// type follow them (RFC 8446 section 5.4).
func unpad(plain []byte) []byte {
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != hello.RecordHandshake {
		return nil
	}
	return plain[:len(plain)-1]
}

// encrypted walks messages that were, up to the first that is not whole.
func encrypted(text cryptobyte.String) iter.Seq2[uint8, cryptobyte.String] {
	return func(yield func(uint8, cryptobyte.String) bool) {
		var kind uint8
		var body cryptobyte.String
		for text.ReadUint8(&kind) && text.ReadUint24LengthPrefixed(&body) {
			if !yield(kind, body) {
				return
			}
		}
	}
}

// trafficKey derives key and nonce of a traffic secret; nil for a suite that Go
// does not speak.
func trafficKey(suite uint16, secret []byte) (cipher.AEAD, []byte) {
	if secret == nil {
		return nil, nil
	}
	switch suite {
	case tls.TLS_AES_128_GCM_SHA256:
		return gcm(expand(sha256.New, secret, "key", 16)), expand(sha256.New, secret, "iv", 12)
	case tls.TLS_AES_256_GCM_SHA384:
		return gcm(expand(sha512.New384, secret, "key", 32)), expand(sha512.New384, secret, "iv", 12)
	case tls.TLS_CHACHA20_POLY1305_SHA256:
		aead, err := chacha20poly1305.New(expand(sha256.New, secret, "key", 32))
		if err != nil {
			return nil, nil
		}
		return aead, expand(sha256.New, secret, "iv", 12)
	}
	return nil, nil
}

// gcm makes the cipher of a key whose length is right.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil
	}
	return aead
}

// expand is HKDF-Expand-Label without context (RFC 8446 section 7.1).
func expand[H hash.Hash](h func() H, secret []byte, label string, length int) []byte {
	label = "tls13 " + label
	info := append([]byte{byte(length >> 8), byte(length), byte(len(label))}, label...)
	key, err := hkdf.Expand(h, secret, string(append(info, 0)), length)
	if err != nil {
		return nil
	}
	return key
}

// nonce of a record (RFC 8446 section 5.3).
func nonce(iv []byte, sequence uint64) []byte {
	nonce := append([]byte(nil), iv...)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(sequence >> (8 * i))
	}
	return nonce
}

// earlyData reads from the tickets whether data may come before the handshake is
// over (RFC 8446 section 4.2.10). A server without tickets cannot take any.
func (s *session) earlyData() (fact.Offer, string) {
	if s.Version != tls.VersionTLS13 {
		return fact.Declined, ""
	}
	tickets := s.tickets()
	for _, t := range tickets {
		if t.early > 0 {
			return fact.Accepted, ""
		}
	}
	if len(tickets) > 0 || s.ended {
		return fact.Declined, ""
	}
	return fact.OfferUnknown, "no ticket came, and the server did not just say goodbye"
}

// ticketLife is how long a ticket says to last: under TLS 1.2 it is sent in clear
// (RFC 5077 section 3.3).
func (s *session) ticketLife() (time.Duration, bool) {
	for _, t := range s.tickets() {
		return t.life, true
	}
	if s.tape == nil {
		return 0, false
	}
	for kind, body := range hello.InClear(s.tape.read.Bytes()) {
		if kind == messageTicket && len(body) >= 4 {
			return time.Duration(binary.BigEndian.Uint32(body)) * time.Second, true
		}
	}
	return 0, false
}

// wait is what follows a handshake whose end is of no interest.
func (s *session) wait(*tls.Conn) {}

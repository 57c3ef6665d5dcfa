// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"hash"
	"io"
	"iter"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/probes/internal/hello"
)

// messages walks the handshake messages that passed in clear, up to the change of
// cipher.
func messages(stream []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		clear := clearText(stream)
		for len(clear) >= 4 {
			length := 4 + int(clear[1])<<16 + int(clear[2])<<8 + int(clear[3])
			if len(clear) < length || !yield(clear[0], clear[4:length]) {
				return
			}
			clear = clear[length:]
		}
	}
}

// clearText joins the handshake records before the change of cipher.
func clearText(stream []byte) []byte {
	const handshake = 22
	var text []byte
	for len(stream) >= 5 && stream[0] == handshake {
		length := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if len(stream) < length {
			break
		}
		text = append(text, stream[5:length]...)
		stream = stream[length:]
	}
	return text
}

// renegotiate asks, within an established session of TLS 1.2, to begin again. The
// standard library never does, so the one record it takes is written here, under
// the keys of our own session; whether the server follows shows in clear, by the
// type of what it sends back.
func (l *look) renegotiate(s *session, _ *tls.Conn) {
	record, ok := s.secondHello(l.offer(s.Version, []uint16{s.Suite}))
	if !ok {
		l.why[fact.OfferClientRenego] = "the session used a version or a suite with which this is not tried"
		l.offers[fact.OfferClientRenego] = fact.OfferUnknown
		return
	}
	answer, why := fact.OfferUnknown, ""
	if _, err := s.tape.Write(record); err == nil {
		answer, why = followed(s.tape)
	}
	l.offers[fact.OfferClientRenego] = answer
	if answer == fact.OfferUnknown {
		l.why[fact.OfferClientRenego] = why
	} else {
		delete(l.why, fact.OfferClientRenego)
	}
}

// followed reads what a server does of a second hello: a handshake record means
// that it begins again, an alert or the end of the connection that it does not.
func followed(stream io.Reader) (fact.Offer, string) {
	const maxData = 8 // a server may greet meanwhile
	header := make([]byte, 5)
	for range maxData {
		if _, err := io.ReadFull(stream, header); err != nil {
			if hungUp(err) {
				return fact.Declined, ""
			}
			return fact.OfferUnknown, excerpt.Error(err, maxText)
		}
		switch header[0] {
		case 22:
			return fact.Accepted, ""
		case 21:
			return fact.Declined, ""
		}
		if _, err := io.CopyN(io.Discard, stream, int64(binary.BigEndian.Uint16(header[3:]))); err != nil {
			return fact.OfferUnknown, excerpt.Error(err, maxText)
		}
	}
	return fact.OfferUnknown, "the server sent data instead of an answer"
}

// secondHello writes a hello bound to the session by RFC 5746 section 3.5, as the
// second record under its keys.
func (s *session) secondHello(o hello.Offer) ([]byte, bool) {
	newHash, keyLength := primitives(s.Suite)
	master := s.secrets.secret("CLIENT_RANDOM")
	if newHash == nil || master == nil || s.Version != tls.VersionTLS12 {
		return nil, false
	}
	transcript, client, server := s.transcript()
	if transcript == nil {
		return nil, false
	}
	sum := newHash()
	sum.Write(transcript)
	o.Verify = prf(newHash, master, "client finished", sum.Sum(nil), 12)
	raw, err := o.Bytes()
	if err != nil {
		return nil, false
	}
	keys := prf(newHash, master, "key expansion", slices.Concat(server, client), 2*keyLength+8)
	return seal(keys[:keyLength], keys[2*keyLength:2*keyLength+4], raw[5:]), true
}

// primitives are the hash and the key length of the suites with AES-GCM, which
// servers prefer.
func primitives(suite uint16) (func() hash.Hash, int) {
	switch suite {
	case tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_GCM_SHA256:
		return sha256.New, 16
	case tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_256_GCM_SHA384:
		return sha512.New384, 32
	}
	return nil, 0
}

// transcript is what the Finished of the client covers (RFC 5246 section 7.4.9),
// with the two randoms.
func (s *session) transcript() (all, client, server []byte) {
	const serverDone = 14
	var sent, received []byte
	first := true
	var opening []byte
	for kind, body := range messages(s.tape.written.Bytes()) {
		message := frame(kind, body)
		if first {
			opening, first = message, false
			continue
		}
		sent = append(sent, message...)
	}
	for kind, body := range messages(s.tape.read.Bytes()) {
		received = append(received, frame(kind, body)...)
		if kind == serverDone {
			break
		}
	}
	const random, end = 6, 38 // after type, length and version
	if len(opening) < end || len(received) < end {
		return nil, nil, nil
	}
	return slices.Concat(opening, received, sent), opening[random:end], received[random:end]
}

func frame(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// seal encrypts one handshake record with AES-GCM, as the second of its direction
// (RFC 5288 section 3).
func seal(key, salt, plain []byte) []byte {
	aead := gcm(key)
	sequence := binary.BigEndian.AppendUint64(nil, 1)
	head := []byte{22, 3, 3}
	additional := binary.BigEndian.AppendUint16(append(slices.Clone(sequence), head...), uint16(len(plain)))
	body := aead.Seal(sequence, append(slices.Clone(salt), sequence...), plain, additional)
	return append(binary.BigEndian.AppendUint16(head, uint16(len(body))), body...)
}

// prf is the pseudo-random function of TLS 1.2 (RFC 5246 section 5).
func prf(newHash func() hash.Hash, secret []byte, label string, seed []byte, length int) []byte {
	seed = append([]byte(label), seed...)
	var out bytes.Buffer
	for a := mac(newHash, secret, seed); out.Len() < length; a = mac(newHash, secret, a) {
		out.Write(mac(newHash, secret, append(slices.Clone(a), seed...)))
	}
	return out.Bytes()[:length]
}

func mac(newHash func() hash.Hash, secret, data []byte) []byte {
	m := hmac.New(newHash, secret)
	m.Write(data)
	return m.Sum(nil)
}

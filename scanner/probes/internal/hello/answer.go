// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// The messages of a handshake that are read (RFC 8446 appendix B.3).
const (
	messageClientHello = 1
	messageServerHello = 2
	messageCertificate = 11
	messageKeyExchange = 12
	messageRequest     = 13
	messageDone        = 14
	messageStatus      = 22
	messageLast        = 24 // above, no message of a server is numbered
)

// Answer is what a server says in clear to a hello.
type Answer struct {
	Version     uint16 // 0 when it chose none
	Random      []byte
	Session     []byte // its identifier
	Suite       uint16
	Retry       bool   // it chose a suite and a group, and asks for a key (RFC 8446 section 4.1.4)
	Group       uint16 // of the key exchange; 0 when it has none or explicit parameters
	Explicit    bool   // curve given by its parameters (RFC 8422 section 5.4)
	Prime       []byte // finite-field Diffie-Hellman
	Generator   []byte
	Public      []byte // key of the server in the exchange, of either kind
	Signature   uint16 // scheme over the key exchange of TLS 1.2
	Compression byte
	ALPN        string

	MasterSecret, EncryptMAC, Renegotiate, Ticket, Heartbeat bool

	Certificates [][]byte
	Staple       []byte
	Timestamps   []byte // list of SCTs, as sent
	Request      bool   // a certificate is asked of the client
	Done         bool   // the whole flight was read
	Flight       []byte // the messages that were read, as they came

	Alerted bool // the server refused in TLS
	Alert   byte // its description
	Kinds   []uint16
}

// Chose tells whether the server took something of the offer.
func (a Answer) Chose() bool { return a.Version != 0 }

// Alerts that are told apart (RFC 8446 section 6).
const (
	AlertCloseNotify           = 0
	AlertUnexpectedMessage     = 10
	AlertBadRecord             = 20
	AlertDecryption            = 21
	AlertInappropriateFallback = 86
)

// Read reads the first flight of a server: up to its end in clear, a retry, TLS
// 1.3, or an alert. What was read before an error is given too.
func Read(stream io.Reader) (Answer, error) {
	f := flight{records: records{stream: bufio.NewReaderSize(stream, 8<<10)}}
	for !f.over() {
		kind, body, err := f.records.next()
		if err != nil {
			return f.answer, err
		}
		if err := f.add(kind, body); err != nil {
			return f.answer, err
		}
	}
	return f.answer, nil
}

// flight is a first flight being read.
type flight struct {
	records  records
	pending  []byte // of a message that is not whole
	messages int
	answer   Answer
}

func (f *flight) over() bool {
	a := f.answer
	return a.Done || a.Alerted || a.Version >= TLS13
}

func (f *flight) add(kind byte, body []byte) error {
	switch kind {
	case RecordAlert:
		return f.alert(body)
	case RecordHandshake:
		f.pending = append(f.pending, body...)
		return f.assemble()
	}
	return ErrMalformed
}

// alert reads an alert. A warning other than a farewell refuses nothing: the
// name may be unknown and the handshake go on (RFC 6066 section 3).
func (f *flight) alert(body []byte) error {
	if len(body) != 2 {
		return ErrMalformed
	}
	const warning = 1
	if body[0] != warning || body[1] == AlertCloseNotify || f.answer.Version != 0 {
		f.answer.Alerted, f.answer.Alert = true, body[1]
	}
	return nil
}

// assemble reads the messages that are whole.
func (f *flight) assemble() error {
	for len(f.pending) >= 4 && !f.over() {
		length := int(f.pending[1])<<16 | int(f.pending[2])<<8 | int(f.pending[3])
		if f.messages == 0 && f.pending[0] > messageLast {
			return ErrOtherTalk
		}
		if length > maxFlight {
			return ErrTooMuch
		}
		if len(f.pending) < 4+length {
			return nil
		}
		f.messages++
		if f.messages > maxMessages {
			return ErrTooMuch
		}
		kind, body := f.pending[0], cryptobyte.String(f.pending[4:4+length])
		f.answer.Flight = append(f.answer.Flight, f.pending[:4+length]...)
		f.pending = f.pending[4+length:]
		if !f.answer.message(kind, body) {
			return fmt.Errorf("message %d of the handshake: %w", kind, ErrMalformed)
		}
	}
	return nil
}

// message reads one message; what is not known is passed over.
func (a *Answer) message(kind byte, body cryptobyte.String) bool {
	if kind != messageServerHello && a.Version == 0 {
		return false
	}
	switch kind {
	case messageServerHello:
		return a.Version == 0 && a.serverHello(body)
	case messageCertificate:
		return a.certificates(body)
	case messageStatus:
		return a.status(body)
	case messageKeyExchange:
		return a.keyExchange(body)
	case messageRequest:
		a.Request = true
	case messageDone:
		a.Done = true
	}
	return true
}

// retryRandom marks a ServerHello that asks for a key (RFC 8446 section 4.1.3).
var retryRandom = []byte{
	0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
	0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
}

func (a *Answer) serverHello(body cryptobyte.String) bool {
	var version uint16
	var random []byte
	var session, extensions cryptobyte.String
	if !body.ReadUint16(&version) || !body.ReadBytes(&random, 32) || !body.ReadUint8LengthPrefixed(&session) ||
		!body.ReadUint16(&a.Suite) || !body.ReadUint8(&a.Compression) || version>>8 != 3 {
		return false
	}
	a.Version, a.Random, a.Session, a.Retry = version, random, session, bytes.Equal(random, retryRandom)
	if body.Empty() {
		return true
	}
	if !body.ReadUint16LengthPrefixed(&extensions) || !body.Empty() {
		return false
	}
	return a.extensions(extensions)
}

func (a *Answer) extensions(list cryptobyte.String) bool {
	for !list.Empty() {
		var id uint16
		var body cryptobyte.String
		if !list.ReadUint16(&id) || !list.ReadUint16LengthPrefixed(&body) || len(a.Kinds) >= maxMessages || !a.extension(id, body) {
			return false
		}
		a.Kinds = append(a.Kinds, id)
	}
	return true
}

func (a *Answer) extension(id uint16, body cryptobyte.String) bool {
	switch id {
	case extMasterSecret:
		a.MasterSecret = true
	case extEncryptMAC:
		a.EncryptMAC = true
	case extRenegotiate:
		a.Renegotiate = true
	case extTicket:
		a.Ticket = true
	case extHeartbeat:
		a.Heartbeat = true
	case extTimestamps:
		a.Timestamps = slices.Clone(body)
	case extVersions:
		return body.ReadUint16(&a.Version) && body.Empty()
	case extShares: // the key itself, when there is one, is of no use here
		return body.ReadUint16(&a.Group)
	case extALPN:
		return a.protocol(body)
	}
	return true
}

func (a *Answer) protocol(body cryptobyte.String) bool {
	var list, name cryptobyte.String
	ok := body.ReadUint16LengthPrefixed(&list) && list.ReadUint8LengthPrefixed(&name) && list.Empty()
	a.ALPN = string(name)
	return ok
}

func (a *Answer) certificates(body cryptobyte.String) bool {
	var list cryptobyte.String
	if !body.ReadUint24LengthPrefixed(&list) {
		return false
	}
	for !list.Empty() {
		var cert cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&cert) {
			return false
		}
		a.Certificates = append(a.Certificates, cert)
	}
	return true
}

// status reads a CertificateStatus (RFC 6066 section 8).
func (a *Answer) status(body cryptobyte.String) bool {
	var kind uint8
	var staple cryptobyte.String
	if !body.ReadUint8(&kind) || !body.ReadUint24LengthPrefixed(&staple) {
		return false
	}
	a.Staple = staple
	return true
}

// keyExchange reads the parameters and the scheme of a ServerKeyExchange.
func (a *Answer) keyExchange(body cryptobyte.String) bool {
	t := Traits(a.Suite)
	switch {
	case t&ECDHE != 0 || t&Anonymous != 0 && isECDH(a.Suite):
		return a.curve(body)
	case t&(DHE|Anonymous) != 0:
		return a.finite(body)
	}
	return true // a temporary RSA key of export suites, or what is not known
}

func isECDH(suite uint16) bool { return suite>>8 == 0xC0 }

// curve reads ECDH parameters (RFC 8422 section 5.4).
func (a *Answer) curve(body cryptobyte.String) bool {
	const named = 3
	var kind uint8
	var point cryptobyte.String
	if !body.ReadUint8(&kind) {
		return false
	}
	if kind != named {
		a.Explicit = true
		return true
	}
	ok := body.ReadUint16(&a.Group) && body.ReadUint8LengthPrefixed(&point)
	a.Public = point
	return ok && a.scheme(body)
}

// finite reads Diffie-Hellman parameters (RFC 5246 section 7.4.3).
func (a *Answer) finite(body cryptobyte.String) bool {
	var prime, generator, public cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&prime) || !body.ReadUint16LengthPrefixed(&generator) || !body.ReadUint16LengthPrefixed(&public) {
		return false
	}
	a.Prime, a.Generator, a.Public = bytes.TrimLeft(prime, "\x00"), generator, public
	return a.scheme(body)
}

// scheme reads how the parameters are signed; before TLS 1.2 it is not said.
func (a *Answer) scheme(body cryptobyte.String) bool {
	if a.Version < TLS12 || Traits(a.Suite)&Anonymous != 0 {
		return true
	}
	return body.ReadUint16(&a.Signature)
}

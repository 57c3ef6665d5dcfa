// SPDX-License-Identifier: Apache-2.0

// Package hello speaks the first words of SSL and TLS: it writes any ClientHello,
// of SSL 2.0 to TLS 1.3, and reads what the server answers in clear. It makes no
// key and finishes no handshake.
package hello

import (
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Offer is what a ClientHello says. The zero value of a field leaves it out.
type Offer struct {
	Version    uint16 // the highest; TLS13 offers it alone
	Suites     []uint16
	Groups     []uint16
	Shares     []uint16 // groups with a genuine key; without any, TLS 1.3 answers by a retry
	Signatures []uint16 // none means the usual ones
	Name       string   // of the server; as ServerName gives it
	ALPN       []string

	MasterSecret bool // extended, RFC 7627
	EncryptMAC   bool // encrypt-then-MAC, RFC 7366
	Renegotiate  bool // secure renegotiation, RFC 5746
	Compress     bool // DEFLATE and LZS are offered before none
	Status       bool // OCSP staple
	Timestamps   bool // SCT
	Ticket       bool
	Heartbeat    bool
	Fallback     bool // RFC 7507

	// Verify is the proof of a hello within a session (RFC 5746 section 3.5).
	Verify []byte
	// Session and Resume ask to resume by a ticket (RFC 5077 section 3.4), before
	// TLS 1.3.
	Session, Resume []byte
}

// The values that signal something in the list of suites.
const (
	scsvRenegotiation uint16 = 0x00FF // RFC 5746 section 3.3
	scsvFallback      uint16 = 0x5600 // RFC 7507 section 2
)

// The extensions, by the number of the IANA registry.
const (
	extName         uint16 = 0
	extStatus       uint16 = 5
	extGroups       uint16 = 10
	extFormats      uint16 = 11
	extSignatures   uint16 = 13
	extHeartbeat    uint16 = 15
	extALPN         uint16 = 16
	extTimestamps   uint16 = 18
	extPadding      uint16 = 21
	extEncryptMAC   uint16 = 22
	extMasterSecret uint16 = 23
	extTicket       uint16 = 35
	extVersions     uint16 = 43
	extShares       uint16 = 51
	extRenegotiate  uint16 = 0xFF01
)

// Bytes writes the hello as one record. The version of the record is TLS 1.0 at
// most, which old servers ask (RFC 8446 section 5.1).
func (o Offer) Bytes() ([]byte, error) {
	body, err := o.message()
	if err != nil {
		return nil, fmt.Errorf("write a hello: %w", err)
	}
	var b cryptobyte.Builder
	b.AddUint8(RecordHandshake)
	b.AddUint16(min(o.Version, TLS10))
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(body) })
	return b.Bytes()
}

func (o Offer) message() ([]byte, error) {
	random := make([]byte, 64)
	// Reading randomness cannot fail (crypto/rand).
	_, _ = rand.Read(random)
	extensions, err := o.extensions()
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddUint8(messageClientHello)
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(min(o.Version, TLS12))
		b.AddBytes(random[:32])
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(o.session(random[32:])) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addNumbers(b, o.suites()) })
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(o.compressions()) })
		o.addExtensions(b, extensions)
	})
	return b.Bytes()
}

// session is the identifier that middle boxes expect (RFC 8446 appendix D.4).
func (o Offer) session(random []byte) []byte {
	if o.Version < TLS13 {
		return o.Session
	}
	return random
}

func (o Offer) suites() []uint16 {
	suites := slices.Clone(o.Suites)
	if o.Renegotiate && o.Version == SSL3 { // which has no extensions
		suites = append(suites, scsvRenegotiation)
	}
	if o.Fallback {
		suites = append(suites, scsvFallback)
	}
	return suites
}

func (o Offer) compressions() []byte {
	if o.Compress {
		return []byte{1, 64, 0}
	}
	return []byte{0}
}

// The lengths of a message that some load balancers never answer: one is padded
// beyond (RFC 7685 section 4).
const (
	deafFrom = 256
	deafTo   = 512
)

// addExtensions ends the hello. What precedes the extensions and the length of
// their list is counted for the padding.
func (o Offer) addExtensions(b *cryptobyte.Builder, extensions []byte) {
	if o.Version == SSL3 {
		return
	}
	length := 4 + 2 + 32 + 1 + len(o.session(make([]byte, 32))) + 2 + 2*len(o.suites()) + 1 + len(o.compressions()) + 2 + len(extensions)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddBytes(extensions)
		if length >= deafFrom && length < deafTo {
			addExtension(b, extPadding, func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, max(1, deafTo-length-4))) })
		}
	})
}

// Size is the length of the record.
func (o Offer) Size() int {
	raw, err := o.Bytes()
	if err != nil {
		return 0
	}
	return len(raw)
}

// SmallSize is under what length no middle box is known to lose a hello.
const SmallSize = 256

// fewSuites is how many suites a small hello should have room for, and fewGroups
// how many groups are kept when a long name leaves no room for all.
const (
	fewSuites = 24
	fewGroups = 12
)

// Small shortens a hello and keeps what it asks: only the protocols of the
// application, the lesser signatures and the other keys are left out, and the last
// groups when the name is long. With as many suites as Room says, it is under
// SmallSize for any usual name.
func (o Offer) Small() Offer {
	small := o
	small.ALPN = nil
	if o.Signatures == nil {
		small.Signatures = []uint16{0x0403, 0x0804, 0x0401, 0x0201, 0x0203}
	}
	if o.Version == TLS13 && slices.Contains(o.Groups, X25519) {
		small.Shares = []uint16{X25519} // some stacks want one, among the groups (RFC 8446 section 4.2.8)
	}
	if small.room() < fewSuites {
		small.Groups = o.Groups[:min(len(o.Groups), fewGroups)]
	}
	return small
}

// Bare is a small hello that asks for nothing but a suite: some stacks end at what
// they do not know.
func (o Offer) Bare() Offer {
	return Offer{Version: o.Version, Suites: o.Suites, Groups: o.Groups, Signatures: o.Signatures, Name: o.Name, Fallback: o.Fallback}.Small()
}

// Room is how many suites a small hello holds.
func (o Offer) Room() int { return min(max(1, o.room()), MaxSuites) }

func (o Offer) room() int {
	o.Suites = nil
	return (SmallSize - 1 - o.Size()) / 2
}

func (o Offer) extensions() ([]byte, error) {
	shares, err := o.shares()
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	if o.Name != "" {
		addExtension(&b, extName, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(o.Name)) })
			})
		})
	}
	o.addFlags(&b)
	o.addChoices(&b)
	if o.Version == TLS13 {
		addExtension(&b, extVersions, func(b *cryptobyte.Builder) {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(TLS13) })
		})
		addExtension(&b, extShares, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(shares) })
		})
	}
	return b.Bytes()
}

// addFlags adds the extensions that say only that something is understood.
func (o Offer) addFlags(b *cryptobyte.Builder) {
	for _, flag := range []struct {
		on   bool
		id   uint16
		body []byte
	}{
		{o.MasterSecret, extMasterSecret, nil},
		{o.EncryptMAC, extEncryptMAC, nil},
		{o.Renegotiate, extRenegotiate, append([]byte{byte(len(o.Verify))}, o.Verify...)},
		{o.Status, extStatus, []byte{1, 0, 0, 0, 0}},
		{o.Timestamps, extTimestamps, nil},
		{o.Ticket || o.Resume != nil, extTicket, o.Resume},
		{o.Heartbeat, extHeartbeat, []byte{1}},
		{len(o.Groups) > 0, extFormats, []byte{1, 0}},
	} {
		if flag.on {
			addExtension(b, flag.id, func(b *cryptobyte.Builder) { b.AddBytes(flag.body) })
		}
	}
}

// addChoices adds the extensions that hold a list.
func (o Offer) addChoices(b *cryptobyte.Builder) {
	if len(o.Groups) > 0 {
		addList(b, extGroups, o.Groups)
	}
	if o.Version >= TLS12 {
		addList(b, extSignatures, o.signatures())
	}
	if len(o.ALPN) > 0 {
		addExtension(b, extALPN, func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				for _, name := range o.ALPN {
					b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(name)) })
				}
			})
		})
	}
}

// signatures are the schemes of an ordinary client, old ones last: what is
// refused is then refused for something else.
func (o Offer) signatures() []uint16 {
	if o.Signatures != nil {
		return o.Signatures
	}
	return []uint16{
		0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0807, 0x0808,
		0x0401, 0x0501, 0x0601, 0x0301, 0x0303, 0x0402, 0x0203, 0x0201, 0x0202,
	}
}

// shares makes a genuine key for each group that asks one.
func (o Offer) shares() ([]byte, error) {
	var b cryptobyte.Builder
	for _, id := range o.Shares {
		curve, known := curves[id]
		if !known {
			return nil, fmt.Errorf("no key can be made for group %s", GroupName(id))
		}
		key, err := curve().GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make a key for group %s: %w", GroupName(id), err)
		}
		b.AddUint16(id)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(key.PublicKey().Bytes()) })
	}
	return b.Bytes()
}

var curves = map[uint16]func() ecdh.Curve{X25519: ecdh.X25519, P256: ecdh.P256, P384: ecdh.P384, P521: ecdh.P521}

func addExtension(b *cryptobyte.Builder, id uint16, body func(*cryptobyte.Builder)) {
	b.AddUint16(id)
	b.AddUint16LengthPrefixed(body)
}

func addList(b *cryptobyte.Builder, id uint16, numbers []uint16) {
	addExtension(b, id, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { addNumbers(b, numbers) })
	})
}

func addNumbers(b *cryptobyte.Builder, numbers []uint16) {
	for _, n := range numbers {
		b.AddUint16(n)
	}
}

// ServerName is what is asked by SNI of a host, which carries no address (RFC 6066
// section 3).
func ServerName(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

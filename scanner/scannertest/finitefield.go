// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// finiteField is a listener whose TLS also takes finite-field Diffie-Hellman, as
// appliances of its time do and the library does not: to a hello that offers nothing the
// library takes it shows its certificate and its numbers, and hangs up.
type finiteField struct {
	net.Listener
	config *tls.Config
}

// Accept gives a connection that listens before the library does.
func (f finiteField) Accept() (net.Conn, error) {
	conn, err := f.Listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	return &finiteConn{Conn: conn, config: f.config}, nil
}

// ellipticSuites are what the library takes at such a server: its suites with a key
// exchange on curves.
func ellipticSuites() []uint16 {
	var ids []uint16
	for _, suite := range tls.CipherSuites() {
		if strings.HasPrefix(suite.Name, "TLS_ECDHE_") {
			ids = append(ids, suite.ID)
		}
	}
	return ids
}

// What such a hello and its answer are made of (RFC 5246 sections 7.4 and A.5).
const (
	dheAES128        = 0x0033 // TLS_DHE_RSA_WITH_AES_128_CBC_SHA
	firstOf13        = 0x1301
	lastOf13         = 0x1305
	recordHandshake  = 22
	messageHello     = 2
	messageShown     = 11
	messageExchange  = 12
	messageHelloDone = 14
	rsaSHA256        = 0x0401
)

// finiteConn reads the hello of a client, then hands it to the library or answers it.
type finiteConn struct {
	net.Conn
	config *tls.Config
	rest   io.Reader // nil until the hello was read
}

// Read gives what the client sent, from its first byte, unless it was answered.
func (c *finiteConn) Read(p []byte) (int, error) {
	if c.rest != nil {
		return c.rest.Read(p)
	}
	hello, err := firstRecord(c.Conn)
	if err != nil {
		return 0, err
	}
	if version, ours := onlyFinite(hello[recordHead:]); ours {
		_, _ = c.Write(c.flight(version)) // whoever asked may be gone
		return 0, io.EOF
	}
	c.rest = io.MultiReader(bytes.NewReader(hello), c.Conn)
	return c.rest.Read(p)
}

// onlyFinite tells whether a hello offers finite-field Diffie-Hellman, and nothing that
// the library takes.
func onlyFinite(hello []byte) (version uint16, ours bool) {
	s := cryptobyte.String(hello)
	var session, suites cryptobyte.String
	if !s.Skip(4) || !s.ReadUint16(&version) || !s.Skip(32) || !s.ReadUint8LengthPrefixed(&session) || !s.ReadUint16LengthPrefixed(&suites) {
		return 0, false
	}
	taken := ellipticSuites()
	for id := uint16(0); suites.ReadUint16(&id); {
		if slices.Contains(taken, id) || id >= firstOf13 && id <= lastOf13 {
			return 0, false
		}
		ours = ours || id == dheAES128
	}
	return version, ours && version >= tls.VersionTLS10 && version <= tls.VersionTLS12
}

// flight is the first flight of the server, in one record. Its signature is made up: no
// handshake goes on from here.
func (c *finiteConn) flight(version uint16) []byte {
	chosen := append(binary.BigEndian.AppendUint16(nil, version), make([]byte, 33)...)
	chosen = append(binary.BigEndian.AppendUint16(chosen, dheAES128), 0)
	var shown, exchange cryptobyte.Builder
	shown.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, certificate := range c.config.Certificates[0].Certificate {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(certificate) })
		}
	})
	for _, number := range []string{modulus5114, generator5114, generator5114} {
		exchange.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(bytesOf(number)) })
	}
	if version == tls.VersionTLS12 {
		exchange.AddUint16(rsaSHA256)
	}
	exchange.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 256)) })
	body := slices.Concat(
		framed(messageHello, chosen), framed(messageShown, shown.BytesOrPanic()),
		framed(messageExchange, exchange.BytesOrPanic()), framed(messageHelloDone, nil),
	)
	head := binary.BigEndian.AppendUint16([]byte{recordHandshake}, version)
	return append(binary.BigEndian.AppendUint16(head, uint16(len(body))), body...)
}

// framed is a message of a handshake.
func framed(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// bytesOf reads a number written in hexadecimal.
func bytesOf(number string) []byte {
	n, _ := new(big.Int).SetString(number, 16)
	return n.Bytes()
}

// The group of RFC 5114 section 2.3, whose prime is not safe, and which was shipped with
// appliances for years (RFC 8247 section 2.4).
const (
	modulus5114 = "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00E00DF8F1D61957D4FAF7DF4561B2AA3016C3D91134096FAA3BF4296D830E9A7C" +
		"209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76" +
		"B63ACAE1CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD8347796524D8EF6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026" +
		"C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE91E1A1597"
	generator5114 = "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA12510DBC15077BE463FFF4FED4AAC0BB555BE3A6C1B0C6B47B1BC3773BF7E8C6F62" +
		"901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC831D14348F6F2F9193" +
		"B5045AF2767164E1DFC967C1FB3F2E55A4BD1BFFE83B9C80D052B985D182EA0ADB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2DF016199ECD06E1557CD0915" +
		"B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D1DB246C32F63078490F00EF8D647D148D47954515E2327CFEF98C582664B4C0F6CC41659"
)

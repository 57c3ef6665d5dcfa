// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// oldSuites are the seven kinds of cipher of SSL 2.0 (draft-hickman-netscape-ssl-00
// section C.4).
var oldSuites = []struct {
	id   uint32
	name string
}{
	{0x010080, "SSL_CK_RC4_128_WITH_MD5"},
	{0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"},
	{0x030080, "SSL_CK_RC2_128_CBC_WITH_MD5"},
	{0x040080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"},
	{0x050080, "SSL_CK_IDEA_128_CBC_WITH_MD5"},
	{0x060040, "SSL_CK_DES_64_CBC_WITH_MD5"},
	{0x0700C0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"},
}

// Old is what a server answers to a hello of SSL 2.0.
type Old struct {
	Spoke   bool     // it answered in SSL 2.0
	Suites  []string // that both know
	Alerted bool     // it refused in TLS, or in SSL 2.0
}

// OldBytes writes a hello of SSL 2.0 that offers every kind of cipher.
func OldBytes() []byte {
	challenge := make([]byte, 16)
	// Reading randomness cannot fail (crypto/rand).
	_, _ = rand.Read(challenge)
	body := []byte{messageClientHello, 0, 2}
	body = binary.BigEndian.AppendUint16(body, uint16(3*len(oldSuites)))
	body = append(body, 0, 0, 0, byte(len(challenge)))
	for _, s := range oldSuites {
		body = append(body, byte(s.id>>16), byte(s.id>>8), byte(s.id))
	}
	body = append(body, challenge...)
	return append(binary.BigEndian.AppendUint16(nil, 0x8000|uint16(len(body))), body...)
}

// ReadOld reads the answer to OldBytes.
func ReadOld(stream io.Reader) (Old, error) {
	header := make([]byte, 2)
	if _, err := io.ReadFull(stream, header); err != nil {
		return Old{}, fmt.Errorf("read a record: %w", err)
	}
	if header[0] == RecordAlert && header[1] == 3 {
		return Old{Alerted: true}, nil
	}
	if header[0]&0x80 == 0 {
		return Old{}, ErrOtherTalk
	}
	body := make([]byte, int(binary.BigEndian.Uint16(header)&0x7FFF))
	if _, err := io.ReadFull(stream, body); err != nil {
		return Old{}, fmt.Errorf("read a record: %w", err)
	}
	return ParseOld(body)
}

// ParseOld reads one message of an SSL 2.0 server.
func ParseOld(raw []byte) (Old, error) {
	body := cryptobyte.String(raw)
	const messageError, messageHello = 0, 4
	var kind uint8
	switch {
	case !body.ReadUint8(&kind):
		return Old{}, ErrMalformed
	case kind == messageError && len(body) == 2:
		return Old{Alerted: true}, nil
	case kind != messageHello:
		return Old{}, ErrOtherTalk
	}
	return oldHello(body)
}

func oldHello(body cryptobyte.String) (Old, error) {
	var version, certificate, suites, connection uint16
	var kinds []byte
	if !body.Skip(2) || !body.ReadUint16(&version) || !body.ReadUint16(&certificate) || !body.ReadUint16(&suites) ||
		!body.ReadUint16(&connection) || !body.Skip(int(certificate)) || !body.ReadBytes(&kinds, int(suites)) || version != SSL2 {
		return Old{}, ErrMalformed
	}
	o := Old{Spoke: true}
	for kind := range slices.Chunk(kinds, 3) {
		if len(kind) == 3 && len(o.Suites) < len(oldSuites) {
			o.Suites = append(o.Suites, oldName(uint32(kind[0])<<16|uint32(kind[1])<<8|uint32(kind[2])))
		}
	}
	return o, nil
}

func oldName(id uint32) string {
	for _, s := range oldSuites {
		if s.id == id {
			return s.name
		}
	}
	return fmt.Sprintf("0x%06X", id)
}

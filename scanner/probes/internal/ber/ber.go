// SPDX-License-Identifier: Apache-2.0

// Package ber reads and writes the Basic Encoding Rules (X.690) as LDAP narrows them:
// lengths are definite, on as many bytes as the sender likes (RFC 4511 section 5.1),
// and tags take one byte. A length is a promise of a stranger: no memory is taken for
// it before the bytes are there.
package ber

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The universal tags that LDAP uses (X.680 section 8.6).
const (
	Boolean    = 0x01
	Integer    = 0x02
	Octets     = 0x04
	Enumerated = 0x0a
	Sequence   = 0x30
	Set        = 0x31
)

const (
	longForm = 0x80 // of a length; alone, it is the indefinite form
	highTag  = 0x1f // of a tag that goes on in the next bytes
	maxOctet = 126  // bytes of a length: 127 is reserved (X.690 section 8.1.3.5)
)

// What keeps an element from being read, beside the connection.
var (
	ErrMalformed = errors.New("malformed BER")
	ErrTooLarge  = errors.New("an element is longer than is read")
)

// Element is one encoded value: its tag and what it holds.
type Element struct {
	Tag  byte
	Body []byte
}

// Read reads one element of at most so many bytes into a buffer, which holds its
// body until it is used again.
func Read(from *bufio.Reader, into *bytes.Buffer, most int) (Element, error) {
	tag, size, err := header(from, most)
	if err != nil {
		return Element{}, err
	}
	into.Reset()
	if _, err := io.CopyN(into, from, int64(size)); err != nil {
		return Element{}, fmt.Errorf("read %d bytes: %w", size, err)
	}
	return Element{tag, into.Bytes()}, nil
}

// Next splits the first element off some bytes; false when they hold no whole one.
func Next(raw []byte) (first Element, rest []byte, ok bool) {
	from := bytes.NewReader(raw)
	tag, size, err := header(from, len(raw))
	if err != nil || size > from.Len() {
		return Element{}, nil, false
	}
	at := len(raw) - from.Len()
	return Element{tag, raw[at : at+size]}, raw[at+size:], true
}

func header(from io.ByteReader, most int) (tag byte, size int, err error) {
	if tag, err = from.ReadByte(); err != nil {
		return 0, 0, fmt.Errorf("read a tag: %w", err)
	}
	first, err := from.ReadByte()
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("read a length: %w", err)
	case tag&highTag == highTag, first == longForm, first > longForm+maxOctet:
		return 0, 0, ErrMalformed
	case first < longForm:
		size = int(first)
	}
	for range max(0, int(first)-longForm) {
		octet, err := from.ReadByte()
		if err != nil {
			return 0, 0, fmt.Errorf("read a length: %w", err)
		}
		if size = size<<8 | int(octet); size > most {
			return 0, 0, ErrTooLarge
		}
	}
	if size > most {
		return 0, 0, ErrTooLarge
	}
	return tag, size, nil
}

// Number is the value of an integer or an enumeration that is not negative; false of
// any other.
func (e Element) Number() (n int, ok bool) {
	if len(e.Body) == 0 || len(e.Body) > 4 || e.Body[0] >= 0x80 {
		return 0, false
	}
	for _, octet := range e.Body {
		n = n<<8 | int(octet)
	}
	return n, true
}

// Encode writes an element that holds some parts, one after the other.
func Encode[T string | []byte](tag byte, parts ...T) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	out := []byte{tag}
	if size < longForm {
		out = append(out, byte(size))
	} else {
		out = append(out, longForm+4, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
	}
	for _, part := range parts {
		out = append(out, part...)
	}
	return out
}

// EncodeNumber writes an integer or an enumeration that is not negative.
func EncodeNumber(tag byte, n int) []byte {
	body := []byte{byte(n)}
	for n >>= 8; n > 0 || body[0] >= 0x80; n >>= 8 {
		body = append([]byte{byte(n)}, body...)
	}
	return Encode(tag, body)
}

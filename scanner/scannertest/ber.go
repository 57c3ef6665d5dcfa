// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"errors"
	"io"
)

// The tags of the Basic Encoding Rules that LDAP uses (X.690, RFC 4511).
const (
	tagBoolean     = 0x01
	tagInteger     = 0x02
	tagOctets      = 0x04
	tagEnumerated  = 0x0a
	tagSequence    = 0x30
	tagSet         = 0x31
	tagHighNumber  = 0x1f // low bits of a tag that goes on in the next bytes
	lengthLongForm = 0x80
)

var errBER = errors.New("malformed BER")

// element is one encoded value: its tag and its content.
type element struct {
	tag  byte
	body []byte
}

// byteSource is what elements are read from.
type byteSource interface {
	io.Reader
	io.ByteReader
}

// readElement reads one element of at most limit bytes. Lengths are definite,
// as RFC 4511 section 5.1 demands.
func readElement(from byteSource, limit int) (element, error) {
	tag, err := from.ReadByte()
	if err != nil {
		return element{}, err
	}
	if tag&tagHighNumber == tagHighNumber {
		return element{}, errBER
	}
	size, err := readLength(from)
	if err != nil || size < 0 || size > limit {
		return element{}, errBER
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(from, body); err != nil {
		return element{}, errBER
	}
	return element{tag, body}, nil
}

func readLength(from byteSource) (int, error) {
	first, err := from.ReadByte()
	if err != nil || first < lengthLongForm {
		return int(first), err
	}
	octets := first &^ lengthLongForm
	if octets == 0 || octets > 4 {
		return 0, errBER
	}
	size := 0
	for range octets {
		octet, err := from.ReadByte()
		if err != nil {
			return 0, err
		}
		size = size<<8 | int(octet)
	}
	return size, nil
}

// children reads the elements inside a constructed one.
func (e element) children() ([]element, error) {
	var inside []element
	for from := bytes.NewReader(e.body); from.Len() > 0; {
		child, err := readElement(from, from.Len())
		if err != nil {
			return nil, errBER
		}
		inside = append(inside, child)
	}
	return inside, nil
}

// atLeast reads the elements inside a constructed one that has count of them
// or more.
func (e element) atLeast(count int) ([]element, error) {
	inside, err := e.children()
	if err != nil || len(inside) < count {
		return nil, errBER
	}
	return inside, nil
}

// integer reads a number of four bytes at most.
func (e element) integer() (int, error) {
	if len(e.body) == 0 || len(e.body) > 4 {
		return 0, errBER
	}
	number := int(int8(e.body[0]))
	for _, octet := range e.body[1:] {
		number = number<<8 | int(octet)
	}
	return number, nil
}

// encode writes an element around parts already encoded.
func encode(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	size := len(body)
	if size < lengthLongForm {
		return append([]byte{tag, byte(size)}, body...)
	}
	return append([]byte{tag, lengthLongForm | 4, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}, body...)
}

func encodeString(s string) []byte { return encode(tagOctets, []byte(s)) }

// encodeInteger writes a number of four bytes, in as few as DER asks.
func encodeInteger(tag byte, number int) []byte {
	octets := []byte{byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number)}
	for len(octets) > 1 && (octets[0] == 0 && octets[1] < 0x80 || octets[0] == 0xff && octets[1] >= 0x80) {
		octets = octets[1:]
	}
	return encode(tag, octets)
}

// SPDX-License-Identifier: Apache-2.0

package nuclei

import "encoding/binary"

// The types of a TLS record (RFC 8446 section 5.1), of which 20 is the least.
const (
	recordLeast       = 20
	recordHandshake   = 22
	recordApplication = 23
)

// records reads of the records of one side of TLS whether it began a handshake, and
// whether it ever sent data: before TLS 1.3 that comes after the handshake, and since
// then with its end. It keeps nothing of what they hold.
type records struct {
	handshake, data bool
	head            []byte
	left            int  // bytes of the present record
	begun, clear    bool // clear: what begins like this is no TLS
}

// Write reads a part of the stream.
func (r *records) Write(p []byte) (int, error) {
	const headSize = 5
	for rest := p; len(rest) > 0 && !r.data && !r.clear; {
		if r.left > 0 {
			skipped := min(r.left, len(rest))
			r.left, rest = r.left-skipped, rest[skipped:]
			continue
		}
		if len(r.head) == 0 {
			r.clear = !r.begun && (rest[0] < recordLeast || rest[0] > recordApplication)
			r.handshake = r.handshake || !r.begun && rest[0] == recordHandshake
			r.data = !r.clear && rest[0] == recordApplication
			r.begun = true
		}
		r.head, rest = append(r.head, rest[0]), rest[1:]
		if len(r.head) == headSize {
			r.left, r.head = int(binary.BigEndian.Uint16(r.head[3:])), r.head[:0]
		}
	}
	return len(p), nil
}

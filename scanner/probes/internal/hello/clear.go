// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"encoding/binary"
	"iter"
)

// InClear walks the handshake messages that passed in clear, up to the change of
// cipher, in all that one side sent.
func InClear(stream []byte) iter.Seq2[byte, []byte] {
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
	var text []byte
	for len(stream) >= 5 && stream[0] == RecordHandshake {
		length := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if len(stream) < length {
			break
		}
		text = append(text, stream[5:length]...)
		stream = stream[length:]
	}
	return text
}

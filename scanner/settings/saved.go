// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Saved is the text of a file as programs of Windows save it, in UTF-8: without the
// mark (BOM) of Notepad, and out of the UTF-16 of PowerShell or of the "Unicode
// text" of Excel. Other bytes come back as they are.
func Saved(data []byte) []byte {
	if order := utf16Order(data); order != nil {
		text := make([]byte, 0, len(data))
		for ; len(data) > 1; data = data[2:] {
			letter := rune(order.Uint16(data))
			if utf16.IsSurrogate(letter) {
				pair := utf8.RuneError
				if len(data) > 3 {
					pair = utf16.DecodeRune(letter, rune(order.Uint16(data[2:])))
				}
				if letter = pair; pair != utf8.RuneError {
					data = data[2:]
				}
			}
			text = utf8.AppendRune(text, letter)
		}
		data = text
	}
	return bytes.TrimPrefix(data, []byte("\ufeff"))
}

// IsUTF16 tells whether a file is saved in UTF-16.
func IsUTF16(data []byte) bool { return utf16Order(data) != nil }

// utf16Order is the order of the bytes of a file in UTF-16; nil when it is in
// another encoding. Without a mark, it is known by its first letter, which is one
// of ASCII in every file that we read.
func utf16Order(data []byte) binary.ByteOrder {
	switch {
	case len(data) < 2:
	case data[0] == 0xff && data[1] == 0xfe, data[0] != 0 && data[1] == 0:
		return binary.LittleEndian
	case data[0] == 0xfe && data[1] == 0xff, data[0] == 0 && data[1] != 0:
		return binary.BigEndian
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Saved is the text of a file as programs of Windows save it, in UTF-8: without the
// mark (BOM) of Notepad, and out of the UTF-16 of PowerShell or of the "Unicode
// text" of Excel. Other bytes come back as they are.
func Saved(data []byte) []byte {
	if order := utf16Order(data); order != nil {
		units := make([]uint16, 0, len(data)/2)
		for ; len(data) > 1; data = data[2:] {
			units = append(units, order.Uint16(data))
		}
		data = []byte(string(utf16.Decode(units)))
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

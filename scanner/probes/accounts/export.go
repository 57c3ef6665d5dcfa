// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

const maxFile = 24 << 20 // bytes of an export, held a few times while it is read

// readExport returns the text of the export, and notes its age and digest.
func readExport(c Config, source *fact.Source) (string, error) {
	data, info, err := localfile.Read(c.File, maxFile)
	if err != nil {
		return "", err
	}
	source.AsOf = info.ModTime().UTC()
	if !c.AsOf.IsZero() {
		source.AsOf = c.AsOf.Date()
	}
	source.Digest = scanner.Digest(data)
	return decode(data)
}

// decode turns the bytes into text: UTF-8 or UTF-16, with or without a mark, or
// Windows-1252. A file joined from two sources may hold both the first and the last:
// what is no UTF-8 (RFC 3629 section 3) is read alone as Windows-1252.
func decode(data []byte) (string, error) {
	data = bytes.TrimRight(settings.Saved(data), "\x1a") // by which DOS ends a file
	if bytes.IndexByte(data, 0) >= 0 {
		return "", settings.InFile(0,
			"ce n'est pas un fichier texte : exportez-le de nouveau en CSV, en UTF-8",
			"it is not a text file: export it again as CSV in UTF-8").Because(scanner.CauseFileEncoding)
	}
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // as old Macs ended lines
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	var text strings.Builder
	for len(data) > 0 {
		letter, size := utf8.DecodeRune(data)
		if letter == utf8.RuneError && size == 1 {
			letter = charmap.Windows1252.DecodeByte(data[0])
		}
		text.WriteRune(letter)
		data = data[size:]
	}
	return text.String(), nil
}

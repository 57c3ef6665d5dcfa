// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bytes"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

const maxFile = 64 << 20 // bytes of an export

// readExport returns the text of the export, and notes its age and digest.
func readExport(c Config, source *fact.Source) (string, error) {
	data, info, err := localfile.Read(c.File, maxFile)
	if err != nil {
		return "", err
	}
	source.AsOf = info.ModTime().UTC()
	if !c.AsOf.IsZero() {
		year, month, day := c.AsOf.Start().In(settings.Zone).Date()
		source.AsOf = time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // facts write a day so
	}
	source.Digest = scanner.Digest(data)
	return decode(data)
}

// decode turns the bytes into text. Exports are UTF-8, with or without a mark,
// or Windows-1252, in which every byte sequence is something.
func decode(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", settings.InFile(0,
			"ce n'est pas un fichier texte : exportez-le de nouveau en CSV, en UTF-8",
			"it is not a text file: export it again as CSV in UTF-8").Because(scanner.CauseFileEncoding)
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", settings.InFile(0,
			"son encodage n'est pas connu : exportez-le de nouveau en CSV, en UTF-8",
			"its encoding is not known: export it again as CSV in UTF-8").Because(scanner.CauseFileEncoding)
	}
	return string(text), nil
}

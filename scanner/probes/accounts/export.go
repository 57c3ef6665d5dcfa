// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bytes"
	"errors"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
)

const maxFile = 64 << 20 // bytes of an export

// readExport returns the text of the export, and notes its age and digest.
func readExport(c Config, source *fact.Source) (string, error) {
	data, info, err := localfile.Read(c.File, maxFile)
	if err != nil {
		return "", err
	}
	if source.AsOf, err = asOf(c.AsOf, info.ModTime()); err != nil {
		return "", err
	}
	source.Digest = scanner.Digest(data)
	return decode(data)
}

func asOf(declared string, modified time.Time) (time.Time, error) {
	if declared == "" {
		return modified.UTC(), nil
	}
	at, err := time.Parse(time.DateOnly, declared)
	if err != nil {
		return time.Time{}, scanner.NotSeen(scanner.CauseFieldWrong, field("as_of", "2026-03-14"), errors.New("as_of must be a date written as 2026-03-14"))
	}
	return at, nil
}

// decode turns the bytes into text. Exports are UTF-8, with or without a mark,
// or Windows-1252, in which every byte sequence is something.
func decode(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", scanner.NotSeen(scanner.CauseFileEncoding, nil, errors.New("it is not a text file: export it again as CSV in UTF-8"))
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", scanner.NotSeen(scanner.CauseFileEncoding, nil, errors.New("its encoding is not known: export it again as CSV in UTF-8"))
	}
	return string(text), nil
}

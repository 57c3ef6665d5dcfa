// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const maxFile = 64 << 20 // bytes of an export

// readExport returns the text of the export, and notes its age and digest.
func readExport(c Config, source *fact.Source) (string, error) {
	info, err := os.Stat(c.File)
	if err != nil {
		return "", fmt.Errorf("%w; check the path and the read rights", err)
	}
	// A pipe or a device could block for ever.
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return "", fmt.Errorf("it must be a file of at most %d MiB", maxFile>>20)
	}
	if source.AsOf, err = asOf(c.AsOf, info.ModTime()); err != nil {
		return "", err
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return "", fmt.Errorf("%w; check the path and the read rights", err)
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
		return time.Time{}, errors.New("as_of must be a date written as 2026-03-14")
	}
	return at, nil
}

// decode turns the bytes into text. Exports are UTF-8, with or without a mark,
// or Windows-1252, in which every byte sequence is something.
func decode(data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", errors.New("it is not a text file: export it again as CSV in UTF-8")
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", errors.New("its encoding is not known: export it again as CSV in UTF-8")
	}
	return string(text), nil
}

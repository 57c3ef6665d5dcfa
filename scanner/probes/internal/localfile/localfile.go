// SPDX-License-Identifier: Apache-2.0

// Package localfile reads files of the establishment within bounds. Its errors
// name no path: errors travel, and a folder may bear the name of a person.
package localfile

import (
	"errors"
	"fmt"
	"io/fs"

	"carescan/scanner"
	"carescan/scanner/bounded"
	"carescan/scanner/settings"
)

// Read reads a regular file of at most so many bytes. Its errors are
// settings.Faults.
func Read(path string, most int) ([]byte, fs.FileInfo, error) {
	data, info, err := bounded.File(path, most)
	switch {
	case errors.Is(err, bounded.ErrNotRegular), errors.Is(err, bounded.ErrTooLarge):
		return nil, nil, TooLarge(info, most)
	case err != nil:
		return nil, nil, settings.Unreadable(err)
	}
	return data, info, nil
}

// TooLarge is the error of what is no file of at most so many bytes.
func TooLarge(info fs.FileInfo, most int) error {
	cause := scanner.CauseFileUnreadable
	if info.Mode().IsRegular() {
		cause = scanner.CauseTooLarge
	}
	fr, en := size(most)
	return settings.InFile(0, "ce doit être un fichier d'au plus "+fr, "it must be a file of at most "+en).Because(cause)
}

// In says which file an error is about. What no cause explains is then a fault
// of its content.
func In(file string, err error) error {
	cause := scanner.CauseOf(err)
	if cause.Code == scanner.CauseUnknown {
		cause.Code = scanner.CauseFileMalformed
	}
	return cause.At(file).Over(err)
}

// size is a number of bytes in both languages.
func size(bytes int) (fr, en string) {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d Mio", bytes>>20), fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d octets", bytes), fmt.Sprintf("%d bytes", bytes)
}

// Unnamed drops the path from an error of the file system.
func Unnamed(err error) error {
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		return scanner.NotSeen(scanner.CauseOf(named).Code, nil, named.Err)
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0

// Package localfile reads files of the establishment within bounds. Its errors
// name no path: errors travel, and a folder may bear the name of a person.
package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"carescan/scanner"
)

// Read reads a regular file of at most so many bytes: a pipe or a device could
// block for ever.
func Read(path string, most int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > most) {
		return nil, nil, TooLarge(info, most)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w; check the path and the read rights", Unnamed(err))
	}
	return data, info, nil
}

// TooLarge is the error of what is no file of at most so many bytes.
func TooLarge(info fs.FileInfo, most int64) error {
	cause := scanner.Cause{Code: scanner.CauseFileUnreadable}
	if info.Mode().IsRegular() {
		cause = scanner.Cause{Code: scanner.CauseTooLarge}.With(scanner.ValueLimit, size(most))
	}
	return cause.Over(fmt.Errorf("it must be a file of at most %s", size(most)))
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

// On says on which line of a file something is wrong. Inner lines are nearer.
func On(line int, err error) error {
	cause := scanner.CauseOf(err)
	if cause.Code == scanner.CauseUnknown {
		cause.Code = scanner.CauseFileMalformed
	}
	if cause.Values[scanner.ValueLine] == "" && line > 0 {
		cause = cause.With(scanner.ValueLine, strconv.Itoa(line))
	}
	return cause.Over(err)
}

func size(bytes int64) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// Unnamed drops the path from an error of the file system.
func Unnamed(err error) error {
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		return scanner.NotSeen(scanner.CauseOf(named).Code, nil, named.Err)
	}
	return err
}

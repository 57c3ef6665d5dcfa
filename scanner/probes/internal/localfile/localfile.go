// SPDX-License-Identifier: Apache-2.0

// Package localfile reads files of the establishment within bounds. Its errors
// name no path: errors travel, and a folder may bear the name of a person.
package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Read reads a regular file of at most so many bytes: a pipe or a device could
// block for ever.
func Read(path string, most int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > most) {
		return nil, nil, fmt.Errorf("it must be a file of at most %s", size(most))
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

func size(bytes int64) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// Unnamed drops the path from an error of the file system.
func Unnamed(err error) error {
	if named, ok := errors.AsType[*fs.PathError](err); ok {
		return named.Err
	}
	return err
}

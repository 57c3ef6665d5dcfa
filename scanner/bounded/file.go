// SPDX-License-Identifier: Apache-2.0

package bounded

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// What keeps a file from being read, beside what the system refuses. Both come in
// an fs.PathError.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("larger than is read")
)

// File reads a regular file of at most so many bytes. A pipe or a device could go
// on for ever, and is not even opened.
func File(path string, most int) (data []byte, info fs.FileInfo, err error) {
	refuse := func(why error) error { return &fs.PathError{Op: "read", Path: path, Err: why} }
	info, err = os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, info, refuse(ErrNotRegular)
	case info.Size() > int64(most):
		return nil, info, refuse(ErrTooLarge)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, info, err
	}
	defer file.Close()
	var all bytes.Buffer
	all.Grow(int(info.Size()) + bytes.MinRead) // once: a reader that finds its way takes several times the file
	_, err = all.ReadFrom(io.LimitReader(file, int64(most)+1))
	if err == nil && all.Len() > most { // it has grown since
		err = refuse(ErrTooLarge)
	}
	return all.Bytes()[:min(all.Len(), most)], info, err
}

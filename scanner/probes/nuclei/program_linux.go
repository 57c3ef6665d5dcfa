// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"io"
	"os"
	"syscall"
)

// executable verifies the program and returns what to execute, with the files
// that must be open then. No time passes between the two for anyone to change
// the program:
//
//   - What is executed is the open file that was read (/proc/self/fd), whatever
//     has been put under its name since. It needs no room and no folder where
//     programs may run, which hardened systems refuse to temporary folders.
//   - An open file can still be rewritten in place. When anyone but root and this
//     account may do so, a private copy is read and executed instead.
//
// A program read once is not read again as long as the kernel tells of the same
// file, unchanged: the time of its last change can be set by nobody.
func (s *workshop) executable(folder string) (path string, open []*os.File, err error) {
	program := s.options.Program
	file, err := program.open()
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if len(open) == 0 {
			_ = file.Close() // it was only read
		}
	}()
	now, err := file.Stat()
	switch {
	case err != nil:
		return "", nil, unreadable(err)
	case !ours(now):
		path, err = program.copied(file, folder)
		return path, nil, err
	case !unchanged(s.verified, now):
		if err := program.read(io.Discard, file); err != nil {
			return "", nil, err
		}
		s.verified = now
	}
	return "/proc/self/fd/3", []*os.File{file}, nil // the first after the standard ones
}

// ours tells whether only root and this account may change a file.
func ours(file os.FileInfo) bool {
	status := file.Sys().(*syscall.Stat_t) // what os gives on Linux
	return file.Mode().Perm()&0o022 == 0 && (status.Uid == 0 || int(status.Uid) == os.Geteuid())
}

func unchanged(before, now os.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && changed(before) == changed(now)
}

// changed is when the content of a file, its owner or its rights last changed.
func changed(file os.FileInfo) syscall.Timespec {
	return file.Sys().(*syscall.Stat_t).Ctim // what os gives on Linux
}

// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// step is one that a program is halted at, as it opens a file: it goes on, or is killed
// there.
type step struct {
	folder string
	// begun begins the name of a file that is being made; empty stands for the folder
	// itself, which is opened to be flushed once a file in it has its name.
	begun string
}

// halt prepares to halt the first program that comes to a step: wait tells whether one
// did before all was over, and whoever is halted goes on at release (fanotify(7)).
func (w *world) halt(s step) (wait func(over <-chan struct{}) bool, release func()) {
	w.t.Helper()
	before, err := os.Stat(s.folder)
	w.must(err)
	fd, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT|unix.FAN_CLOEXEC|unix.FAN_NONBLOCK, unix.O_RDONLY|unix.O_CLOEXEC)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINVAL) {
		w.t.Skipf("this machine does not let a test halt programs: %v", err)
	}
	w.must(err)
	file := os.NewFile(uintptr(fd), "fanotify")
	w.must(unix.FanotifyMark(fd, unix.FAN_MARK_ADD, unix.FAN_OPEN_PERM|unix.FAN_ONDIR|unix.FAN_EVENT_ON_CHILD, unix.AT_FDCWD, s.folder))
	reached := func(path string) bool {
		if s.begun != "" {
			return filepath.Dir(path) == s.folder && strings.HasPrefix(filepath.Base(path), s.begun)
		}
		now, err := os.Stat(s.folder) // opens nothing
		return path == s.folder && err == nil && now.ModTime().After(before.ModTime())
	}
	wait = func(over <-chan struct{}) bool {
		return w.await(file, over, func() bool { return letPass(file, reached) })
	}
	return wait, func() { _ = file.Close() } // who is still asking is let through
}

// letPass lets programs open what they ask for until one reaches the step, which is left
// without an answer; or until there is no time left.
func letPass(file *os.File, reached func(path string) bool) bool {
	buffer := make([]byte, 4096)
	for {
		n, err := file.Read(buffer)
		if err != nil {
			return false
		}
		for events := buffer[:n]; len(events) > 0; events = events[binary.NativeEndian.Uint32(events):] {
			opened := binary.NativeEndian.Uint32(events[16:])
			path, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", opened))
			_ = unix.Close(int(opened))
			if reached(path) {
				return true
			}
			answer := binary.NativeEndian.AppendUint32(nil, opened)
			_, _ = file.Write(binary.NativeEndian.AppendUint32(answer, unix.FAN_ALLOW))
		}
	}
}

// await waits until a sign was seen, until all is over, or for too long.
func (w *world) await(file *os.File, over <-chan struct{}, see func() bool) bool {
	seen := make(chan bool, 1)
	go func() { seen <- see() }()
	select {
	case came := <-seen:
		return came
	case <-over:
		_ = file.SetReadDeadline(time.Now())
		return <-seen
	case <-time.After(patience):
		w.fail("nothing happens")
		return false
	}
}

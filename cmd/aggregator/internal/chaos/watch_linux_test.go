// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// sign is a file that is written to, which betrays a step of the work.
type sign struct {
	folder string
	name   string // how its name begins
}

// watch begins to look out for a sign, and returns what waits for it: it tells whether it
// came before all was over.
func (w *world) watch(s sign) (wait func(over <-chan struct{}) bool) {
	w.t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	w.must(err)
	file := os.NewFile(uintptr(fd), "inotify")
	_, err = unix.InotifyAddWatch(fd, s.folder, unix.IN_MODIFY)
	w.must(err)
	return func(over <-chan struct{}) bool {
		defer file.Close()
		return w.await(file, over, func() bool { return awaitSign(file, s.name) })
	}
}

// awaitSign reads events (inotify(7)) until one is meant, or until its file says that
// there is no time left.
func awaitSign(file *os.File, begins string) bool {
	buffer := make([]byte, 64<<10)
	for {
		n, err := file.Read(buffer)
		if err != nil {
			return false
		}
		for events := buffer[:n]; len(events) >= syscall.SizeofInotifyEvent; {
			length := binary.NativeEndian.Uint32(events[12:])
			name := events[syscall.SizeofInotifyEvent:][:length]
			events = events[syscall.SizeofInotifyEvent+length:]
			if strings.HasPrefix(string(bytes.TrimRight(name, "\x00")), begins) {
				return true
			}
		}
	}
}

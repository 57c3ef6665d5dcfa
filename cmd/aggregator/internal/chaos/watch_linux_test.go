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

// sign is something that happens to a file: the step of the work that it betrays.
type sign struct {
	folder string
	mask   uint32 // of inotify
	name   string // how the name of the file begins or ends
}

// watch begins to look out for signs, and returns what waits for the first of them: it
// tells whether one came before all processes ended.
func (w *world) watch(signs []sign) (wait func(over <-chan struct{}) bool) {
	w.t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		w.t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "inotify")
	meant := map[int32]sign{}
	for _, s := range signs {
		number, err := unix.InotifyAddWatch(fd, s.folder, s.mask)
		if err != nil {
			w.t.Fatalf("watch %s: %v", s.folder, err)
		}
		meant[int32(number)] = s
	}
	return func(over <-chan struct{}) bool {
		defer file.Close()
		return w.await(file, over, func() bool { return awaitSign(file, meant) })
	}
}

// awaitSign reads events (inotify(7)) until one is meant, or until its file says that
// there is no time left.
func awaitSign(file *os.File, meant map[int32]sign) bool {
	buffer := make([]byte, 64<<10)
	for {
		n, err := file.Read(buffer)
		if err != nil {
			return false
		}
		for events := buffer[:n]; len(events) >= syscall.SizeofInotifyEvent; {
			number := int32(binary.NativeEndian.Uint32(events))
			length := binary.NativeEndian.Uint32(events[12:])
			name := string(bytes.TrimRight(events[syscall.SizeofInotifyEvent:][:length], "\x00"))
			events = events[syscall.SizeofInotifyEvent+length:]
			if s := meant[number]; strings.HasPrefix(name, s.name) || strings.HasSuffix(name, s.name) {
				return true
			}
		}
	}
}

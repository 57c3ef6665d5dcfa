// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"carescan/scanner/fact"
)

// mute gives a port of loopback that answers no contact at all: its queue is full
// and nobody empties it.
func mute(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(at.(*syscall.SockaddrInet4).Port)
	for range 8 { // the last ones wait in vain
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, 100*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this kernel queues more contacts than the test makes")
	return ""
}

// TestSilence tells the silence of a filter from that of a server, and from our
// own restraint.
func TestSilence(t *testing.T) {
	t.Parallel()
	n := world(t, mx, map[string]string{
		"25": serve(t, answering("220 mx\r\n", "250 mx\r\n")), "110": mute(t), "143": serve(t, func(conn net.Conn) { conn.Read(make([]byte, 1)) }),
	})
	delete(n.Routes, "mx1.chu.test:587") // refused by the guard
	f, _ := observe(t, n, Options{Timeout: 500 * time.Millisecond})
	want := map[int]bool{25: false, 110: true, 143: false, 587: false}
	for _, p := range only(t, f).Ports {
		if p.Filtered != want[p.Port] {
			t.Errorf("port %d is %+v, filtered wanted %t", p.Port, p, want[p.Port])
		}
		if p.Port != 25 && p.Reach != fact.Unreached {
			t.Errorf("port %d is %s", p.Port, p.Reach)
		}
	}
}

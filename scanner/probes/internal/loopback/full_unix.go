// SPDX-License-Identifier: Apache-2.0

//go:build unix

package loopback

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// maxQueued is more contacts than the shortest queue of a kernel holds.
const maxQueued = 16

// Full is an address that answers no contact at all, as a filter does: its queue
// is full and nobody empties it.
func Full(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	here := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(syscall.Bind(fd, here), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	bound, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("the socket is bound to %v", name)
	}
	at := netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port))
	fill(t, at)
	return at
}

// fill makes contacts until one waits in vain.
func fill(t testing.TB, at netip.AddrPort) {
	t.Helper()
	dialer := net.Dialer{Timeout: 300 * time.Millisecond}
	for range maxQueued {
		conn, err := dialer.DialContext(t.Context(), "tcp", at.String())
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatalf("the queue of %s holds more than %d contacts", at, maxQueued)
}

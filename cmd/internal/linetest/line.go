// SPDX-License-Identifier: Apache-2.0

// Package linetest is a slow line in memory, for tests in virtual time: a real
// listener's connections would stop that clock.
package linetest

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Line is a listener, reached by Dial alone, whose connections carry so many bits
// a second each way.
type Line struct {
	bits     int
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
	carried  sync.WaitGroup
}

// New makes a line, whose last bytes are let through at the end of the test: a
// virtual clock stops with it.
func New(t testing.TB, bitsPerSecond int) *Line {
	l := &Line{bits: bitsPerSecond, accepted: make(chan net.Conn), closed: make(chan struct{})}
	t.Cleanup(l.carried.Wait)
	return l
}

// Accept implements net.Listener.
func (l *Line) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *Line) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener; the address is of loopback, and nobody's.
func (l *Line) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// Dial connects to the line, whatever the address, as net.Dialer.DialContext does.
func (l *Line) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	here, there := l.newEnd(near), l.newEnd(far)
	select {
	case l.accepted <- there:
		return here, nil
	case <-l.closed:
	case <-ctx.Done():
	}
	return nil, errors.Join(net.ErrClosed, ctx.Err(), here.Close(), there.Close())
}

// end is one end of a connection. What is written leaves at the pace of the line,
// from a buffer as a system has one: a writer that held a lock while it waited
// would stop a virtual clock.
type end struct {
	net.Conn
	bits    int
	mu      sync.Mutex
	closed  bool
	leaving chan []byte
}

const (
	segment = 1400 // bytes that go at once, as on a real line
	buffer  = 8192 // segments
	parting = 10 * time.Second
)

func (l *Line) newEnd(conn net.Conn) *end {
	e := &end{Conn: conn, bits: l.bits, leaving: make(chan []byte, buffer)}
	l.carried.Go(e.carry)
	return e
}

// carry sends what was written until the end is closed and nothing is left.
func (e *end) carry() {
	defer e.Conn.Close()
	for part := range e.leaving {
		timer := time.NewTimer(time.Duration(len(part)) * 8 * time.Second / time.Duration(e.bits))
		<-timer.C
		if _, err := e.Conn.Write(part); err != nil {
			return
		}
	}
}

// Write implements net.Conn.
func (e *end) Write(data []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, net.ErrClosed
	}
	for part := range slices.Chunk(data, segment) {
		select {
		case e.leaving <- slices.Clone(part):
		default:
			return 0, errors.New("the buffer of the line is full")
		}
	}
	return len(data), nil
}

// Close implements net.Conn; what was written still leaves for a moment.
func (e *end) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	close(e.leaving)
	return e.SetDeadline(time.Now().Add(parting))
}

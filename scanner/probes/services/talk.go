// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// maxAnswer bounds what is read of one answer.
const maxAnswer = 8 << 10

// hello is one question to an open port: what is sent, and how the answer is
// read. Without a packet it only listens.
type hello struct {
	packet []byte
	// read tells from the bytes received so far who speaks; false asks for more.
	read func(answer []byte) (identity, bool)
	// farewell is sent once the question was answered, or not, to end properly.
	farewell []byte
}

// talk is one conversation with an open port.
type talk struct {
	conn     net.Conn
	patience time.Duration
}

// ask says a hello and reads until its answer is understood, ends, or lasts. One
// deadline covers the whole answer: a server that drips gains nothing by it.
func (t talk) ask(h hello) (identity, bool) {
	if err := t.conn.SetDeadline(time.Now().Add(t.patience)); err != nil {
		return identity{}, false
	}
	if _, err := t.conn.Write(h.packet); len(h.packet) > 0 && err != nil {
		return identity{}, false
	}
	id, ok := identity{}, false
	if h.read != nil {
		id, ok = t.listen(h.read)
	}
	t.leave(h.farewell)
	return id, ok
}

func (t talk) listen(read func([]byte) (identity, bool)) (identity, bool) {
	var answer bytes.Buffer
	chunk := make([]byte, 2<<10)
	for answer.Len() < maxAnswer {
		n, err := t.conn.Read(chunk)
		answer.Write(chunk[:n])
		if id, ok := read(answer.Bytes()); ok && n > 0 {
			return id, true
		}
		if err != nil {
			return identity{}, false
		}
	}
	return identity{}, false
}

// leave says goodbye; what becomes of it does not matter.
func (t talk) leave(farewell []byte) {
	if len(farewell) > 0 && t.conn.SetDeadline(time.Now().Add(t.patience)) == nil {
		_, _ = t.conn.Write(farewell)
	}
}

// banner listens to a server that speaks first, and gives back what it said.
func (t talk) banner() (said []byte, ended bool) {
	if err := t.conn.SetDeadline(time.Now().Add(t.patience)); err != nil {
		return nil, true
	}
	chunk := make([]byte, 2<<10)
	for len(said) < maxAnswer {
		n, err := t.conn.Read(chunk)
		said = append(said, chunk[:n]...)
		if err != nil {
			return said, !errors.Is(err, os.ErrDeadlineExceeded)
		}
		if _, ok := readBanner(said); ok {
			return said, false
		}
	}
	return said, true
}

// replayed is a connection whose first bytes were already read.
type replayed struct {
	net.Conn
	first io.Reader
}

func (r *replayed) Read(p []byte) (int, error) {
	if n, err := r.first.Read(p); n > 0 || err == nil {
		return n, nil
	}
	return r.Conn.Read(p)
}

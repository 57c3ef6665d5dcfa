// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// shortHello is the longest hello that a box of another age lets through, in bytes: the
// length of a longer one needs a second byte.
const shortHello = 255

var errLongHello = errors.New("the hello is longer than the box lets through")

// shortHellos is a listener behind a box that resets connections whose hello is long.
type shortHellos struct{ net.Listener }

// Accept gives a connection that the box looks at first.
func (b shortHellos) Accept() (net.Conn, error) {
	conn, err := b.Listener.Accept()
	if err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	return &boxedConn{Conn: conn}, nil
}

// boxedConn reads the hello of a client, then lets it through or resets.
type boxedConn struct {
	net.Conn
	rest io.Reader // nil until the hello was read
}

// Read gives what the client sent, from its first byte, unless its hello is long.
func (c *boxedConn) Read(p []byte) (int, error) {
	if c.rest == nil {
		first, err := firstRecord(c.Conn)
		if err != nil {
			return 0, err
		}
		if first[0] == recordHandshake && len(first)-recordHead > shortHello {
			return 0, errors.Join(errLongHello, reset(c.Conn))
		}
		c.rest = io.MultiReader(bytes.NewReader(first), c.Conn)
	}
	return c.rest.Read(p)
}

// reset ends a connection without a farewell, whatever it still holds.
func reset(conn net.Conn) error {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	return conn.Close()
}

// recordHead is the length of what comes before the body of a record.
const recordHead = 5

// firstRecord reads the record that a client begins with; of what is no handshake, the
// first bytes.
func firstRecord(conn net.Conn) ([]byte, error) {
	record := make([]byte, recordHead)
	if _, err := io.ReadFull(conn, record); err != nil {
		return nil, fmt.Errorf("read a hello: %w", err)
	}
	if record[0] != recordHandshake {
		return record, nil
	}
	record = append(record, make([]byte, binary.BigEndian.Uint16(record[3:]))...)
	if _, err := io.ReadFull(conn, record[recordHead:]); err != nil {
		return nil, fmt.Errorf("read a hello: %w", err)
	}
	return record, nil
}

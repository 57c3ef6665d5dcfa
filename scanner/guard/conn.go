// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"net"
	"sync"
	"sync/atomic"

	"carescan/scanner"
)

// conn is a connection that gives its place back when it closes.
type conn struct {
	net.Conn
	once   sync.Once
	closed func()
	// reads, when set, reads what is about to be sent, and may refuse it.
	reads func(p []byte) error
	// turn, when set, waits for that of one more packet. The first had the turn of its
	// socket.
	turn    func() error
	packets atomic.Int64
	// spoke, when set, is told that something was sent: a request that waits for a
	// handshake, or for a busy machine, is sent later than its turn came.
	spoke func()
}

// Write sends what may be said, when it may.
func (c *conn) Write(p []byte) (int, error) {
	if c.reads != nil {
		if err := c.reads(p); err != nil {
			return 0, err
		}
	}
	if c.turn != nil && c.packets.Add(1) > 1 {
		if err := c.turn(); err != nil {
			return 0, err
		}
	}
	if c.spoke != nil {
		defer c.spoke()
	}
	return c.Conn.Write(p)
}

// Close closes the connection, once.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		err = c.Conn.Close()
		c.closed()
	})
	return err
}

// abort closes without sending what is still waiting: the kernel would go on
// for minutes towards a slow peer, and a stop must be a stop.
func (c *conn) abort() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		// A connection that is already gone needs no linger.
		_ = tcp.SetLinger(0)
	}
	_ = c.Close() // nothing is left to do when an abort fails
}

// guarded is what the guard made of a connection.
func guarded(opened net.Conn) *conn {
	if packets, ok := opened.(*packetConn); ok {
		return packets.conn
	}
	return opened.(*conn)
}

// asPacket keeps UDP recognisable: DNS clients look for net.PacketConn to know
// that messages need no length before them.
func (c *conn) asPacket() net.Conn {
	if _, ok := c.Conn.(net.PacketConn); ok {
		return &packetConn{c}
	}
	return c
}

// packetConn is a connected UDP socket that speaks to its peer only.
type packetConn struct{ *conn }

// ReadFrom reads a packet of the peer.
func (c *packetConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	return n, c.RemoteAddr(), err
}

// WriteTo writes a packet to the peer, and refuses any other address.
func (c *packetConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if to == nil || to.String() != c.RemoteAddr().String() {
		return 0, refuse(scanner.RefusedOutOfScope, addrText(to), "the socket speaks to "+c.RemoteAddr().String()+" only")
	}
	return c.Write(p)
}

func addrText(a net.Addr) string {
	if a == nil {
		return "nowhere"
	}
	return a.String()
}

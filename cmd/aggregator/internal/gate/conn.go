// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// conn is a connection inside. Its fields below gate belong to the mutex of the gate.
type conn struct {
	net.Conn
	gate   *Listener
	origin string
	party  string // empty until it is known
	asked  bool
	busy   int // requests under way
	since  time.Time
	first  *time.Timer
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}

// expire closes a connection that asked nothing in time.
func (c *conn) expire() {
	c.gate.mutex.Lock()
	asked := c.asked
	c.gate.mutex.Unlock()
	if !asked {
		_ = c.Close() // its server goes on closing it
	}
}

func (c *conn) begin() {
	c.gate.mutex.Lock()
	defer c.gate.mutex.Unlock()
	c.asked = true
	c.busy++
}

func (c *conn) end() {
	c.gate.mutex.Lock()
	defer c.gate.mutex.Unlock()
	c.busy--
	c.since = time.Now()
	c.gate.free()
}

type key struct{}

// Attend has a server, whose handler is set, tell its gate what each connection asks.
func Attend(server *http.Server) {
	server.ConnContext = func(ctx context.Context, outer net.Conn) context.Context {
		if secured, ok := outer.(*tls.Conn); ok {
			outer = secured.NetConn()
		}
		if c, ok := outer.(*conn); ok {
			return context.WithValue(ctx, key{}, c)
		}
		return ctx
	}
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(key{}).(*conn); ok {
			c.begin()
			defer c.end()
		}
		next.ServeHTTP(w, r)
	})
}

// Known tells the gate whose the connection of a request is, once that is proven: it
// counts for its party from then on, and no more for its address, which many may
// share. False when the party has too many connections at work.
func Known(ctx context.Context, party string) bool {
	c, ok := ctx.Value(key{}).(*conn)
	return !ok || c.gate.know(c, party)
}

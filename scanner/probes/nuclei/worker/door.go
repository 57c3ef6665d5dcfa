// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"carescan/scanner/probes/nuclei"
)

// doorScheme makes the engine believe in a proxy, which is our door.
const doorScheme = "carescan"

// doors are those of the sites under look. The engine takes each for a proxy of its
// own, whose name nothing but our code gives.
type doors struct {
	mu    sync.Mutex
	named map[string]*door
	last  int
}

func newDoors() *doors { return &doors{named: map[string]*door{}} }

// open gives a door its address, until it is shut.
func (d *doors) open(one *door) (address string, shut func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last++
	name := fmt.Sprint("site-", d.last)
	d.named[name] = one
	return doorScheme + "://" + name, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.named, name)
	}
}

// at is the door of a name; one that leads nowhere when there is none.
func (d *doors) at(name string) *door {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, ok := d.named[name]; ok {
		return one
	}
	return &door{}
}

// door dials through the local socket of the parent that leads to one site, and which
// also says when a request may be sent to it.
type door struct {
	path, secret string // without a path it leads nowhere
	// shut is set while the last permit was refused: nothing is sent then. One
	// request is made at a time, so that a permit is always for the next one.
	shut atomic.Bool
}

// Dial is DialContext for callers without a context.
func (d *door) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext asks the parent for a connection to "host:port"; the name is
// resolved there. The parent bounds what the site takes, and not the wait for a place.
func (d *door) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	conn, err := d.ask(ctx, http.MethodConnect, address) // RFC 9110 section 9.3.6
	if err != nil {
		return nil, err
	}
	return &gate{conn, &d.shut}, nil
}

// permit waits until the parent lets one more request go.
func (d *door) permit(ctx context.Context) error {
	conn, err := d.ask(ctx, http.MethodPost, nuclei.PermitPath)
	d.shut.Store(err != nil)
	if err != nil {
		return err
	}
	return conn.Close()
}

// ask reaches the parent and returns the connection once it agreed.
func (d *door) ask(ctx context.Context, method, target string) (net.Conn, error) {
	if d.path == "" {
		return nil, errLocked
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", d.path)
	if err != nil {
		return nil, fmt.Errorf("reach the door of the agent: %w", err)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := d.speak(conn, method, target); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (d *door) speak(conn net.Conn, method, target string) error {
	const request = "%s %s HTTP/1.1\r\nHost: door\r\nProxy-Authorization: Bearer %s\r\n\r\n"
	if _, err := fmt.Fprintf(conn, request, method, target, d.secret); err != nil {
		return fmt.Errorf("ask the door of the agent: %w", err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		return fmt.Errorf("hear the door of the agent: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return silent(reader)
	}
	reason, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return errors.New(strings.TrimSpace(string(reason)))
}

// silent refuses a site that speaks before it is asked: it is no web server.
func silent(reader *bufio.Reader) error {
	if reader.Buffered() > 0 {
		return errors.New("the site spoke before it was asked")
	}
	return nil
}

var errNoPermit = errors.New("the agent gave no permit for this request")

// gate is a connection to the site on which nothing is sent without a permit:
// the engine takes a connection it has kept, and may not hear in time that the
// permit was refused.
type gate struct {
	net.Conn
	shut *atomic.Bool
}

// Write sends to the site.
func (g *gate) Write(data []byte) (int, error) {
	if g.shut.Load() {
		return 0, errNoPermit
	}
	return g.Conn.Write(data)
}

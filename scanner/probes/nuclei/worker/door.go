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
	"time"
)

// doorScheme makes the engine believe in a proxy, which is our door.
const doorScheme = "carescan"

// doorTimeout is how long a connection to the site may take.
const doorTimeout = 30 * time.Second

// door dials through the local socket of the parent.
type door struct{ path, secret string }

// Dial is DialContext for callers without a context.
func (d door) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext asks the parent for a connection to "host:port"; the name is
// resolved there.
func (d door) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, doorTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", d.path)
	if err != nil {
		return nil, fmt.Errorf("reach the door of the agent: %w", err)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := d.ask(conn, address); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// ask speaks CONNECT (RFC 9110 section 9.3.6).
func (d door) ask(conn net.Conn, address string) error {
	const request = "CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: Bearer %s\r\n\r\n"
	if _, err := fmt.Fprintf(conn, request, address, address, d.secret); err != nil {
		return fmt.Errorf("ask the door of the agent: %w", err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
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

// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/guard"
	"carescan/scanner/probes/internal/loopback"
)

// echoNetwork leads to a server that answers what it is told.
type echoNetwork struct {
	closedNetwork
	address string
}

func (n echoNetwork) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if address != "www.chu.test:443" {
		return nil, &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: address, Detail: "not declared"}
	}
	return (&net.Dialer{}).DialContext(ctx, network, n.address)
}

var secureSite = &url.URL{Scheme: "https", Host: "www.chu.test"}

func serveEcho(t *testing.T) string {
	t.Helper()
	return loopback.Serve(t, func(conn net.Conn) { _, _ = io.Copy(conn, conn) })
}

func knock(t *testing.T, d *door, method, address, secret string) (status int, reason string, conn net.Conn, reader *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("unix", d.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: door\r\nProxy-Authorization: Bearer %s\r\n\r\n", method, address, secret)
	reader = bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		return response.StatusCode, "", conn, reader
	}
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(body)), conn, reader
}

func TestDoorLeadsToTheSiteOnly(t *testing.T) {
	d, err := openDoor(t.Context(), t.TempDir(), secureSite, echoNetwork{address: serveEcho(t)}, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	tests := map[string]struct {
		method, address, secret string
		status                  int
		reason                  string
	}{
		"wrong-secret":  {http.MethodConnect, "www.chu.test:443", "guess", http.StatusProxyAuthRequired, "wrong secret"},
		"no-secret":     {http.MethodConnect, "www.chu.test:443", "", http.StatusProxyAuthRequired, "wrong secret"},
		"other-method":  {http.MethodOptions, "www.chu.test:443", d.secret, http.StatusMethodNotAllowed, "only connections and permits are served"},
		"other-path":    {http.MethodPost, "/", d.secret, http.StatusMethodNotAllowed, "only connections and permits are served"},
		"permit-secret": {http.MethodPost, PermitPath, "guess", http.StatusProxyAuthRequired, "wrong secret"},
		"other-host":    {http.MethodConnect, "other.chu.test:443", d.secret, http.StatusForbidden, "only the site under look may be asked"},
		"refused-port": {
			http.MethodConnect, "www.chu.test:22", d.secret, http.StatusBadGateway,
			"connection to www.chu.test:22 refused by the scope guard (out-of-scope): not declared",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, reason, _, _ := knock(t, d, test.method, test.address, test.secret)
			if status != test.status || reason != test.reason {
				t.Errorf("got %d %q, want %d %q", status, reason, test.status, test.reason)
			}
		})
	}
}

// paced is a network whose pace the test decides.
type paced struct {
	closedNetwork
	turns chan error
	waits chan struct{} // told when no turn is free
}

func (p paced) Pace(ctx context.Context, host string) error {
	if host != "www.chu.test" {
		return fmt.Errorf("the pace of %s was asked", host)
	}
	select {
	case err := <-p.turns:
		return err
	default:
	}
	p.waits <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func TestDoorGivesPermitsAtTheSharedPace(t *testing.T) {
	network := paced{turns: make(chan error, 2), waits: make(chan struct{}, 1)}
	d, err := openDoor(t.Context(), t.TempDir(), secureSite, network, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	network.turns <- nil
	if status, reason, _, _ := knock(t, d, http.MethodPost, PermitPath, d.secret); status != http.StatusOK {
		t.Errorf("got %d %q, want a permit", status, reason)
	}
	network.turns <- &scanner.Refusal{Code: scanner.RefusedQuietHours, Address: "www.chu.test", Detail: "not now"}
	status, reason, _, _ := knock(t, d, http.MethodPost, PermitPath, d.secret)
	if want := "connection to www.chu.test refused by the scope guard (quiet-hours): not now"; status != http.StatusBadGateway || reason != want {
		t.Errorf("got %d %q, want %d %q", status, reason, http.StatusBadGateway, want)
	}
	// A wait for a permit ends with the door.
	conn, err := net.Dial("unix", d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: door\r\nProxy-Authorization: Bearer %s\r\n\r\n", PermitPath, d.secret)
	<-network.waits
	d.close()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil && answer.StatusCode == http.StatusOK {
		t.Error("a permit is given after the door was closed")
	}
}

func TestDoorCarriesBothWaysAndCutsWhenClosed(t *testing.T) {
	d, err := openDoor(t.Context(), t.TempDir(), secureSite, echoNetwork{address: serveEcho(t)}, 9)
	if err != nil {
		t.Fatal(err)
	}
	_, _, conn, reader := knock(t, d, http.MethodConnect, "www.chu.test:443", d.secret)
	fmt.Fprintln(conn, "hello")
	if line, err := reader.ReadString('\n'); line != "hello\n" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	d.close()
	if _, err := reader.ReadByte(); err == nil {
		t.Error("the tunnel outlives the door")
	}
	if _, err := net.Dial("unix", d.path); err == nil {
		t.Error("the door is still open")
	}
}

// A worker asks one thing at a time: a connection that it kept gives its place back to
// the one that it asks for.
func TestDoorHoldsOneConnection(t *testing.T) {
	d, err := openDoor(t.Context(), t.TempDir(), secureSite, echoNetwork{address: serveEcho(t)}, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	_, _, _, kept := knock(t, d, http.MethodConnect, "www.chu.test:443", d.secret)
	_, _, conn, reader := knock(t, d, http.MethodConnect, "www.chu.test:443", d.secret)
	if _, err := kept.ReadByte(); err == nil {
		t.Error("the connection before is still open")
	}
	fmt.Fprintln(conn, "hello")
	if line, err := reader.ReadString('\n'); line != "hello\n" || err != nil {
		t.Errorf("got %q, %v", line, err)
	}
	if status, _, _, _ := knock(t, d, http.MethodConnect, "www.chu.test:22", d.secret); status != http.StatusBadGateway {
		t.Errorf("got status %d, want %d", status, http.StatusBadGateway)
	}
	if _, err := reader.ReadByte(); err == nil {
		t.Error("a connection is kept beside one that was asked for")
	}
}

// TestPermitAndConnectionAreOneTurn counts, with the real guard, what a request costs
// that needs a connection.
func TestPermitAndConnectionAreOneTurn(t *testing.T) {
	t.Parallel()
	const perSecond, requests = 2, 4
	door, err := guard.New(guard.Config{
		RatePerHost: perSecond, Redirects: map[string]string{"www.chu.test:443": serveEcho(t)},
		Scope: scanner.Scope{
			Names: []string{"*.chu.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Authorisation: scanner.Authorisation{By: "test", From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer door.Stop()
	leash := guard.NewLeash(t.Context(), door, scanner.Needs{})
	defer leash.Release()
	d, err := openDoor(t.Context(), t.TempDir(), secureSite, leash, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	began := time.Now()
	for range requests {
		if status, reason, _, _ := knock(t, d, http.MethodPost, PermitPath, d.secret); status != http.StatusOK {
			t.Fatalf("got %d %q, want a permit", status, reason)
		}
		if status, reason, _, _ := knock(t, d, http.MethodConnect, "www.chu.test:443", d.secret); status != http.StatusOK {
			t.Fatalf("got %d %q, want a connection", status, reason)
		}
	}
	lasted, turn := time.Since(began), time.Second/perSecond
	if least := (requests - 1) * turn; lasted < least || lasted > least+(requests-1)*turn {
		t.Errorf("%d requests with their connections took %s, want %s", requests, lasted, least)
	}
}

// TestHellosAreSpared: a site that keeps no connection is sent the hellos allowed and no
// other; one that does is sent another for as many requests as a connection may be
// expected to carry; pages in clear cost none.
func TestHellosAreSpared(t *testing.T) {
	t.Parallel()
	hung := "the site closes its connections, and the hellos allowed are spent"
	for name, test := range map[string]struct {
		site     *url.URL
		port     string
		requests int // before each connection
		unheard  int // handshakes that came to nothing before
		made     int // of nine connections asked for
		why      string
	}{
		"keeps-none":  {secureSite, "443", 1, 0, 2, hung},
		"keeps":       {secureSite, "443", carried, 0, 9, ""},
		"keeps-some":  {secureSite, "443", carried / 4, 0, 2, hung},
		"keeps-more":  {secureSite, "443", carried / 2, 0, 4, hung},
		"in-clear":    {secureSite, "80", 1, 0, 9, ""},
		"clear-site":  {&url.URL{Scheme: "http", Host: "www.chu.test:8080"}, "8080", 1, 0, 9, ""},
		"leads-there": {&url.URL{Scheme: "http", Host: "www.chu.test:8080"}, "443", 1, 0, 2, hung},
		"unspoken":    {secureSite, "443", 1, 2, 2, "the site speaks a TLS that the template engine does not"},
	} {
		d, err := openDoor(t.Context(), t.TempDir(), test.site, closedNetwork{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		made := 0
		for range 9 {
			d.permits += test.requests
			if d.afford("www.chu.test:" + test.port) {
				made++
			}
			d.unheard = min(made, test.unheard)
		}
		if made != test.made || d.leftAlone() != test.why {
			t.Errorf("%s: %d connections and %q, want %d and %q", name, made, d.leftAlone(), test.made, test.why)
		}
		d.close()
	}
}

// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

const first = 10 * time.Second

// street is a listener that a test connects to from any address.
type street struct{ coming chan net.Conn }

func (s street) Accept() (net.Conn, error) {
	conn, ok := <-s.coming
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (street) Close() error { return nil }

func (street) Addr() net.Addr { return from("192.0.2.1") }

// from is the address of a peer.
type from string

func (from) Network() string { return "tcp" }

func (f from) String() string { return net.JoinHostPort(string(f), "4711") }

// peer is the end that the server holds.
type peer struct {
	net.Conn
	from
}

func (p peer) RemoteAddr() net.Addr { return p.from }

// connect comes to the gate from an address, and returns the end of whoever comes.
func (s street) connect(t *testing.T, address string) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	s.coming <- peer{far, from(address)}
	synctest.Wait()
	t.Cleanup(func() { _ = near.Close() })
	return near
}

// open serves behind a gate. A request of /wait is at work until the test ends it; one of
// /as/x proves that its connection is of party x.
func open(t *testing.T, limits Limits) (s street, release chan struct{}) {
	t.Helper()
	s, release = street{make(chan net.Conn)}, make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(http.ResponseWriter, *http.Request) { <-release })
	mux.HandleFunc("/as/{party}", func(w http.ResponseWriter, r *http.Request) {
		if !Known(r.Context(), r.PathValue("party")) {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		if r.URL.Query().Has("wait") {
			<-release
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Hour}
	Attend(server)
	listener := New(s, limits)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		close(s.coming)
		_ = server.Close()
		synctest.Wait()
	})
	return s, release
}

func ask(t *testing.T, conn net.Conn, path string) {
	t.Helper()
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: gate.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// answer is the status line's code, as three letters, or the error.
func answer(t *testing.T, conn net.Conn) string {
	t.Helper()
	buffer := make([]byte, 1024)
	n, err := conn.Read(buffer)
	if err != nil || n < 12 {
		return "closed"
	}
	return string(buffer[9:12])
}

// isOpen tells whether the server still holds a connection of which nothing is to come.
func isOpen(conn net.Conn) bool {
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return false
	}
	_, err := conn.Read(make([]byte, 1))
	var waited net.Error
	return errors.As(err, &waited) && waited.Timeout()
}

func wantOpen(t *testing.T, what string, conn net.Conn, want bool) {
	t.Helper()
	if got := isOpen(conn); got != want {
		t.Errorf("%s: open is %v, want %v", what, got, want)
	}
}

func TestSilentConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, Limits{All: 8, Origin: 8, Party: 8, First: first})
		silent, asking := s.connect(t, "192.0.2.7"), s.connect(t, "192.0.2.7")
		ask(t, asking, "/as/anna")
		if got := answer(t, asking); got != "200" {
			t.Errorf("answer %s", got)
		}
		time.Sleep(first - time.Second)
		wantOpen(t, "silent, before its time", silent, true)
		time.Sleep(2 * time.Second)
		wantOpen(t, "silent", silent, false)
		wantOpen(t, "that asked", asking, true)
	})
}

// TestOneAddressLeavesRoom: whoever comes from a crowded address takes the place of the
// one that waited longest there, and nobody else's.
func TestOneAddressLeavesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, Limits{All: 8, Origin: 2, Party: 8, First: first})
		elsewhere := s.connect(t, "192.0.2.8")
		known := s.connect(t, "192.0.2.7")
		ask(t, known, "/as/anna")
		answer(t, known)
		var crowd []net.Conn
		for range 4 {
			time.Sleep(time.Millisecond)
			crowd = append(crowd, s.connect(t, "192.0.2.7"))
		}
		for i, want := range []bool{false, false, true, true} {
			wantOpen(t, "one of the crowd", crowd[i], want)
		}
		wantOpen(t, "one of another address", elsewhere, true)
		wantOpen(t, "one that is known", known, true)
	})
}

// TestCrowdAtWorkIsRefusedMore: connections at work keep their place, and their address
// gets no other.
func TestCrowdAtWorkIsRefusedMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release := open(t, Limits{All: 8, Origin: 2, Party: 8, First: first})
		for range 2 {
			ask(t, s.connect(t, "192.0.2.7"), "/wait")
		}
		wantOpen(t, "a third one", s.connect(t, "192.0.2.7"), false)
		other := s.connect(t, "192.0.2.8")
		ask(t, other, "/as/anna")
		if got := answer(t, other); got != "200" {
			t.Errorf("another address is answered %s", got)
		}
		close(release)
	})
}

// TestFullGate takes the place of a stranger of the address that has most of them, and
// that of a known one only when no stranger is left.
func TestFullGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t, Limits{All: 4, Origin: 4, Party: 8, First: first})
		known := s.connect(t, "192.0.2.1")
		ask(t, known, "/as/anna")
		answer(t, known)
		alone := s.connect(t, "192.0.2.2")
		crowd := []net.Conn{s.connect(t, "192.0.2.3"), s.connect(t, "192.0.2.3")}
		s.connect(t, "192.0.2.4")
		if isOpen(crowd[0]) == isOpen(crowd[1]) {
			t.Error("the crowded address did not lose one of two")
		}
		wantOpen(t, "alone", alone, true)
		wantOpen(t, "known", known, true)
	})
}

// TestAllAtWork makes whoever comes wait for the first place.
func TestAllAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release := open(t, Limits{All: 2, Origin: 2, Party: 2, First: first})
		for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
			ask(t, s.connect(t, address), "/wait")
		}
		late := s.connect(t, "192.0.2.3")
		wantOpen(t, "the late one", late, true)
		release <- struct{}{}
		// The answer of the first is read by nobody: its place is free once it is given up.
		time.Sleep(time.Second)
		if err := late.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		ask(t, late, "/as/anna")
		got := answer(t, late)
		close(release)
		if got != "200" {
			t.Errorf("the late one is answered %s", got)
		}
	})
}

// TestParty: one that is known has so many connections, wherever from; the next takes
// the place of one that asks nothing, or is refused.
func TestParty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, release := open(t, Limits{All: 8, Origin: 8, Party: 2, First: first})
		var conns []net.Conn
		for _, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
			time.Sleep(time.Millisecond)
			conn := s.connect(t, address)
			ask(t, conn, "/as/anna")
			if got := answer(t, conn); got != "200" {
				t.Errorf("from %s: %s", address, got)
			}
			conns = append(conns, conn)
		}
		wantOpen(t, "the first", conns[0], false)
		for _, conn := range conns[1:] {
			if err := conn.SetReadDeadline(time.Time{}); err != nil {
				t.Fatal(err)
			}
			ask(t, conn, "/as/anna?wait")
		}
		more := s.connect(t, "192.0.2.4")
		ask(t, more, "/as/anna")
		if got := answer(t, more); got != "429" {
			t.Errorf("one more is answered %s", got)
		}
		close(release)
	})
}

func TestOrigin(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:443": "192.0.2.1", "192.0.2.1": "192.0.2.1", "[::ffff:192.0.2.1]:443": "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64", "[fe80::1%eth0]:443": "fe80::/64",
		"pipe": "pipe",
	} {
		if got := Origin(address); got != want {
			t.Errorf("Origin(%q) = %q, want %q", address, got, want)
		}
	}
}

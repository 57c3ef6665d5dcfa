// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const host = "srv.chu.test"

// closed is an address of loopback where nobody listens.
const closed = "127.0.0.1:1"

// world is a host whose ports are all closed but those given.
func world(open map[int]string) *loopback.Network {
	routes := map[string]string{at(1234): closed}
	for _, number := range append(tablePorts(), controls...) {
		routes[at(number)] = closed
	}
	for _, d := range datagrams {
		routes[at(d.number)] = closed
	}
	for number, address := range open {
		routes[at(number)] = address
	}
	return &loopback.Network{Routes: routes, Addresses: map[string][]netip.Addr{host: {netip.MustParseAddr("192.0.2.10")}}}
}

func at(number int) string { return fmt.Sprintf("%s:%d", host, number) }

// look observes the host and returns its services.
func look(t *testing.T, network scanner.Network, o Options) (fact.HostServices, []scanner.Sighting) {
	t.Helper()
	if o.Patience == 0 {
		o.Patience = 500 * time.Millisecond
	}
	sightings, err := New(o).Observe(t.Context(), network, scanner.HostTarget(host))
	if err != nil {
		t.Fatal(err)
	}
	return sightings[0].Fact.(fact.HostServices), sightings
}

// lookAt observes one port, served at an address.
func lookAt(t *testing.T, number int, address string) fact.Port {
	t.Helper()
	seen, _ := look(t, world(map[int]string{number: address}), Options{Ports: []int{number}})
	return seen.Ports[0]
}

// lookAtServer observes one port of a program, which may be slower than a server
// of the test.
func lookAtServer(t *testing.T, number int, address string) fact.Port {
	t.Helper()
	seen, _ := look(t, world(map[int]string{number: address}), Options{Ports: []int{number}, Patience: 3 * time.Second})
	return seen.Ports[0]
}

// udpPort finds a UDP port in a fact.
func udpPort(t *testing.T, f fact.HostServices, number int) fact.Port {
	t.Helper()
	for _, p := range f.Ports {
		if p.Transport == "udp" && p.Number == number {
			return p
		}
	}
	t.Fatalf("port %d/udp was not looked at", number)
	return fact.Port{}
}

// server is a server of the test that keeps all it receives.
type server struct {
	address string
	mu      sync.Mutex
	heard   [][]byte // by connection
	done    sync.WaitGroup
}

// serve answers each connection with a function of what was received so far: it
// gives the bytes to send, if any. The greeting is sent first.
func serve(t *testing.T, greeting string, answer func(heard []byte) []byte) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: listener.Addr().String()}
	t.Cleanup(func() { listener.Close(); s.done.Wait() })
	s.done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.talk(conn, greeting, answer) })
		}
	})
	return s
}

func (s *server) talk(conn net.Conn, greeting string, answer func([]byte) []byte) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, greeting)
	var heard bytes.Buffer
	chunk := make([]byte, 4096)
	for {
		n, err := conn.Read(chunk)
		heard.Write(chunk[:n])
		if n > 0 && answer != nil {
			_, _ = conn.Write(answer(heard.Bytes()))
		}
		if err != nil {
			break
		}
	}
	s.mu.Lock()
	s.heard = append(s.heard, heard.Bytes())
	s.mu.Unlock()
}

// all is what each connection that said something said, once the server had
// time to read it.
func (s *server) all(t *testing.T, want int) [][]byte {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		s.mu.Lock()
		heard, ended := slices.Clone(s.heard), len(s.heard) >= want
		s.mu.Unlock()
		if ended {
			return slices.DeleteFunc(heard, func(b []byte) bool { return len(b) == 0 })
		}
		pause(t)
	}
	t.Fatalf("fewer than %d connections ended", want)
	return nil
}

func pause(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// start runs a server until the test ends, once its port accepts connections.
func start(t *testing.T, port int, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, name, args...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	var output lockedBuffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = command.Wait() })
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); pause(t) {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			return address
		}
	}
	t.Fatalf("%s did not start:\n%s", name, output.String())
	return ""
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freePort is one that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

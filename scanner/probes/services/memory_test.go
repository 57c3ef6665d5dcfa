// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
	"carescan/scanner/scannertest"
)

// TestHostileServersTakeLittleMemory meets servers that never end on several ports:
// what each says is bounded, and so are all of them together.
func TestHostileServersTakeLittleMemory(t *testing.T) {
	line := "SSH-2.0-OpenSSH_9.2\r\n"
	after := func(begins, then string) func(*testing.T) func(net.Conn) {
		return func(*testing.T) func(net.Conn) {
			rest := bytes.Repeat([]byte(then), 1+64<<10/len(then))
			return func(c net.Conn) {
				if _, err := c.Write([]byte(begins)); err == nil {
					flood(c, rest)
				}
			}
		}
	}
	for name, play := range map[string]func(*testing.T) func(net.Conn){
		"banner":             after("", "a"),
		"lines":              after("", "220-again\r\n"),
		"zeroes":             after("", "\x00"),
		"ones":               after("", "\xff"),
		"ssh-lines":          after("", line),
		"ssh-preamble":       after("", "hello\r\n"),
		"ssh-long-line":      after("SSH-2.0-", "a"),
		"ssh-huge-packet":    after(line+"\x7f\xff\xff\xff\x04\x14", "\x00"),
		"ssh-largest-packet": after(line, "\x00\x03\xff\xfc\x04\x14"+strings.Repeat("\x00", 256<<10-6)),
		"ssh-ignored":        after(line, "\x00\x00\x00\x0c\x0a\x02\x00\x00\x00\x00"+strings.Repeat("\x00", 6)),
		"ssh-huge-list":      after(line+"\x00\x03\xff\xfc\x04\x14"+strings.Repeat("\x00", 16)+"\xff\xff\xff\xff", "a,"),
		"ssh-lets-in":        letsEverybodyIn,
		"page":               after("HTTP/1.1 200 OK\r\n\r\n", "<title>a</title>"),
		"page-head":          after("HTTP/1.1 200 OK\r\n", "A: b\r\n"),
		"page-line":          after("HTTP/1.1 200 OK\r\nA: ", "b"),
		"page-chunks":        after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1;"+strings.Repeat("a", 1000)+"\r\na\r\n"),
		"ldap":               after("\x30\x84\x7f\xff\xff\xff", "\x04\x00"),
		"mysql":              after("\xff\xff\xff\x00\x0a", "a"),
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				address, open := loopback.Serve(t, play(t)), map[int]string{}
				ports := []int{21, 22, 23, 389, 3306, 6379, 8088} // with more, the host is taken for a filter
				for _, number := range ports {
					open[number] = address
				}
				seen, _ := look(t, world(open), Options{Ports: ports, Patience: 50 * time.Millisecond})
				for _, p := range seen.Ports[:len(ports)] {
					t.Logf("port %d: %s, %q", p.Number, p.State, p.Protocol)
					if p.State != fact.PortOpen {
						t.Errorf("port %d is %s", p.Number, p.State)
					}
				}
			})
		})
	}
}

// letsEverybodyIn is a server that lets in without a login, and then asks without
// end.
func letsEverybodyIn(t *testing.T) func(net.Conn) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{NoClientAuth: true, BannerCallback: func(ssh.ConnMetadata) string { return strings.Repeat("a", 200<<10) }}
	config.AddHostKey(signer)
	payload := make([]byte, 100<<10)
	return func(c net.Conn) {
		server, channels, requests, err := ssh.NewServerConn(c, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		go func() {
			for channel := range channels {
				_ = channel.Reject(ssh.Prohibited, "")
			}
		}()
		for err == nil {
			_, _, err = server.SendRequest("flood@chu.test", false, payload)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"carescan/scanner/scannertest"
)

// TestHostileServersTakeLittleMemory meets mail servers that never end, on every port
// that is looked at and with the question of the relay.
func TestHostileServersTakeLittleMemory(t *testing.T) {
	// after says something, a line for each line heard, then something else for ever.
	after := func(then string, begins ...string) func(net.Conn) {
		rest := bytes.Repeat([]byte(then), 1+64<<10/len(then))
		return func(conn net.Conn) {
			lines := bufio.NewScanner(conn)
			for i, words := range begins {
				if i > 0 && !lines.Scan() {
					return
				}
				io.WriteString(conn, words)
			}
			if len(begins) > 0 && !lines.Scan() {
				return
			}
			for _, err := conn.Write(rest); err == nil; _, err = conn.Write(rest) {
			}
		}
	}
	hello := "250-mx\r\n250 STARTTLS\r\n"
	for name, play := range map[string]func(net.Conn){
		"greeting-line":  after("a"),
		"greeting-lines": after("220-again\r\n"),
		"hello-line":     after("250-a", "220 mx\r\n"),
		"hello-lines":    after("250-AUTH PLAIN\r\n", "220 mx\r\n"),
		"sender-lines":   after("250-again\r\n", "220 mx\r\n", hello),
		"starttls-lines": after("220-again\r\n", "220 mx\r\n", hello),
		"tls-zeroes":     after("\x00", "220 mx\r\n", hello, "220 go\r\n"),
		"tls-records":    after("\x16\x03\x03\x40\x00"+strings.Repeat("\x0b", 1<<14), "220 mx\r\n", hello, "220 go\r\n"),
		"tls-message":    after("\x16\x03\x03\x00\x08\x02\xff\xff\xff\x03\x03\x00\x00", "220 mx\r\n", hello, "220 go\r\n"),
		"imap":           after("* CAPABILITY IMAP4rev1 STARTTLS\r\n", "* OK ready\r\n"),
		"pop3":           after("STLS\r\n", "+OK ready\r\n", "+OK\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				port, ports := serve(t, play), map[string]string{}
				for _, number := range []string{"25", "465", "587", "110", "143", "993", "995"} {
					ports[number] = port
				}
				n := world(t, mx, ports)
				n.Authorised = true
				f, _ := observe(t, n, Options{Timeout: 100 * time.Millisecond, RelaySender: "a@chu.test", RelayRecipient: "b@chu.test"})
				h := only(t, f)
				if h.Ports[0].Error == "" && h.TLSError == "" {
					t.Errorf("nothing was found wrong with %+v", h.Ports[0])
				}
				for _, p := range h.Ports {
					if len(p.Banner) > maxText+len("…") || len(p.Error) > maxText+len("…") {
						t.Errorf("%d bytes of banner are kept, %d of error", len(p.Banner), len(p.Error))
					}
				}
			})
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"net"
	"strconv"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestSilence tells the silence of a filter from that of a server, and from our
// own restraint.
func TestSilence(t *testing.T) {
	t.Parallel()
	n := world(t, mx, map[string]string{
		"25": serve(t, answering("220 mx\r\n", "250 mx\r\n")), "110": strconv.Itoa(int(loopback.Full(t).Port())), "143": serve(t, func(conn net.Conn) { conn.Read(make([]byte, 1)) }),
	})
	delete(n.Routes, "mx1.chu.test:587") // refused by the guard
	f, _ := observe(t, n, Options{Timeout: 500 * time.Millisecond})
	want := map[int]bool{25: false, 110: true, 143: false, 587: false}
	for _, p := range only(t, f).Ports {
		if p.Filtered != want[p.Port] {
			t.Errorf("port %d is %+v, filtered wanted %t", p.Port, p, want[p.Port])
		}
		if p.Port != 25 && p.Reach != fact.Unreached {
			t.Errorf("port %d is %s", p.Port, p.Reach)
		}
	}
}

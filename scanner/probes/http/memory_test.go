// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"carescan/scanner/probes/internal/loopback"
	"carescan/scanner/scannertest"
)

// bomb is 512 MiB of zeroes, compressed twice.
func bomb(t *testing.T, over func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var out bytes.Buffer
	outer := over(&out)
	inner := over(outer)
	zeroes := make([]byte, 1<<20)
	for range 512 {
		inner.Write(zeroes)
	}
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHostileServersTakeLittleMemory meets web servers that never end, or whose page
// is far larger than what is sent.
func TestHostileServersTakeLittleMemory(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	for name, test := range map[string]struct {
		begins, then string
		bomb         func(io.Writer) io.WriteCloser
	}{
		"status":           {"HTTP/1.1 200 ", "a", nil},
		"head-lines":       {head, "Set-Cookie: a=b\r\n", nil},
		"head-line":        {head + "Content-Security-Policy: ", "a;", nil},
		"head-folded":      {head + "A: b\r\n", " c\r\n", nil},
		"interim":          {"", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", nil},
		"body":             {head + "\r\n", "a", nil},
		"body-promised":    {head + "Content-Length: 9223372036854775807\r\n\r\n", "a", nil},
		"chunks":           {head + "Transfer-Encoding: chunked\r\n\r\n", "1;" + strings.Repeat("a", 1000) + "\r\na\r\n", nil},
		"chunk-promised":   {head + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", "a", nil},
		"trailers":         {head + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", nil},
		"elements":         {head + "\r\n", "<b>", nil},
		"attributes":       {head + "\r\n<a ", "b=c ", nil},
		"gzip-bomb":        {head + "Content-Encoding: gzip, gzip\r\n\r\n", "a", func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }},
		"deflate-bomb":     {head + "Content-Encoding: deflate, deflate\r\n\r\n", "a", func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }},
		"gzip-endless":     {head + "Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00", "name", nil},
		"redirect-endless": {"HTTP/1.1 302 Found\r\nLocation: https://" + host + "/", "a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				rest := bytes.Repeat([]byte(test.then), 1+64<<10/len(test.then))
				begins := test.begins
				if test.bomb != nil {
					begins += bomb(t, test.bomb)
				}
				play := func(conn net.Conn) {
					_, err := conn.Read(make([]byte, 4<<10)) // the request
					if err == nil {
						_, err = io.WriteString(conn, begins)
					}
					for err == nil {
						_, err = conn.Write(rest)
					}
				}
				certified := httptest.NewTLSServer(nil)
				defer certified.Close()
				l := &loopback.Network{Routes: map[string]string{}, Addresses: map[string][]netip.Addr{host: {here}}}
				l.Routes[host+":80"] = loopback.Serve(t, play)
				l.Routes[host+":443"] = loopback.Serve(t, func(conn net.Conn) { play(tls.Server(conn, certified.TLS)) })
				began := time.Now()
				observe(t, l, 300*time.Millisecond)
				t.Logf("it took %s", time.Since(began).Round(time.Millisecond))
			})
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package regiontest

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/http2"

	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
)

// Silences are the ways of holding a connection and asking nothing.
func Silences() map[string]func(testing.TB, net.Conn) {
	return map[string]func(testing.TB, net.Conn){
		"nothing":   func(testing.TB, net.Conn) {},
		"handshake": beginHandshake,
		"http1":     func(t testing.TB, conn net.Conn) { secure(t, conn, "http/1.1") },
		"http2":     beginHTTP2,
	}
}

// beginHandshake writes the head of a ClientHello and no more of it (RFC 8446 section 5.1).
func beginHandshake(_ testing.TB, conn net.Conn) {
	_, _ = conn.Write([]byte{22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3}) // the server may have closed already
}

func secure(t testing.TB, conn net.Conn, protocol string) *tls.Conn {
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	if err := secured.HandshakeContext(t.Context()); err != nil {
		return nil // the server may have closed already
	}
	return secured
}

// beginHTTP2 says what a client says first, and never opens a stream (RFC 9113 section 3.4).
func beginHTTP2(t testing.TB, conn net.Conn) {
	secured := secure(t, conn, http2.NextProtoTLS)
	if secured == nil {
		return
	}
	_, _ = io.WriteString(secured, http2.ClientPreface)
	_ = http2.NewFramer(secured, secured).WriteSettings()
}

// Flood opens connections to an address of TLS and keeps each in one kind of silence,
// until the test ends.
func Flood(t testing.TB, address string, connections int, silence func(testing.TB, net.Conn)) {
	t.Helper()
	for range connections {
		conn := must(new(net.Dialer).DialContext(t.Context(), "tcp", address))(t)
		t.Cleanup(func() { _ = conn.Close() })
		silence(t, conn)
	}
}

// SealDense seals, as an agent that lies would, a text that costs much more once it is
// values: observations whose entries of one kind are empty, as many as are read at all.
// Noise, in bytes, makes it a large bundle.
func (a *Agent) SealDense(entries string, noise int) []byte {
	a.region.t.Helper()
	data := make([]byte, noise)
	_, _ = rand.Read(data) // never fails
	list := `{"` + entries + `":[` + strings.Repeat("{},", bundle.MaxFindings-1) + "{}]}"
	text := `{"run":{"observations":[` + strings.Repeat(list+",", 51) + `{}]},"artifacts":[{"data":"` + base64.StdEncoding.EncodeToString(data) + `"}]}`
	// A small window: what seals counts in a test that measures memory.
	encoder := must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)))(a.region.t)
	defer encoder.Close()
	return must(envelope.Seal(bundle.PayloadType, encoder.EncodeAll([]byte(text), nil), a.Key))(a.region.t)
}

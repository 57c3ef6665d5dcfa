// SPDX-License-Identifier: Apache-2.0

package oldtls

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

// TestOpenSSL reads the page of real servers, one suite after the other.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	pair := debian.RSAPair(t, 2048, "www.chu.test")
	old := []string{"AES128-SHA", "DHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "AECDH-AES128-SHA", "NULL-SHA", "NULL-MD5"}
	tests := map[string]struct {
		flag   string
		suites []string
	}{
		"1.0": {"-tls1", old},
		"1.1": {"-tls1_1", old},
		"1.2": {"-tls1_2", append(old, "AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-CHACHA20-POLY1305", "ADH-AES128-SHA256", "NULL-SHA256")},
	}
	for version, tt := range tests {
		for _, suite := range tt.suites {
			t.Run(version+"/"+suite, func(t *testing.T) {
				t.Parallel()
				address := debian.OpenSSL(t, "-cert", pair, tt.flag, "-www", "-cipher", suite+":@SECLEVEL=0")
				conn := dial(t, address, Offer(hello.TLS12, "www.chu.test"))
				io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
				page, err := io.ReadAll(conn)
				if err != nil || !strings.Contains(string(page), "New, ") || hello.VersionName(conn.Answer.Version) != version {
					t.Errorf("%s, error %v, page %.60q", hello.VersionName(conn.Answer.Version), err, page)
				}
			})
		}
	}
}

// dial makes a handshake with a server that must accept it.
func dial(t *testing.T, address string, o hello.Offer) *Conn {
	t.Helper()
	conn, err := attempt(t, address, o)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func attempt(t *testing.T, address string, o hello.Offer) (*Conn, error) {
	t.Helper()
	raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return Client(t.Context(), raw, o)
}

// TestGo speaks with the server of Go, which has ciphers that OpenSSL left.
func TestGo(t *testing.T) {
	t.Parallel()
	file := debian.RSAPair(t, 2048, "www.chu.test")
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, suite := range []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256} {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12} {
			if suite == tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 && version < tls.VersionTLS12 {
				continue
			}
			t.Run(fmt.Sprintf("%s-%x", tls.CipherSuiteName(suite), version), func(t *testing.T) {
				config := &tls.Config{MinVersion: version, MaxVersion: version, CipherSuites: []uint16{suite}, Certificates: []tls.Certificate{pair}}
				address := loopback.Serve(t, func(c net.Conn) {
					server := tls.Server(c, config)
					io.Copy(server, server)
				})
				conn := dial(t, address, Offer(hello.TLS12, ""))
				for _, said := range []string{"a", strings.Repeat("long ", 8000)} { // more than one record
					go io.WriteString(conn, said)
					heard := make([]byte, len(said))
					if _, err := io.ReadFull(conn, heard); err != nil || string(heard) != said {
						t.Errorf("%d bytes came back otherwise: %v", len(said), err)
					}
				}
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestShortKeys speaks with servers whose key is too short for today.
func TestShortKeys(t *testing.T) {
	t.Parallel()
	short := debian.RSAPair(t, 512, "www.chu.test")
	for _, suite := range []string{"AES128-SHA", "DHE-RSA-AES128-SHA"} {
		address := debian.OpenSSL(t, "-cert", short, "-tls1", "-www", "-cipher", suite+":@SECLEVEL=0")
		conn := dial(t, address, Offer(hello.TLS12, "www.chu.test"))
		if len(conn.Answer.Certificates) != 1 {
			t.Errorf("%s: %d certificates", suite, len(conn.Answer.Certificates))
		}
	}
}

// serverHello is the first message of a server, which takes a suite.
func serverHello(version, suite uint16) []byte {
	body := binary.BigEndian.AppendUint16(nil, version)
	body = append(binary.BigEndian.AppendUint16(append(body, make([]byte, 33)...), suite), 0)
	return message(2, body)
}

func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func record(kind byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{kind, 3, 1}, uint16(len(body))), body...)
}

// finiteParameters is a ServerKeyExchange of TLS 1.0, without a signature.
func finiteParameters(p, g, y []byte) []byte {
	var body []byte
	for _, number := range [][]byte{p, g, y} {
		body = append(binary.BigEndian.AppendUint16(body, uint16(len(number))), number...)
	}
	return message(12, body)
}

// TestHostile meets servers that cannot be gone on with: each says why, and costs
// nothing.
func TestHostile(t *testing.T) {
	t.Parallel()
	const anonymous = 0x0034 // TLS_DH_anon_WITH_AES_128_CBC_SHA
	done := message(14, nil)
	flight := func(parameters []byte) []byte {
		return record(hello.RecordHandshake, slices.Concat(serverHello(hello.TLS10, anonymous), parameters, done))
	}
	huge := bytes.Repeat([]byte{0xFF}, 4096)
	for name, tt := range map[string]struct {
		sent []byte
		want scanner.CauseCode
	}{
		"ssl3":      {record(hello.RecordHandshake, slices.Concat(serverHello(hello.SSL3, 0x002F), done)), scanner.CauseTLSUnspoken},
		"unoffered": {record(hello.RecordHandshake, slices.Concat(serverHello(hello.TLS10, 0x0041), done)), scanner.CauseTLSUnspoken},
		"alert":     {record(hello.RecordAlert, []byte{2, 40}), scanner.CauseTLSRefused},
		"other":     {[]byte("220 mail.chu.test ESMTP\r\n"), scanner.CauseNotTLS},
		"cut":       {record(hello.RecordHandshake, serverHello(hello.TLS10, anonymous)), scanner.CauseReset},
		"no-prime":  {flight(finiteParameters(nil, []byte{2}, []byte{2})), scanner.CauseTLSUnspoken},
		"one":       {flight(finiteParameters([]byte{1}, []byte{2}, []byte{2})), scanner.CauseTLSUnspoken},
		"huge":      {flight(finiteParameters(huge, huge[:2], huge[:2])), scanner.CauseTLSUnspoken},
		"public-0":  {flight(finiteParameters(huge[:128], []byte{2}, []byte{0})), scanner.CauseTLSUnspoken},
		"no-secret": {flight(nil), scanner.CauseTLSUnspoken},
	} {
		t.Run(name, func(t *testing.T) {
			address := loopback.Serve(t, func(c net.Conn) {
				c.Read(make([]byte, 1024))
				c.Write(tt.sent)
			})
			_, err := attempt(t, address, Offer(hello.TLS12, ""))
			if err == nil || scanner.CauseOf(err).Code != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// played is a server that says what it was given, and hears nothing.
type played struct {
	net.Conn
	*bytes.Reader
}

func (p played) Read(b []byte) (int, error)       { return p.Reader.Read(b) }
func (played) Write(b []byte) (int, error)        { return len(b), nil }
func (played) Close() error                       { return nil }
func (played) SetWriteDeadline(_ time.Time) error { return nil }

// FuzzClient holds that no server breaks the client, and that none finishes a
// handshake without our keys.
func FuzzClient(f *testing.F) {
	f.Add(record(hello.RecordHandshake, slices.Concat(serverHello(hello.TLS10, 0x0034), finiteParameters(bytes.Repeat([]byte{0xFF}, 64), []byte{2}, []byte{3}), message(14, nil))))
	f.Add(record(hello.RecordAlert, []byte{1, 0}))
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn, err := Client(t.Context(), played{Reader: bytes.NewReader(sent)}, Offer(hello.TLS12, "www.chu.test"))
		if err == nil {
			t.Error("a handshake was finished without a key")
		}
		conn.Close()
	})
}

// FuzzOpen holds that what no key of ours sealed does not open.
func FuzzOpen(f *testing.F) {
	f.Add(make([]byte, 48))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		for _, suite := range []uint16{0x0005, 0x000A, 0x002F, 0x009C, 0xCCA8} {
			for _, version := range []uint16{hello.TLS10, hello.TLS12} {
				s, _ := specOf(suite)
				size := 0
				if s.block != nil {
					size = s.blockSize()
				}
				p := s.protect(version, random(20), random(s.keyLength), random(max(s.fixed, size)))
				if opened, err := p.open(hello.RecordData, sealed); err == nil {
					t.Errorf("%s opened %d bytes", hello.SuiteName(suite), len(opened))
				}
			}
		}
	})
}

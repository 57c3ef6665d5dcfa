// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"encoding/hex"
	"net"
	"strings"

	"carescan/scanner/probes/internal/hello"
)

// maxTape is how many bytes one handshake may bring.
const maxTape = 320 << 10

// tape is a connection that keeps what passes over it, within a bound: what
// crypto/tls does not tell is read from it afterwards.
type tape struct {
	net.Conn
	read, written bytes.Buffer
}

// Read reads, keeps, and ends what is endless.
func (t *tape) Read(p []byte) (int, error) {
	if t.read.Len() >= maxTape {
		return 0, hello.ErrTooMuch
	}
	n, err := t.Conn.Read(p)
	t.read.Write(p[:n])
	return n, err
}

// Write writes and keeps.
func (t *tape) Write(p []byte) (int, error) {
	t.written.Write(p)
	return t.Conn.Write(p)
}

// keyLog keeps the secrets of a handshake of ours, in the format of RFC 9850. They
// protect nothing: no data is exchanged.
type keyLog struct{ text strings.Builder }

// Write keeps one line.
func (k *keyLog) Write(p []byte) (int, error) { return k.text.Write(p) }

// secret finds the secret of a label; nil when there is none.
func (k *keyLog) secret(label string) []byte {
	for line := range strings.Lines(k.text.String()) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == label {
			secret, err := hex.DecodeString(words[2])
			if err != nil {
				return nil
			}
			return secret
		}
	}
	return nil
}

func frame(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// SPDX-License-Identifier: Apache-2.0

package certificate

import (
	"bytes"
	"net"

	"golang.org/x/crypto/cryptobyte"

	"carescan/scanner/probes/internal/hello"
)

// MessageKind is the number of the message that carries certificates (RFC 8446
// appendix B.3).
const MessageKind = 11

// Message reads the certificates of the message of RFC 5246 section 7.4.2, or of
// TLS 1.3 (RFC 8446 section 4.4.2), where a context comes first and extensions
// follow each.
func Message(body []byte, tls13 bool) [][]byte {
	var skipped, list, cert cryptobyte.String
	message := cryptobyte.String(body)
	if tls13 && !message.ReadUint8LengthPrefixed(&skipped) || !message.ReadUint24LengthPrefixed(&list) {
		return nil
	}
	var sent [][]byte
	for list.ReadUint24LengthPrefixed(&cert) && (!tls13 || list.ReadUint16LengthPrefixed(&skipped)) {
		sent = append(sent, cert)
	}
	return sent
}

// InClear finds the certificates that a server sent in clear, before TLS 1.3, in
// all that it sent.
func InClear(stream []byte) [][]byte {
	for kind, body := range hello.InClear(stream) {
		if kind == MessageKind {
			return Message(body, false)
		}
	}
	return nil
}

// Recorder is a connection that keeps the beginning of what comes over it, where
// the certificates are that the standard library refuses and tells nothing of.
type Recorder struct {
	net.Conn
	read bytes.Buffer
}

// Read reads and keeps, within the bound of a chain.
func (r *Recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.read.Write(p[:min(n, max(0, maxBytes-r.read.Len()))])
	return n, err //nolint:wrapcheck // of the connection, as it is
}

// Certificates are those that came in clear.
func (r *Recorder) Certificates() [][]byte { return InClear(r.read.Bytes()) }

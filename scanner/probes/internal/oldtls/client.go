// SPDX-License-Identifier: Apache-2.0

// Package oldtls finishes handshakes of TLS 1.0 to 1.2 that the standard library
// refuses: finite-field Diffie-Hellman, signatures by SHA-1, RSA keys of 512 bits,
// certificates out of form.
//
// A server that speaks nothing else is the one to know most about. Nothing that
// passes over these connections is secret or trusted: neither the certificate nor
// the signature of the key exchange is verified.
package oldtls

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/probes/internal/hello"
)

// The messages of a handshake that are written or awaited (RFC 5246 section 7.4).
const (
	messageCertificate = 11
	messageKeyExchange = 16
	messageFinished    = 20
)

const (
	maxRecord = 1<<14 + 2048 // bytes, RFC 5246 section 6.2.3
	maxPlain  = 1 << 14
	maxIdle   = 32 // records in a row that bring no data
	farewell  = time.Second
)

var (
	errNotSpoken = scanner.NotSeen(scanner.CauseTLSUnspoken, nil, errors.New("the service chose what no part of this program speaks"))
	errBad       = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the answer is no TLS handshake"))
)

// Suites are those of a version that can be spoken, the most usual first.
func Suites(version uint16) []uint16 {
	return slices.DeleteFunc(hello.Suites(version, 0), func(id uint16) bool { _, known := specOf(id); return !known })
}

// Offer is a hello of what can be spoken up to a version, small enough for any usual
// name to pass where larger ones are lost.
func Offer(version uint16, name string) hello.Offer {
	o := hello.Offer{
		Version: version, Name: name, MasterSecret: true, Renegotiate: true,
		Groups:     []uint16{hello.X25519, hello.P256, hello.P384, hello.P521},
		Signatures: []uint16{0x0403, 0x0503, 0x0603, 0x0804, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203, 0x0202, 0x0101}, // SHA-1 and MD5 last
	}
	suites := Suites(version)
	o.Suites = suites[:min(len(suites), o.Room())]
	return o
}

// Conn is a connection over which a handshake was finished.
type Conn struct {
	net.Conn
	Answer hello.Answer // the first flight of the server

	reader    *bufio.Reader
	spec      spec
	in, out   protection
	master    []byte
	messages  []byte // of the handshake, as Finished covers them
	finished  []byte // of the client (RFC 5746 section 3.1)
	plain     []byte // received, and not read yet
	sentClose bool
}

// Client makes a handshake by a hello. Its deadline is that of the connection; the
// end of the context ends it too.
func Client(ctx context.Context, conn net.Conn, o hello.Offer) (*Conn, error) {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c := &Conn{Conn: conn, reader: bufio.NewReaderSize(conn, maxRecord)}
	raw, err := o.Bytes()
	if err != nil {
		return c, err
	}
	if _, err = conn.Write(raw); err != nil {
		return c, fmt.Errorf("send a hello: %w", err)
	}
	if c.Answer, err = hello.Read(c.reader); err != nil {
		return c, fmt.Errorf("read the answer to a hello: %w", err)
	}
	if err = c.settled(o); err != nil {
		return c, err
	}
	c.messages = slices.Concat(raw[headLength:], c.Answer.Flight)
	if err = c.finish(raw[headLength+randomAt:headLength+randomAt+randomLength], o); err != nil {
		return c, fmt.Errorf("finish a handshake in %s: %w", hello.SuiteName(c.Answer.Suite), err)
	}
	return c, nil
}

// Where the random of a hello stands, after the head of its record.
const (
	headLength   = 5
	randomAt     = 6
	randomLength = 32
)

// settled tells whether the answer is one that can be gone on with.
func (c *Conn) settled(o hello.Offer) error {
	a := c.Answer
	switch {
	case a.Alerted:
		return hello.Refused(a.Alert)
	case !a.Done || a.Version < hello.TLS10 || a.Version > o.Version || !slices.Contains(o.Suites, a.Suite) || a.Compression != 0:
		return errNotSpoken
	}
	var known bool
	if c.spec, known = specOf(a.Suite); !known {
		return errNotSpoken
	}
	return nil
}

// finish agrees on a secret, changes cipher, and hears the server do it.
func (c *Conn) finish(clientRandom []byte, o hello.Offer) error {
	share, premaster, err := agree(c.spec, c.Answer, o.Version)
	if err != nil {
		return err
	}
	if c.Answer.Request { // no certificate is ours (RFC 5246 section 7.4.6)
		if err = c.say(messageCertificate, []byte{0, 0, 0}); err != nil {
			return err
		}
	}
	if err = c.say(messageKeyExchange, share); err != nil {
		return err
	}
	seed, label := slices.Concat(clientRandom, c.Answer.Random), "master secret"
	if o.MasterSecret && c.Answer.MasterSecret { // RFC 7627 section 4
		seed, label = c.spec.digest(c.Answer.Version, c.messages), "extended master secret"
	}
	c.master = c.prf(premaster, label, seed, masterLength)
	mine, theirs := c.protections(clientRandom)
	if err = c.write(hello.RecordCipherSpec, []byte{1}); err != nil {
		return err
	}
	c.out = mine
	c.finished = c.verify("client finished")
	if err = c.say(messageFinished, c.finished); err != nil {
		return err
	}
	return c.awaitFinished(theirs)
}

// say writes a handshake message, and keeps it for Finished.
func (c *Conn) say(kind byte, body []byte) error {
	message := append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	c.messages = append(c.messages, message...)
	return c.write(hello.RecordHandshake, message)
}

// verify is the content of a Finished (RFC 5246 section 7.4.9).
func (c *Conn) verify(label string) []byte {
	return c.prf(c.master, label, c.spec.digest(c.Answer.Version, c.messages), 12)
}

// awaitFinished reads what the server says before the first data: tickets, the
// change of cipher, and its own Finished.
func (c *Conn) awaitFinished(theirs protection) error {
	for range maxIdle {
		kind, body, err := c.record()
		switch {
		case err != nil:
			return err
		case kind == hello.RecordCipherSpec && c.in == nil:
			c.in = theirs
		case kind == hello.RecordHandshake && c.in == nil: // a ticket comes in clear (RFC 5077 section 3.3)
			c.messages = append(c.messages, body...)
		case kind == hello.RecordHandshake && c.in != nil:
			if len(body) < 4 || body[0] != messageFinished || !bytes.Equal(body[4:], c.verify("server finished")) {
				return errBad
			}
			return nil
		case kind == hello.RecordAlert && len(body) == 2 && body[0] != 1:
			return hello.Refused(body[1])
		case kind != hello.RecordAlert:
			return errBad
		}
	}
	return errBad
}

// record reads one record, and opens it once the server has changed cipher.
func (c *Conn) record() (kind byte, body []byte, err error) {
	head := make([]byte, headLength)
	if _, err = io.ReadFull(c.reader, head); err != nil {
		return 0, nil, err
	}
	length := int(binary.BigEndian.Uint16(head[3:]))
	if length > maxRecord {
		return 0, nil, errBad
	}
	body = make([]byte, length)
	if _, err = io.ReadFull(c.reader, body); err != nil {
		return 0, nil, err
	}
	if c.in != nil {
		body, err = c.in.open(head[0], body)
	}
	return head[0], body, err
}

// write writes records of one type.
func (c *Conn) write(kind byte, plain []byte) error {
	for part := range slices.Chunk(plain, maxPlain) {
		if c.out != nil {
			part = c.out.seal(kind, part)
		}
		head := binary.BigEndian.AppendUint16([]byte{kind}, c.Answer.Version)
		if _, err := c.Conn.Write(append(binary.BigEndian.AppendUint16(head, uint16(len(part))), part...)); err != nil {
			return fmt.Errorf("write a record: %w", err)
		}
	}
	return nil
}

// Write sends data.
func (c *Conn) Write(p []byte) (int, error) {
	if err := c.write(hello.RecordData, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Read gives the data received. What comes besides is passed over: nothing is begun
// again.
func (c *Conn) Read(p []byte) (int, error) {
	for range maxIdle {
		if len(c.plain) > 0 {
			n := copy(p, c.plain)
			c.plain = c.plain[n:]
			return n, nil
		}
		kind, body, err := c.record()
		switch {
		case err != nil:
			return 0, err
		case kind == hello.RecordData:
			c.plain = body
		case kind == hello.RecordAlert && len(body) == 2 && (body[0] != 1 || body[1] == hello.AlertCloseNotify):
			return 0, io.EOF
		}
	}
	return 0, errBad
}

// Close says goodbye and ends the connection.
func (c *Conn) Close() error {
	if c.master != nil && !c.sentClose {
		c.sentClose = true
		// The other side may be gone, or read nothing.
		_ = c.SetWriteDeadline(time.Now().Add(farewell))
		_ = c.write(hello.RecordAlert, []byte{1, hello.AlertCloseNotify})
	}
	return c.Conn.Close()
}

// Again asks to begin again, by a hello bound to the session when the server knows
// how (RFC 5746 section 3.5), and tells the type of record that answers.
func (c *Conn) Again(o hello.Offer) (kind byte, err error) {
	o.Verify, o.Renegotiate = c.finished, c.Answer.Renegotiate
	if !o.Renegotiate {
		o.Verify = nil
	}
	raw, err := o.Bytes()
	if err != nil {
		return 0, err
	}
	if err = c.write(hello.RecordHandshake, raw[headLength:]); err != nil {
		return 0, err
	}
	for range maxIdle {
		kind, _, err = c.record()
		if err != nil || kind != hello.RecordData { // a server may greet meanwhile
			return kind, err
		}
	}
	return 0, errBad
}

// random gives bytes that nobody guesses.
func random(length int) []byte {
	b := make([]byte, length)
	// Reading randomness cannot fail (crypto/rand).
	_, _ = rand.Read(b)
	return b
}

// SPDX-License-Identifier: Apache-2.0

// Package starttls asks a server to begin TLS within the protocol it speaks, and
// stops at the very byte where the ClientHello may be sent.
//
// Nothing else is asked: no name, no password, no data. Replies are read one byte
// at a time, because whatever follows the agreement belongs to TLS (RFC 3207
// section 6 and its kin tell what happens when it does not).
package starttls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
)

// Protocol is what is spoken before TLS; empty when TLS begins at once.
type Protocol string

// The protocols known.
const (
	AtOnce     Protocol = ""
	SMTP       Protocol = "smtp"
	IMAP       Protocol = "imap"
	POP3       Protocol = "pop3"
	Sieve      Protocol = "sieve"
	LDAP       Protocol = "ldap"
	FTP        Protocol = "ftp"
	XMPP       Protocol = "xmpp"        // between a client and its server
	XMPPServer Protocol = "xmpp-server" // between servers
	PostgreSQL Protocol = "postgresql"
	MySQL      Protocol = "mysql"
	RDP        Protocol = "rdp"
)

// dialogues are how each protocol comes to TLS.
var dialogues = map[Protocol]func(t *talk, name string) error{
	AtOnce:     func(*talk, string) error { return nil },
	SMTP:       smtp,
	IMAP:       imap,
	POP3:       pop3,
	Sieve:      sieve,
	LDAP:       ldap,
	FTP:        ftp,
	XMPP:       xmppClient,
	XMPPServer: xmppServer,
	PostgreSQL: postgresql,
	MySQL:      mysql,
	RDP:        rdp,
}

var ports = map[int]Protocol{
	21: FTP, 25: SMTP, 110: POP3, 143: IMAP, 389: LDAP, 587: SMTP, 3306: MySQL, 3389: RDP,
	4190: Sieve, 5222: XMPP, 5269: XMPPServer, 5432: PostgreSQL,
}

// ForPort is the protocol usually spoken on a TCP port.
func ForPort(port int) Protocol { return ports[port] }

// Known lists the protocols that lead to TLS, in alphabetical order.
func Known() []Protocol {
	var known []Protocol
	for p := range dialogues {
		if p != AtOnce {
			known = append(known, p)
		}
	}
	slices.Sort(known)
	return known
}

// NotOffered is the error of a server that answered, in its protocol, that it
// does not begin TLS.
type NotOffered struct {
	Protocol Protocol
	Reply    string // bounded, printable
}

// Error says what the server answered.
func (e *NotOffered) Error() string {
	return fmt.Sprintf("%s without encryption: %s", e.Protocol, e.Reply)
}

// OtherTalk is the error of a server that does not speak the protocol.
type OtherTalk struct {
	Protocol Protocol
	Reply    string // bounded, printable
}

// Error says what the server answered.
func (e *OtherTalk) Error() string { return fmt.Sprintf("not %s: %s", e.Protocol, e.Reply) }

// Upgrade brings an open connection to the point where the ClientHello may be
// sent. The name is that of the server, for the protocols that say it. The error
// is a *NotOffered, an *OtherTalk, or anything else when nothing is known: a
// time-out, a passing refusal, an answer beyond the bounds.
func Upgrade(ctx context.Context, conn net.Conn, protocol Protocol, name string) error {
	dialogue, known := dialogues[protocol]
	if !known {
		return fmt.Errorf("begin TLS: unknown protocol %q", string(protocol))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := dialogue(newTalk(conn, protocol), name)
	return explain(ctx, protocol, err)
}

// explain adds what was being done to an error that has no type of its own.
func explain(ctx context.Context, protocol Protocol, err error) error {
	_, refused := errors.AsType[*NotOffered](err)
	_, other := errors.AsType[*OtherTalk](err)
	switch {
	case err == nil || refused || other:
		return err
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return fmt.Errorf("talk %s: %w", protocol, err)
}

// The bounds of one dialogue.
const (
	maxBytes = 64 << 10
	maxLine  = 8 << 10
	maxLines = 256 // of one reply
	maxQuote = 120 // bytes of a reply told in an error
)

var (
	errTooMuch = errors.New("the answer is longer than is read")
	errBroken  = errors.New("the answer is not well formed")
)

// talk is one dialogue, within its bounds.
type talk struct {
	stream   io.ReadWriter
	protocol Protocol
	left     int // bytes that may still be read
}

func newTalk(stream io.ReadWriter, protocol Protocol) *talk {
	return &talk{stream: stream, protocol: protocol, left: maxBytes}
}

// say sends bytes.
func (t *talk) say(message string) error {
	if _, err := io.WriteString(t.stream, message); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// bytes reads exactly so many bytes.
func (t *talk) bytes(n int) ([]byte, error) {
	if n > t.left {
		return nil, errTooMuch
	}
	t.left -= n
	raw := make([]byte, n)
	if _, err := io.ReadFull(t.stream, raw); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return raw, nil
}

// ReadByte reads one byte; with it, a decoder needs no buffer of its own.
func (t *talk) ReadByte() (byte, error) {
	raw, err := t.bytes(1)
	if err != nil {
		return 0, err
	}
	return raw[0], nil
}

// Read reads one byte at most, for the same reason.
func (t *talk) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// line reads up to the end of a line and no further.
func (t *talk) line() (string, error) {
	var line []byte
	for len(line) < maxLine {
		b, err := t.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b)
	}
	return "", errTooMuch
}

// ask sends one line and reads one.
func (t *talk) ask(command string) (string, error) {
	if err := t.say(command + "\r\n"); err != nil {
		return "", err
	}
	return t.line()
}

func (t *talk) notOffered(reply string) error { return &NotOffered{t.protocol, quote(reply)} }
func (t *talk) otherTalk(reply string) error  { return &OtherTalk{t.protocol, quote(reply)} }

// passing is the error of a refusal that may not last, or may be meant for us
// alone, and proves nothing. One of a numbered protocol says which by its first
// digit (RFC 5321 section 4.2.1).
func passing(reply string) error {
	cause := scanner.Cause{Code: scanner.CausePutOff}
	if code, _, _ := numberedLine(reply); code != "" {
		cause = cause.With(scanner.ValueCode, code)
		if code[0] == '5' {
			cause.Code = scanner.CauseRefusedAnswer
		}
	}
	return cause.Over(fmt.Errorf("the server answered %s", quote(reply)))
}

// quote bounds foreign bytes and makes them printable.
func quote(reply string) string { return fmt.Sprintf("%q", reply[:min(len(reply), maxQuote)]) }

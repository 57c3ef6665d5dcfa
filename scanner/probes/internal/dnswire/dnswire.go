// SPDX-License-Identifier: Apache-2.0

// Package dnswire asks DNS questions through the network door, over UDP or TCP:
// bounded, counted, and believed only when the answer is to the question.
package dnswire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// The exchange is written here and not left to the library's client, which
// tells datagrams from streams by the type of the connection: the guard gives
// connections of its own type.
const (
	UDPSize       = 1232 // fits every path (RFC 9715 section 3)
	MaxDatagrams  = 16   // read for one question, strangers included
	datagramSize  = 4096 // some servers send more than was allowed
	maxTCPMessage = 1<<16 - 1
)

// ErrMismatch is the end of an exchange whose answers were all strangers.
var ErrMismatch = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the answer does not match the question"))

// NewQuery asks one question under a random id. Resolvers are told not to check
// signatures (RFC 4035 section 3.2.2): what a zone says must be seen even when
// it is badly signed.
func NewQuery(name string, qtype uint16, recursive bool) *dns.Msg {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	q.RecursionDesired, q.CheckingDisabled = recursive, recursive
	return q.SetEdns0(UDPSize, false)
}

// Exchange asks one question of one address, over "udp" or "tcp" or one family
// of them, and tells who answered.
func Exchange(ctx context.Context, network scanner.Network, transport, address string, q *dns.Msg) (*dns.Msg, string, error) {
	conn, err := network.DialContext(ctx, transport, address)
	if err != nil {
		return nil, "", fmt.Errorf("dial: %w", err)
	}
	defer conn.Close()
	defer Interrupt(ctx, conn)()
	ask := AskDatagram
	if strings.HasPrefix(transport, "tcp") {
		ask = AskStream
	}
	reply, err := ask(conn, q)
	return reply, conn.RemoteAddr().String(), err
}

// Interrupt makes pending reads and writes end with the context. The function
// returned undoes it.
func Interrupt(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

// AskDatagram sends a question and reads until its answer. Strangers are
// ignored and not believed: an attacker must guess id, port and question.
func AskDatagram(conn io.ReadWriter, q *dns.Msg) (*dns.Msg, error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("write question: %w", err)
	}
	if _, err := conn.Write(raw); err != nil {
		return nil, fmt.Errorf("send question: %w", err)
	}
	buffer := make([]byte, datagramSize)
	for range MaxDatagrams {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, fmt.Errorf("wait for the answer: %w", err)
		}
		reply := new(dns.Msg)
		if reply.Unpack(buffer[:n]) == nil && matches(q, reply) {
			return reply, nil
		}
	}
	return nil, ErrMismatch
}

// AskStream sends a question over TCP and reads its answer.
func AskStream(conn io.ReadWriter, q *dns.Msg) (*dns.Msg, error) {
	if err := WriteMessage(conn, q); err != nil {
		return nil, err
	}
	reply, _, err := ReadMessage(conn, maxTCPMessage)
	if err != nil {
		return nil, err
	}
	if !matches(q, reply) {
		return nil, ErrMismatch
	}
	return reply, nil
}

// matches tells whether a message answers a question (RFC 5452 section 9.1).
// The case of the letters means nothing.
func matches(q, reply *dns.Msg) bool {
	if !reply.Response || reply.Id != q.Id || reply.Opcode != dns.OpcodeQuery || len(reply.Question) != 1 {
		return false
	}
	asked, told := q.Question[0], reply.Question[0]
	return told.Qtype == asked.Qtype && told.Qclass == asked.Qclass && strings.EqualFold(told.Name, asked.Name)
}

// WriteMessage writes a message after its length (RFC 1035 section 4.2.2).
func WriteMessage(w io.Writer, m *dns.Msg) error {
	raw, err := m.Pack()
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)
	if _, err := w.Write(framed); err != nil {
		return fmt.Errorf("send question: %w", err)
	}
	return nil
}

// ErrTooLong is the end of a reading that met its bound.
var ErrTooLong = scanner.NotSeen(scanner.CauseTooLarge, nil, errors.New("the answer is longer than is read"))

// ReadMessage reads one message of at most so many bytes, and tells its length.
func ReadMessage(r io.Reader, most int) (*dns.Msg, int, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, fmt.Errorf("wait for the answer: %w", err)
	}
	size := int(binary.BigEndian.Uint16(head[:]))
	if size > most {
		return nil, 0, ErrTooLong
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, 0, fmt.Errorf("read the answer: %w", err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return nil, 0, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("read the answer: %w", err))
	}
	return m, size, nil
}

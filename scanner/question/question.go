// SPDX-License-Identifier: Apache-2.0

// Package question puts one DNS question to a connection, over UDP or TCP, and
// believes only the answer to that question.
package question

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// The exchange is written here and not left to the library's client, which
// tells datagrams from streams by the type of the connection: the guard gives
// connections of its own type.
const (
	MaxDatagrams  = 16   // read for one question, strangers included
	datagramSize  = 4096 // some servers send more than was allowed
	maxTCPMessage = 1<<16 - 1
)

// ErrMismatch is the end of an exchange whose answers were all strangers.
var ErrMismatch = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the answer does not match the question"))

// AskDatagram sends a question and reads until its answer, which is given as it came
// too. Strangers are ignored and not believed: an attacker must guess id, port and
// question.
func AskDatagram(conn io.ReadWriter, q *dns.Msg) (reply *dns.Msg, message []byte, err error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, nil, fmt.Errorf("write question: %w", err)
	}
	if _, err := conn.Write(raw); err != nil {
		return nil, nil, fmt.Errorf("send question: %w", err)
	}
	buffer := make([]byte, datagramSize)
	for range MaxDatagrams {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, nil, fmt.Errorf("wait for the answer: %w", err)
		}
		reply := new(dns.Msg)
		if reply.Unpack(buffer[:n]) == nil && Answers(q, reply) {
			return reply, bytes.Clone(buffer[:n]), nil
		}
	}
	return nil, nil, ErrMismatch
}

// AskStream sends a question over TCP and reads its answer.
func AskStream(conn io.ReadWriter, q *dns.Msg) (reply *dns.Msg, message []byte, err error) {
	if err := WriteMessage(conn, q); err != nil {
		return nil, nil, err
	}
	reply, message, err = ReadMessage(conn, maxTCPMessage)
	if err != nil {
		return nil, nil, err
	}
	if !Answers(q, reply) {
		return nil, nil, ErrMismatch
	}
	return reply, message, nil
}

// Answers tells whether a message answers a question (RFC 5452 section 9.1).
// The case of the letters means nothing.
func Answers(q, reply *dns.Msg) bool {
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

// ReadMessage reads one message of at most so many bytes, and gives it as it came too.
func ReadMessage(r io.Reader, most int) (*dns.Msg, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, nil, fmt.Errorf("wait for the answer: %w", err)
	}
	size := int(binary.BigEndian.Uint16(head[:]))
	if size > most {
		return nil, nil, ErrTooLong
	}
	raw := make([]byte, size)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	m := new(dns.Msg)
	if err := m.Unpack(raw); err != nil {
		return nil, nil, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("read the answer: %w", err))
	}
	return m, raw, nil
}

// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// The exchange is written here and not left to the library's client, which
// tells datagrams from streams by the type of the connection: the guard gives
// connections of its own type.
const (
	udpSize      = 1232 // fits every path (RFC 9715 section 3)
	datagramSize = 4096 // some servers send more than was allowed
	maxDatagrams = 16   // read for one question, strangers included
)

// triesPerServer is how often one question is put to one server, and
// maxSilences how many exchanges in a row may fail before it is left alone.
const (
	triesPerServer = 2
	maxSilences    = 3
)

var (
	errMismatch = errors.New("the answer does not match the question")
	errSpent    = errors.New("the exchanges of this look are spent")
	errLarge    = fmt.Errorf("the answer holds more than %d records", maxRecords)
	errSilent   = errors.New("the server left too many questions without answer")
)

// asker puts questions to servers within the bounds of one look.
type asker struct {
	net      scanner.Network
	timeout  time.Duration
	left     int            // exchanges that may still be made
	made     int            // exchanges made
	silences map[string]int // failed exchanges in a row, by server
	journal  journal
}

// newQuery asks one question with signatures (RFC 3225). Told not to check, a
// resolver gives what it would not believe (RFC 4035 section 3.2.2).
func newQuery(name string, kind uint16, recursive, unchecked bool) *dns.Msg {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	q.RecursionDesired, q.CheckingDisabled = recursive, unchecked
	return q.SetEdns0(udpSize, true)
}

// ask puts one question to one server. A refusal of our own guard is not asked
// twice.
func (a *asker) ask(ctx context.Context, server string, q *dns.Msg) (reply *dns.Msg, from string, err error) {
	if a.silences[server] >= maxSilences {
		return nil, "", errSilent
	}
	for range triesPerServer {
		reply, from, err = a.exchange(ctx, server, q)
		if err == nil {
			a.silences[server] = 0
			a.journal.answer(q, from, reply)
			return reply, from, nil
		}
		a.silences[server]++
		if _, refused := errors.AsType[*scanner.Refusal](err); refused || ctx.Err() != nil || errors.Is(err, errSpent) {
			break
		}
		q.Id = dns.Id() // RFC 5452 section 4.3: every query is unpredictable
	}
	a.journal.silence(q, server, err)
	return nil, "", err
}

// exchange asks over UDP, and over TCP when the answer did not fit (RFC 7766
// section 5).
func (a *asker) exchange(ctx context.Context, server string, q *dns.Msg) (*dns.Msg, string, error) {
	reply, from, err := a.over(ctx, "udp", server, q)
	if err == nil && reply.Truncated {
		return a.over(ctx, "tcp", server, q)
	}
	return reply, from, err
}

// over makes one exchange over one transport.
func (a *asker) over(ctx context.Context, transport, server string, q *dns.Msg) (*dns.Msg, string, error) {
	if a.left == 0 {
		return nil, "", errSpent
	}
	a.left, a.made = a.left-1, a.made+1
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	conn, err := a.net.DialContext(ctx, transport, server)
	if err != nil {
		return nil, "", fmt.Errorf("dial: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	talk := askDatagram
	if transport == "tcp" {
		talk = askStream
	}
	reply, err := talk(conn, q)
	if err == nil && max(len(reply.Answer), len(reply.Ns)) > maxRecords {
		err = errLarge // part of a set is no set: its signature would seem wrong
	}
	return reply, conn.RemoteAddr().String(), err
}

// askDatagram sends a question and reads until its answer. Strangers are
// ignored and not believed: an attacker must guess id, port and question.
func askDatagram(conn io.ReadWriter, q *dns.Msg) (*dns.Msg, error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("write question: %w", err)
	}
	if _, err := conn.Write(raw); err != nil {
		return nil, fmt.Errorf("send question: %w", err)
	}
	buffer := make([]byte, datagramSize)
	for range maxDatagrams {
		n, err := conn.Read(buffer)
		if err != nil {
			return nil, fmt.Errorf("wait for the answer: %w", err)
		}
		reply := new(dns.Msg)
		if reply.Unpack(buffer[:n]) == nil && matches(q, reply) {
			return reply, nil
		}
	}
	return nil, errMismatch
}

// askStream sends a question over TCP, each message after its length (RFC 1035
// section 4.2.2), and reads its answer.
func askStream(conn io.ReadWriter, q *dns.Msg) (*dns.Msg, error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("write question: %w", err)
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...)); err != nil {
		return nil, fmt.Errorf("send question: %w", err)
	}
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return nil, fmt.Errorf("wait for the answer: %w", err)
	}
	raw = make([]byte, binary.BigEndian.Uint16(head[:]))
	if _, err := io.ReadFull(conn, raw); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	reply := new(dns.Msg)
	if err := reply.Unpack(raw); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if !matches(q, reply) {
		return nil, errMismatch
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

// SPDX-License-Identifier: Apache-2.0

package question

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

var errNoQuestion = errors.New("what is to be sent is not one DNS question")

// Read reads a message that is to be sent: one question, and nothing else.
func Read(raw []byte) (*dns.Msg, error) {
	q := new(dns.Msg)
	if err := q.Unpack(raw); err != nil || q.Response || q.Opcode != dns.OpcodeQuery || len(q.Question) != 1 {
		return nil, errors.Join(errNoQuestion, err)
	}
	return q, nil
}

// Put puts a question through a network, by itself when it keeps no answers.
func Put(ctx context.Context, network scanner.Network, transport, address string, raw []byte) (scanner.Heard, error) {
	if questioner, ok := network.(scanner.Questioner); ok {
		return questioner.Ask(ctx, transport, address, raw) //nolint:wrapcheck // it says all
	}
	q, err := Read(raw)
	if err != nil {
		return scanner.Heard{}, err
	}
	base, family := Split(transport)
	if base != scanner.AnyTransport {
		return dialled(ctx, network, transport, address, q)
	}
	heard, err := dialled(ctx, network, "udp"+family, address, q)
	if err != nil || !IsTruncated(heard.Message) {
		return heard, err
	}
	whole, err := dialled(ctx, network, "tcp"+family, address, q)
	whole.Exchanges += heard.Exchanges
	return whole, err
}

// Split takes the family off the name of a transport.
func Split(transport string) (base, family string) {
	base = strings.TrimRight(transport, "46")
	return base, transport[len(base):]
}

// IsTruncated reads the TC bit, in the third octet of a message (RFC 1035 section
// 4.1.1).
func IsTruncated(message []byte) bool { return len(message) > 2 && message[2]&2 != 0 }

func dialled(ctx context.Context, network scanner.Network, transport, address string, q *dns.Msg) (scanner.Heard, error) {
	conn, err := network.DialContext(ctx, transport, address)
	if err != nil {
		return scanner.Heard{}, fmt.Errorf("dial: %w", err)
	}
	defer conn.Close()
	_, message, err := Over(ctx, conn, transport, q)
	if err != nil {
		return scanner.Heard{}, err
	}
	return scanner.Heard{Message: message, From: conn.RemoteAddr().String(), At: time.Now(), Exchanges: 1}, nil
}

// Over puts a question to a connection of one transport, until the context ends.
func Over(ctx context.Context, conn net.Conn, transport string, q *dns.Msg) (reply *dns.Msg, message []byte, err error) {
	defer Interrupt(ctx, conn)()
	if strings.HasPrefix(transport, "tcp") {
		return AskStream(conn, q)
	}
	return AskDatagram(conn, q)
}

// Interrupt makes pending reads and writes end with the context. The function
// returned undoes it.
func Interrupt(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
}

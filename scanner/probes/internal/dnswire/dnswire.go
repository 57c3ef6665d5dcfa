// SPDX-License-Identifier: Apache-2.0

// Package dnswire asks DNS questions through the network door, over UDP or TCP:
// bounded, counted, and believed only when the answer is to the question.
package dnswire

import (
	"context"
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/question"
)

// UDPSize is what a datagram may hold: it fits every path (RFC 9715 section 3).
const UDPSize = 1232

// NewQuery asks one question under a random id. There is one form for resolvers and
// one for the servers of a zone, with signatures (RFC 3225): whoever asks the same
// thing shares the answer.
func NewQuery(name string, qtype uint16, recursive bool) *dns.Msg {
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	q.RecursionDesired = recursive
	return q.SetEdns0(UDPSize, true)
}

// NewStart asks a server of a zone for its start, and whether it offers recursion (RFC
// 1035 section 4.1.1): some say so only to whoever desires it.
func NewStart(zone string) *dns.Msg {
	q := NewQuery(zone, dns.TypeSOA, false)
	q.RecursionDesired = true
	return q
}

// Exchange asks one question of one address, over a transport of
// scanner.Questioner, and tells what was heard.
func Exchange(ctx context.Context, network scanner.Network, transport, address string, q *dns.Msg) (*dns.Msg, scanner.Heard, error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, scanner.Heard{}, fmt.Errorf("write question: %w", err)
	}
	heard, err := question.Put(ctx, network, transport, address, raw)
	if err != nil {
		return nil, scanner.Heard{}, err //nolint:wrapcheck // it says which step failed
	}
	reply := new(dns.Msg)
	if err := reply.Unpack(heard.Message); err != nil {
		return nil, scanner.Heard{}, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("read the answer: %w", err))
	}
	if !question.Answers(q, reply) {
		return nil, scanner.Heard{}, question.ErrMismatch
	}
	return reply, heard, nil
}

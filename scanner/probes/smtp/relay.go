// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-smtp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const maxRelayBytes = 64 << 10

var errSender = errors.New("the sender was refused, the recipient was not asked")

// relay asks whether a message between two domains of ours would be taken, and
// leaves before the message. It is a look of level P3 (exposure-checks.md
// section 1.3).
func (l *look) relay(ctx context.Context, d *door) (fact.RelayResult, string) {
	if !l.relayAllowed() {
		return fact.RelayNotAsked, ""
	}
	ctx, cancel := scanner.WithPatience(ctx, d.timeout)
	defer cancel()
	conn, err := d.dial(ctx, 25)
	if err != nil {
		return fact.RelayUnknown, technical(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	result, err := l.attempt(conn)
	if err != nil {
		return result, technical(err)
	}
	return result, ""
}

// relayAllowed tells whether the authorisation and the addresses are there now.
func (l *look) relayAllowed() bool {
	return l.options.RelaySender != "" && l.options.RelayRecipient != "" && l.network.Intrusive() == nil
}

// attempt plays the beginning of a message.
func (l *look) attempt(conn net.Conn) (fact.RelayResult, error) {
	client := smtp.NewClient(&bounded{Conn: conn, left: maxRelayBytes})
	client.CommandTimeout = l.options.Timeout
	if err := client.Hello(l.greetingName()); err != nil {
		return fact.RelayUnknown, err //nolint:wrapcheck // the words of the server
	}
	if err := client.Mail(l.options.RelaySender, nil); err != nil {
		return fact.RelayUnknown, errors.Join(errSender, err)
	}
	err := client.Rcpt(l.options.RelayRecipient, nil)
	if left := client.Reset(); left == nil {
		_ = client.Quit() // a courtesy: all that was wanted is known
	}
	return relayResult(err)
}

// greetingName is the domain of the sender: it exists, so that the recipient is
// never refused for the name we greet with.
func (l *look) greetingName() string {
	_, domain, _ := strings.Cut(l.options.RelaySender, "@")
	return domain
}

// relayResult reads the answer to the recipient: only a lasting refusal is one.
func relayResult(err error) (fact.RelayResult, error) {
	if err == nil {
		return fact.RelayAccepted, nil
	}
	answer, ok := errors.AsType[*smtp.SMTPError](err)
	if ok && answer.Code >= 500 && answer.Code < 600 {
		return fact.RelayRefused, nil
	}
	return fact.RelayUnknown, err
}

// bounded ends a conversation that says too much: the client has no bound of its
// own on the number of lines.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// Announced is what a mail server says of itself before any encryption.
type Announced struct {
	Greeting string
	// Capabilities are the lines of EHLO, CAPABILITY or CAPA, without their frame.
	Capabilities []string
}

// announcements are the protocols whose announcement can be read.
var announcements = map[Protocol]func(t *talk) (Announced, error){
	SMTP: announceSMTP, IMAP: announceIMAP, POP3: announcePOP3,
}

// goodbyes end a dialogue politely.
var goodbyes = map[Protocol]string{SMTP: "QUIT\r\n", IMAP: "a9 LOGOUT\r\n", POP3: "QUIT\r\n"}

// Announce reads what a server of SMTP, IMAP or POP3 announces in clear, and
// takes its leave. Errors are those of Upgrade.
func Announce(ctx context.Context, conn net.Conn, protocol Protocol) (Announced, error) {
	read, known := announcements[protocol]
	if !known {
		return Announced{}, fmt.Errorf("read what is announced: unknown protocol %q", string(protocol))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	t := newTalk(conn, protocol)
	announced, err := read(t)
	if err != nil {
		return announced, explain(ctx, protocol, err)
	}
	_ = t.say(goodbyes[protocol]) // a courtesy: all that was wanted is known
	return announced, nil
}

func announceSMTP(t *talk) (Announced, error) {
	greeting, hello, err := t.smtpHello()
	a := Announced{Greeting: strings.Join(greeting.lines, " ")}
	if err == nil && len(hello.lines) > 0 {
		a.Capabilities = hello.lines[1:]
	}
	return a, err
}

func announceIMAP(t *talk) (Announced, error) {
	greeting, err := t.imapGreeting()
	if err != nil {
		return Announced{}, err
	}
	words, err := t.imapCapabilities()
	return Announced{Greeting: strings.TrimPrefix(greeting, "* "), Capabilities: words}, err
}

func announcePOP3(t *talk) (Announced, error) {
	greeting, err := t.pop3Greeting()
	if err != nil {
		return Announced{}, err
	}
	lines, known, err := t.pop3Capabilities()
	if err == nil && !known {
		err = errNoList
	}
	return Announced{Greeting: strings.TrimPrefix(greeting, "+OK "), Capabilities: lines}, err
}

// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/starttls"
)

// reply is what came of one connection.
type reply struct {
	hello.Answer
	sent      hello.Offer // what was really offered: nothing else is answered
	offer     fact.Offer
	connected bool // the dial was answered
	stranger  bool // what came is no TLS
	hungUp    bool // the connection was ended in answer
	err       error
}

// spokeTLS tells whether the answer can only come from a TLS server.
func (r reply) spokeTLS() bool { return r.Version != 0 || r.Alerted }

// errBudget and errStopped are why nothing more is asked.
var (
	errBudget  = scanner.NotSeen(scanner.CauseSpent, nil, errors.New("the connections allowed for one service are spent"))
	errStopped = scanner.NotSeen(scanner.CauseCutOff, nil, errors.New("the service no longer answers"))
)

// dial opens a connection and brings it to where TLS begins.
func (l *look) dial(ctx context.Context) (net.Conn, error) {
	if l.stopped != nil {
		return nil, l.stopped
	}
	if l.spent >= l.allowed {
		if !l.details {
			l.stopped = errBudget
		}
		return nil, errBudget
	}
	if err := ctx.Err(); err != nil {
		l.stopped = scanner.NotSeen(scanner.CauseLate, nil, fmt.Errorf("the time allowed for the look is over: %w", err))
		return nil, l.stopped
	}
	l.spent++
	conn, err := l.net.DialContext(ctx, "tcp", net.JoinHostPort(l.host, strconv.Itoa(l.port)))
	if err != nil {
		return nil, err
	}
	// What is said over it ends with the time given, as a time-out.
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if l.address == "" {
		l.address = conn.RemoteAddr().String()
	}
	if err := starttls.Upgrade(ctx, conn, l.protocol, l.host); err != nil {
		conn.Close()
		return nil, fmt.Errorf("before TLS: %w", err)
	}
	return conn, nil
}

// undialled is the reply of a connection that was not made.
func (l *look) undialled(err error) reply {
	r := reply{offer: fact.OfferUnknown, err: err, connected: l.address != ""}
	if refusal, ok := errors.AsType[*scanner.Refusal](err); ok {
		l.stopped = refusal
		return r
	}
	_, plain := errors.AsType[*starttls.NotOffered](err)
	_, other := errors.AsType[*starttls.OtherTalk](err)
	r.stranger = plain || other
	if l.stopped != nil || errors.Is(err, errBudget) {
		return r
	}
	return l.heard(r)
}

// say sends one hello and hears the answer.
func (l *look) say(ctx context.Context, o hello.Offer) reply {
	raw, err := o.Bytes()
	if err != nil {
		return reply{offer: fact.OfferUnknown, err: err}
	}
	r := l.exchange(ctx, raw, nil)
	r.sent = o
	l.learnEncryptMAC(o, r)
	return r
}

// exchange sends bytes, reads the first flight, and lets what follows go on over
// the same connection.
func (l *look) exchange(ctx context.Context, raw []byte, then func(net.Conn, hello.Answer)) reply {
	ctx, cancel := scanner.WithPatience(ctx, l.timeout)
	defer cancel()
	conn, err := l.dial(ctx)
	if err != nil {
		return l.undialled(err)
	}
	defer conn.Close()
	answer, err := roundTrip(conn, raw)
	r := l.heard(classify(answer, err))
	l.keep(answer)
	if then != nil && err == nil {
		then(conn, answer)
	}
	return r
}

func roundTrip(conn net.Conn, raw []byte) (hello.Answer, error) {
	if _, err := conn.Write(raw); err != nil {
		return hello.Answer{}, fmt.Errorf("send a hello: %w", err)
	}
	return hello.Read(conn)
}

// classify reads what an answer means for what was offered. A suite is chosen by
// the first message: what is lost or broken after it takes nothing back.
func classify(a hello.Answer, err error) reply {
	r := reply{Answer: a, err: err, connected: true, offer: fact.OfferUnknown}
	switch {
	case a.Chose():
		r.offer = fact.Accepted
	case a.Alerted:
		r.offer = fact.Declined
		r.err = hello.Refused(a.Alert)
	case errors.Is(err, hello.ErrOtherTalk):
		r.stranger = true
	case hungUp(err):
		r.offer, r.hungUp = fact.Declined, true
	}
	return r
}

// hungUp tells whether the server ended the connection. Some stacks refuse a
// version or a suite that way and not by an alert.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// alerted tells whether an error of the standard library quotes an alert.
func alerted(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

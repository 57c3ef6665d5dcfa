// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/hello"
)

// seekFlaws looks for flaws of implementations, only under the dated authorisation
// that looks of level P3 need. Nothing that a server leaks is kept: only how many
// bytes came. All these flaws are of versions before TLS 1.3.
func (l *look) seekFlaws(ctx context.Context) {
	if l.net.Intrusive() != nil {
		return
	}
	version := l.below(hello.TLS13)
	if version < hello.TLS10 {
		l.noOldFlaws()
		return
	}
	l.allowed += flawBudget
	defer func() { l.allowed = max(l.spent, budget-lastWord) }()
	l.provokeRecords(ctx, version)
	l.flaws[fact.FlawROBOT] = l.robot(ctx, version)
	l.flaws[fact.FlawTicketbleed] = l.ticketbleed(ctx, version)
}

// noOldFlaws settles the flaws of a service that refuses every version that has
// them.
func (l *look) noOldFlaws() {
	answer := fact.OfferUnknown
	if l.only13() {
		answer = fact.Declined
	}
	for _, key := range []string{fact.FlawHeartbleed, fact.FlawCCS, fact.FlawROBOT, fact.FlawTicketbleed} {
		l.flaws[key] = answer
		if answer == fact.OfferUnknown {
			l.why[key] = "not tried in the versions that the service takes"
		}
	}
}

// provokeRecords seeks the flaws that one record in clear reveals.
func (l *look) provokeRecords(ctx context.Context, version uint16) {
	for key, seek := range map[string]func(net.Conn, hello.Answer) fact.Offer{
		fact.FlawHeartbleed: heartbleed, fact.FlawCCS: earlyCipherSpec,
	} {
		l.flaws[key] = fact.OfferUnknown
		o := l.usual(version)
		o.Heartbeat = key == fact.FlawHeartbleed
		r := l.provoked(ctx, o, func(conn net.Conn, a hello.Answer) {
			if a.Done {
				l.flaws[key] = seek(conn, a)
			}
		})
		l.note(key, reply{offer: l.flaws[key], err: r.err})
	}
}

// provoked sends a hello, then what goes further than an ordinary client would, if
// that is still authorised.
func (l *look) provoked(ctx context.Context, o hello.Offer, then func(net.Conn, hello.Answer)) reply {
	raw, err := min(l.form, small).shape(o).Bytes() // what is sought is asked, in any form
	if err != nil {
		return reply{offer: fact.OfferUnknown, err: err}
	}
	r := l.exchange(ctx, raw, func(conn net.Conn, a hello.Answer) {
		if l.net.Intrusive() == nil {
			then(conn, a)
		}
	})
	l.learn(r)
	return r
}

// record writes one record in clear.
func record(kind byte, version uint16, body ...byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{kind}, version)
	return append(binary.BigEndian.AppendUint16(head, uint16(len(body))), body...)
}

// The types of record that are sent or counted.
const (
	cipherSpec = 20
	alert      = 21
	heartbeat  = 24
)

// heartbleed sends a heartbeat that declares sixteen bytes more than it carries
// (CVE-2014-0160): an affected server returns that many of its memory, which are
// counted and dropped. A farewell follows, so that a sound server, which must say
// nothing (RFC 6520 section 4), ends the connection.
func heartbleed(conn net.Conn, a hello.Answer) fact.Offer {
	if !a.Heartbeat {
		return fact.Declined
	}
	const request, declared = 1, 16
	sent := append(record(heartbeat, a.Version, request, 0, declared), record(alert, a.Version, 1, hello.AlertCloseNotify)...)
	if _, err := conn.Write(sent); err != nil {
		return fact.OfferUnknown
	}
	kind, body, err := nextRecord(conn)
	switch {
	case err == nil && kind == heartbeat && body >= 3+declared:
		return fact.Accepted
	case err == nil && (kind == alert || kind == heartbeat), hungUp(err):
		return fact.Declined
	}
	return fact.OfferUnknown
}

// nextRecord tells the type and the length of a record and drops its content.
func nextRecord(conn net.Conn) (kind byte, length int, err error) {
	header := make([]byte, 5)
	if _, err := io.ReadFull(conn, header); err != nil {
		return 0, 0, err
	}
	length = int(binary.BigEndian.Uint16(header[3:]))
	_, err = io.CopyN(io.Discard, conn, int64(length))
	return header[0], length, err
}

// quiet is how long a server is left to refuse what it must refuse at once.
const quiet = 2 * time.Second

// earlyCipherSpec changes cipher before any key is agreed (CVE-2014-0224): a sound
// server refuses at once. An affected one says nothing, and then fails on the
// second one, because it already decrypts.
func earlyCipherSpec(conn net.Conn, a hello.Answer) fact.Offer {
	_, err := provoke(conn, record(cipherSpec, a.Version, 1))
	switch {
	case err == nil || hungUp(err):
		return fact.Declined
	case !isTimeout(err):
		return fact.OfferUnknown
	}
	description, err := provoke(conn, record(cipherSpec, a.Version, 1))
	if err == nil && (description == hello.AlertBadRecord || description == hello.AlertDecryption) {
		return fact.Accepted
	}
	return fact.OfferUnknown
}

var errNoAlert = errors.New("the server answered something else than an alert")

// provoke sends a record and reads the description of the alert it brings.
func provoke(conn net.Conn, sent []byte) (description byte, err error) {
	if _, err := conn.Write(sent); err != nil {
		return 0, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
		return 0, err
	}
	answer := make([]byte, 7)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return 0, err
	}
	if answer[0] != alert {
		return 0, errNoAlert
	}
	return answer[6], nil
}

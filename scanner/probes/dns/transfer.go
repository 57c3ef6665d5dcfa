// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
	"carescan/scanner/question"
)

// The bounds of one transfer. The first records prove that a zone comes out;
// there is no need to hold the names of a hospital.
const (
	maxTransferRecords = 10_000
	maxTransferBytes   = 64 << 10
)

// transfer asks every name server that the scope permits for the whole zone.
func (p *Probe) transfer(ctx context.Context, network scanner.Network, name string, servers []nameServer, left []string) fact.Transfer {
	ctx, cancel := scanner.WithPatience(ctx, transferTime)
	defer cancel()
	result := fact.Transfer{Tries: []fact.TransferTry{}}
	for _, s := range servers {
		for _, d := range s.doors {
			result.Tries = append(result.Tries, p.tryTransfer(ctx, network, name, d))
		}
		if s.answer == fact.NoData {
			absent := notAsked(door{host: s.host}, errNoAddress)
			absent.Result = fact.TransferNoAddress
			result.Tries = append(result.Tries, absent)
		}
	}
	for _, host := range left {
		result.Tries = append(result.Tries, notAsked(door{host: host}, errTooMany))
	}
	return result
}

// tryTransfer asks for the zone over TCP (RFC 5936 section 4).
func (p *Probe) tryTransfer(ctx context.Context, network scanner.Network, zone string, d door) fact.TransferTry {
	switch {
	case d.refused != nil:
		return notAsked(d, d.refused)
	case d.meeting == scanner.MetAsClient:
		return notAsked(d, errProviderZone)
	}
	ctx, cancel := scanner.WithPatience(ctx, p.timeout)
	defer cancel()
	conn, err := network.DialContext(ctx, "tcp"+d.family, d.server().Address)
	if err != nil {
		return failedDial(d, err)
	}
	defer conn.Close()
	defer question.Interrupt(ctx, conn)()
	try := takeZone(conn, zone)
	try.Server, try.Address = d.host, conn.RemoteAddr().String()
	return try
}

func takeZone(conn io.ReadWriter, zone string) fact.TransferTry {
	q := new(dns.Msg).SetAxfr(dns.Fqdn(zone))
	count := zoneCount{query: q}
	err := question.WriteMessage(conn, q)
	if err == nil {
		err = count.read(conn)
	}
	try := fact.TransferTry{Result: count.result(err), Records: count.records, Internal: count.internal}
	if err != nil {
		try.Cause, try.Error = excerpt.Why(err, maxError)
	}
	return try
}

// failedDial tells a closed port, from which no zone can come out, from a
// contact that told nothing, and from what we did not or could not send.
func failedDial(d door, err error) fact.TransferTry {
	if isOurs(err) {
		try := notAsked(d, err)
		if isNoRoute(err) {
			try.Result = fact.TransferNoRoute
		}
		return try
	}
	try := notAsked(d, err)
	try.Result = fact.TransferFailed
	if errors.Is(err, syscall.ECONNREFUSED) {
		try.Result = fact.TransferRefused
	}
	return try
}

func notAsked(d door, why error) fact.TransferTry {
	cause, text := excerpt.Why(why, maxError)
	return fact.TransferTry{Server: d.host, Address: d.address(), Result: fact.TransferNotAsked, Meeting: d.meeting, Cause: cause, Error: text}
}

// The ends of a transfer that brings no zone.
var (
	errTransferRefused = scanner.NotSeen(scanner.CauseRefusedAnswer, nil, errors.New("the server refuses the transfer"))
	errNotZone         = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the answer is not a zone"))
)

// zoneCount counts the records of a transfer and forgets them.
type zoneCount struct {
	query    *dns.Msg
	records  int
	internal int  // among them, those that show the inside
	ended    bool // the closing SOA came
}

// read counts until the zone ends or the bounds are met.
func (c *zoneCount) read(r io.Reader) error {
	for left := maxTransferBytes; !c.ended && c.records < maxTransferRecords; {
		m, raw, err := question.ReadMessage(r, left)
		if errors.Is(err, question.ErrTooLong) && c.records > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.message(m); err != nil {
			return err
		}
		left -= len(raw)
	}
	return nil
}

// message counts one message. Later ones may leave the question out (RFC 5936
// section 2.2.1).
func (c *zoneCount) message(m *dns.Msg) error {
	switch {
	case !m.Response || m.Id != c.query.Id:
		return question.ErrMismatch
	case m.Rcode == dns.RcodeRefused || m.Rcode == dns.RcodeNotAuth || m.Rcode == dns.RcodeNotImplemented:
		return fmt.Errorf("%w (%s)", errTransferRefused, dnswire.CodeName(m.Rcode))
	case m.Rcode != dns.RcodeSuccess:
		return dnswire.Answered("the server", m.Rcode)
	case len(m.Answer) == 0:
		return errNotZone // and would be an endless stream of nothing
	}
	for _, rr := range m.Answer {
		if err := c.record(rr); err != nil || c.ended {
			return err
		}
	}
	return nil
}

// record counts one record: a zone begins and ends with its SOA (RFC 5936
// section 2.2).
func (c *zoneCount) record(rr dns.RR) error {
	head := rr.Header()
	isSOA := head.Rrtype == dns.TypeSOA && strings.EqualFold(head.Name, c.query.Question[0].Name)
	switch {
	case c.records == 0 && !isSOA:
		return errNotZone
	case c.records > 0 && isSOA:
		c.ended = true
		return nil
	}
	if c.records < maxTransferRecords {
		c.records++
		c.internal += showsInside(rr, c.query.Question[0].Name)
	}
	return nil
}

// insiders are labels that name the inside of an organisation.
var insiders = []string{"intranet", "intra", "interne", "internal", "local", "lan", "corp", "ad", "dc"}

// showsInside is 1 for a record with a private address or an internal name. A
// documented range counts for nothing: it leads nowhere.
func showsInside(rr dns.RR, zone string) int {
	var addr netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		addr, _ = netip.AddrFromSlice(rr.A.To4())
	case *dns.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
	}
	name := strings.TrimSuffix(strings.ToLower(rr.Header().Name), strings.ToLower(zone))
	inside := slices.ContainsFunc(strings.Split(name, "."), func(label string) bool { return slices.Contains(insiders, label) })
	if inside || addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() {
		return 1
	}
	return 0
}

// result is the end of the attempt: a zone of which something beside the first
// SOA was seen has come out, even when it was cut.
func (c *zoneCount) result(err error) fact.TransferResult {
	switch {
	case c.ended || c.records > 1:
		return fact.TransferDelivered
	case errors.Is(err, errTransferRefused):
		return fact.TransferRefused
	}
	return fact.TransferFailed
}

// missingTransfers says which servers could not be judged.
func missingTransfers(ns fact.RecordSet, t fact.Transfer) (missing scanner.Causes) {
	if ns.Answer == fact.NoAnswer && len(t.Tries) == 0 {
		return unanswered(ns)
	}
	for _, try := range t.Tries {
		if try.Result == fact.TransferFailed {
			cause := try.Cause.At(try.Server)
			cause.Detail = "transfer from " + try.Server + ": " + try.Error
			missing = append(missing, cause)
		}
	}
	return missing
}

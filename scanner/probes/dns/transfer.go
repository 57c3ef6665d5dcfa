// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// The bounds of one transfer. The first records prove that a zone comes out;
// there is no need to hold the names of a hospital.
const (
	maxTransferRecords = 10_000
	maxTransferBytes   = 64 << 10
)

// transfer asks every name server that the scope permits for the whole zone.
func (p *Probe) transfer(ctx context.Context, network scanner.Network, name string, ns fact.RecordSet) fact.Transfer {
	ctx, cancel := context.WithTimeout(ctx, transferTime)
	defer cancel()
	result := fact.Transfer{Tries: []fact.TransferTry{}}
	for i, value := range ns.Values {
		host := scanner.CanonicalName(value)
		if i >= maxServers {
			result.Tries = append(result.Tries, notAsked(host, "", fmt.Errorf("more than %d name servers", maxServers)))
			continue
		}
		result.Tries = append(result.Tries, p.tryServer(ctx, network, name, host)...)
	}
	return result
}

// tryServer asks one name server, first by its name, where the guard chooses
// the address, then at its other addresses.
func (p *Probe) tryServer(ctx context.Context, network scanner.Network, zone, host string) []fact.TransferTry {
	if err := network.Permits(ctx, host); err != nil {
		return []fact.TransferTry{notAsked(host, "", err)}
	}
	tries := []fact.TransferTry{p.tryTransfer(ctx, network, zone, door{host, "tcp", host})}
	// Without its other addresses, the server was still asked once.
	addresses, _ := network.Lookup(ctx, host)
	for _, addr := range addresses {
		if len(tries) < maxAddresses && !isAddress(tries[0].Address, addr) {
			tries = append(tries, p.tryAddress(ctx, network, zone, host, addr))
		}
	}
	return tries
}

// tryAddress asks one more address. A scope of names has no literal addresses:
// the name is then dialled again, in the family of the address.
func (p *Probe) tryAddress(ctx context.Context, network scanner.Network, zone, host string, addr netip.Addr) fact.TransferTry {
	if network.Permits(ctx, addr.String()) == nil {
		return p.tryTransfer(ctx, network, zone, door{host, "tcp", addr.String()})
	}
	family := "tcp6"
	if addr.Is4() {
		family = "tcp4"
	}
	try := p.tryTransfer(ctx, network, zone, door{host, family, host})
	if try.Address == "" {
		try.Address = addr.String()
	}
	return try
}

// door is one way to a name server: its name or one of its addresses.
type door struct{ host, transport, at string }

// isAddress tells whether an "address:port" is at an address.
func isAddress(dialled string, addr netip.Addr) bool {
	at, err := netip.ParseAddrPort(dialled)
	return err == nil && at.Addr().Unmap() == addr.Unmap()
}

// tryTransfer asks for the zone over TCP (RFC 5936 section 4).
func (p *Probe) tryTransfer(ctx context.Context, network scanner.Network, zone string, d door) fact.TransferTry {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	conn, err := network.DialContext(ctx, d.transport, net.JoinHostPort(d.at, "53"))
	if err != nil {
		return failedDial(d, err)
	}
	defer conn.Close()
	defer dnswire.Interrupt(ctx, conn)()
	try := fact.TransferTry{Server: d.host, Address: conn.RemoteAddr().String()}
	q := new(dns.Msg).SetAxfr(dns.Fqdn(zone))
	count := zoneCount{query: q}
	if err = dnswire.WriteMessage(conn, q); err == nil {
		err = count.read(conn)
	}
	try.Result, try.Records = count.result(err), count.records
	if err != nil {
		try.Error = shorten(err.Error())
	}
	return try
}

// failedDial tells a closed port, from which no zone can come out, from a
// contact that told nothing, and from what we did not or could not send.
func failedDial(d door, err error) fact.TransferTry {
	address := ""
	if d.at != d.host {
		address = d.at
	}
	var refusal *scanner.Refusal
	if errors.As(err, &refusal) || errors.Is(err, syscall.ENETUNREACH) {
		return notAsked(d.host, address, err)
	}
	try := fact.TransferTry{Server: d.host, Address: address, Result: fact.TransferFailed, Error: shorten(err.Error())}
	if errors.Is(err, syscall.ECONNREFUSED) {
		try.Result = fact.TransferRefused
	}
	return try
}

func notAsked(host, address string, why error) fact.TransferTry {
	return fact.TransferTry{Server: host, Address: address, Result: fact.TransferNotAsked, Error: shorten(why.Error())}
}

// The ends of a transfer that brings no zone.
var (
	errTransferRefused = errors.New("the server refuses the transfer")
	errNotZone         = errors.New("the answer is not a zone")
)

// zoneCount counts the records of a transfer and forgets them.
type zoneCount struct {
	query   *dns.Msg
	records int
	ended   bool // the closing SOA came
}

// read counts until the zone ends or the bounds are met.
func (c *zoneCount) read(r io.Reader) error {
	for left := maxTransferBytes; !c.ended && c.records < maxTransferRecords; {
		m, size, err := dnswire.ReadMessage(r, left)
		if errors.Is(err, dnswire.ErrTooLong) && c.records > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.message(m); err != nil {
			return err
		}
		left -= size
	}
	return nil
}

// message counts one message. Later ones may leave the question out (RFC 5936
// section 2.2.1).
func (c *zoneCount) message(m *dns.Msg) error {
	switch {
	case !m.Response || m.Id != c.query.Id:
		return dnswire.ErrMismatch
	case m.Rcode == dns.RcodeRefused || m.Rcode == dns.RcodeNotAuth || m.Rcode == dns.RcodeNotImplemented:
		return fmt.Errorf("%w (%s)", errTransferRefused, rcodeName(m.Rcode))
	case m.Rcode != dns.RcodeSuccess:
		return fmt.Errorf("the server answered %s", rcodeName(m.Rcode))
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
	}
	return nil
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
func missingTransfers(ns fact.RecordSet, t fact.Transfer) string {
	if ns.Answer == fact.NoAnswer {
		return "the name servers are not known: " + ns.Error
	}
	var missing []string
	for _, try := range t.Tries {
		if try.Result == fact.TransferFailed {
			missing = append(missing, try.Server+" ("+try.Error+")")
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "no clear answer to the transfer from " + strings.Join(missing, ", ")
}

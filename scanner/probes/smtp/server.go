// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// server looks at one target of the MX records. What the DNS says of it is asked
// whoever it belongs to; only what the scope permits is contacted.
func (l *look) server(ctx context.Context, e exchanger) fact.MailServer {
	s := fact.MailServer{Name: e.name, Preference: e.preference, Reach: fact.Unreached}
	var records []tlsaRecord
	s.TLSA, records = l.tlsa(ctx, e.name)
	addresses, err := l.network.Lookup(aboutRecords(ctx), e.name)
	if err == nil && len(addresses) == 0 {
		s.Reach = fact.NoAddress // and is nobody's, whatever the scope
		return s
	}
	purpose := scanner.Purpose{Service: scanner.ServiceMail, Domain: scanner.CanonicalName(l.domain)}
	meeting, refusal := scanner.Meet(ctx, l.network, e.name, purpose)
	s.Meeting = meeting
	if refusal != nil {
		s.Provider, err = l.provider(e.name, refusal), refusal
	}
	if err != nil {
		s.Cause, s.Error = why(err)
		return s
	}
	if meeting == scanner.MetAsClient {
		ctx = scanner.AsClient(ctx, purpose)
	}
	doors := l.doors(ctx, e.name, addresses)
	s.LeftOut = len(addresses) - min(len(doors), maxAddresses)
	for _, d := range doors[:min(len(doors), maxAddresses)] {
		d.asClient = meeting == scanner.MetAsClient
		h := l.visited(ctx, d, e.name)
		h.TLSA = d.matches(records, e.name, l.options.Roots)
		s.Hosts = append(s.Hosts, h)
	}
	s.Reach = fact.Answered
	return s
}

// provider is the organisation that runs a server outside the scope; empty when
// it bears the name of the domain itself, or when its addresses are not known.
func (l *look) provider(name string, err error) string {
	if scanner.CauseOf(err).Code != scanner.CauseOutOfScope {
		return ""
	}
	owner, own := registrable(name), registrable(l.domain)
	if owner == own {
		return ""
	}
	return owner
}

func registrable(name string) string {
	if top, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return top
	}
	return name
}

// doors are the ways to the addresses of a server, the families in turn, since
// each may be the one a sender takes. A family of one address is dialled by its
// name, so that a redirect of the name and port holds. A scope of names has no
// literal addresses: a family of the name is then dialled, once.
func (l *look) doors(ctx context.Context, name string, addresses []netip.Addr) []*door {
	var doors []*door
	byName := map[string]bool{}
	for _, address := range alternate(addresses) {
		d := &door{network: l.network, transport: "tcp", at: address.String(), address: address.String(), timeout: l.options.Timeout}
		if isAlone(address, addresses) || l.network.Permits(ctx, address.String()) != nil {
			d.at, d.transport = name, family(address)
			if byName[d.transport] {
				continue
			}
			byName[d.transport] = true
		}
		doors = append(doors, d)
	}
	return doors
}

// isAlone tells whether an address is the only one of its family.
func isAlone(address netip.Addr, all []netip.Addr) bool {
	return !slices.ContainsFunc(all, func(other netip.Addr) bool { return other != address && family(other) == family(address) })
}

// alternate takes one address of each family in turn, beginning with IPv6 as
// senders do (RFC 6724).
func alternate(addresses []netip.Addr) []netip.Addr {
	var six, four, all []netip.Addr
	for _, a := range addresses {
		if a.Unmap().Is4() {
			four = append(four, a)
		} else {
			six = append(six, a)
		}
	}
	for i := range max(len(six), len(four)) {
		all = append(all, six[min(i, len(six)):min(i+1, len(six))]...)
		all = append(all, four[min(i, len(four)):min(i+1, len(four))]...)
	}
	return all
}

func family(a netip.Addr) string {
	if a.Unmap().Is4() {
		return "tcp4"
	}
	return "tcp6"
}

// waited tells whether a contact was really given time to be answered: the wait
// for a place at our own door is no silence of the port.
func (d *door) waited(began int64) bool {
	return began != 0 && time.Since(time.Unix(0, began)) >= d.timeout/2
}

// dialError is the end of a contact, as opposed to that of what was said then.
type dialError struct {
	cause  error
	waited bool // the port was given time to answer
}

func (e *dialError) Error() string { return e.cause.Error() }
func (e *dialError) Unwrap() error { return e.cause }

// isSilence tells a contact that nothing answered from one that was refused, by
// the port or by our own guard.
func isSilence(err error) bool {
	dial, dialled := errors.AsType[*dialError](err)
	timeout, ok := errors.AsType[net.Error](err)
	return dialled && dial.waited && ok && timeout.Timeout()
}

// door is one way to one address of a server.
type door struct {
	network   scanner.Network
	transport string
	at        string // the address, or the name
	address   string // really dialled, once something was
	timeout   time.Duration
	asClient  bool // of a provider: port 25 alone, and one handshake
	descent   descent
}

// dial opens a port.
func (d *door) dial(ctx context.Context, port int) (net.Conn, error) {
	var began atomic.Int64
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectStart: func(string, string) { began.CompareAndSwap(0, time.Now().UnixNano()) },
	})
	conn, err := d.network.DialContext(ctx, d.transport, net.JoinHostPort(d.at, strconv.Itoa(port)))
	if err != nil {
		return nil, &dialError{err, d.waited(began.Load())}
	}
	if host, _, err := net.SplitHostPort(conn.RemoteAddr().String()); err == nil {
		d.address = host
	}
	return conn, nil
}

// SPDX-License-Identifier: Apache-2.0

package hospital

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// traffic is what one scanner sent, counted on the wire.
type traffic struct {
	scanner func(netip.Addr) bool
	queries []query
	hellos  map[netip.AddrPort][]greeting // each ClientHello, STARTTLS included
	syns    map[netip.AddrPort]int        // packets that ask for a connection, sent again or not
	// starts are the connections that began, requests the HTTP requests in clear.
	starts, requests map[netip.Addr][]time.Time
	most             map[netip.Addr]int // connections open at once
	open             map[netip.Addr]int
	flows            map[flow]*stream
}

// greeting is one ClientHello that was sent.
type greeting struct {
	at   time.Time
	from netip.AddrPort
}

// query is one DNS question that was sent.
type query struct {
	at         time.Time
	server     netip.AddrPort
	stream     bool // over TCP
	name, kind string
	rd, cd, do bool
}

func (q query) String() string {
	var flags []string
	for _, f := range []struct {
		set  bool
		name string
	}{{q.stream, "tcp"}, {q.rd, "RD"}, {q.cd, "CD"}, {q.do, "DO"}} {
		if f.set {
			flags = append(flags, f.name)
		}
	}
	return fmt.Sprintf("%s %s %s %s", q.server.Addr(), q.name, q.kind, strings.Join(flags, ","))
}

// flow is one connection, seen from the scanner.
type flow struct{ from, to netip.AddrPort }

// stream is what is known of a connection.
type stream struct {
	established bool
	closed      bool
	next        uint32 // sequence number of the byte expected from the scanner
	questions   []byte // DNS over TCP not read yet
}

func newTraffic(scanners ...netip.Addr) *traffic {
	return &traffic{
		scanner: func(a netip.Addr) bool { return slices.Contains(scanners, a) },
		hellos:  map[netip.AddrPort][]greeting{}, syns: map[netip.AddrPort]int{},
		starts: map[netip.Addr][]time.Time{}, requests: map[netip.Addr][]time.Time{},
		most: map[netip.Addr]int{}, open: map[netip.Addr]int{}, flows: map[flow]*stream{},
	}
}

// add counts one packet.
func (t *traffic) add(p packet) {
	sent := t.scanner(p.from.Addr())
	switch {
	case sent && p.tcp:
		t.addSent(p)
	case sent && p.to.Port() == 53:
		t.ask(p, p.payload, false)
	case p.tcp && t.scanner(p.to.Addr()):
		t.addReceived(p)
	}
}

// addReceived follows what the other side decides: that a connection is made, or cut.
func (t *traffic) addReceived(p packet) {
	s := t.flows[flow{p.to, p.from}]
	switch {
	case s == nil:
	case p.flags&flagRST != 0:
		t.close(s, p.from.Addr())
	case p.flags&(flagSYN|flagACK) == flagSYN|flagACK && !s.established:
		s.established = true
		t.open[p.from.Addr()]++
		t.most[p.from.Addr()] = max(t.most[p.from.Addr()], t.open[p.from.Addr()])
	}
}

func (t *traffic) close(s *stream, at netip.Addr) {
	if s.established && !s.closed {
		t.open[at]--
	}
	s.closed = true
}

func (t *traffic) addSent(p packet) {
	key := flow{p.from, p.to}
	if p.flags&flagSYN != 0 {
		t.syns[p.to]++
		// The same packet again asks for the same connection.
		if s := t.flows[key]; s == nil || s.next != p.sequence+1 {
			t.flows[key] = &stream{next: p.sequence + 1}
			t.starts[p.to.Addr()] = append(t.starts[p.to.Addr()], p.at)
		}
		return
	}
	s := t.flows[key]
	if s == nil {
		return // it began before the capture
	}
	if p.size > 0 && int32(p.sequence-s.next) >= 0 { // otherwise it was sent again
		t.read(p, s)
	}
	if p.flags&(flagFIN|flagRST) != 0 {
		t.close(s, p.to.Addr())
	}
}

// read counts what a segment of the scanner begins with. What begins nowhere but
// inside another is not looked for: a probe writes each of these at once.
func (t *traffic) read(p packet, s *stream) {
	s.next = p.sequence + uint32(p.size)
	switch {
	case p.to.Port() == 53:
		s.questions = append(s.questions, p.payload...)
		for len(s.questions) >= 2 {
			length := int(binary.BigEndian.Uint16(s.questions))
			if len(s.questions) < 2+length {
				break
			}
			t.ask(p, s.questions[2:2+length], true)
			s.questions = s.questions[2+length:]
		}
	case isHello(p.payload):
		t.hellos[p.to] = append(t.hellos[p.to], greeting{p.at, p.from})
	case isRequest(p.payload):
		t.requests[p.to.Addr()] = append(t.requests[p.to.Addr()], p.at)
	}
}

func (t *traffic) ask(p packet, message []byte, stream bool) {
	m := new(dns.Msg)
	if err := m.Unpack(message); err != nil || m.Response || len(m.Question) == 0 {
		return
	}
	q := query{
		at: p.at, server: p.to, stream: stream, name: strings.ToLower(m.Question[0].Name), kind: dns.Type(m.Question[0].Qtype).String(),
		rd: m.RecursionDesired, cd: m.CheckingDisabled,
	}
	if opt := m.IsEdns0(); opt != nil {
		q.do = opt.Do()
	}
	t.queries = append(t.queries, q)
}

// isHello tells the first bytes of a ClientHello: a record of handshake whose first
// message is of type 1 (RFC 8446 sections 4 and 5.1), or a hello of SSL 2.0 (RFC 6101
// appendix E).
func isHello(p []byte) bool {
	if len(p) < 6 {
		return false
	}
	return p[0] == 0x16 && p[1] == 3 && p[5] == 1 || p[0]&0x80 != 0 && p[2] == 1 && (p[3] == 0 && p[4] == 2 || p[3] == 3)
}

var methods = []string{"GET ", "HEAD ", "POST ", "OPTIONS ", "PUT ", "DELETE ", "TRACE ", "CONNECT ", "PROPFIND "}

// isRequest tells the first bytes of a request of HTTP/1 in clear (RFC 9112 section 3).
func isRequest(p []byte) bool {
	return slices.ContainsFunc(methods, func(m string) bool { return bytes.HasPrefix(p, []byte(m)) })
}

// begun are the connections and the requests in clear together.
func (t *traffic) begun() map[netip.Addr][]time.Time {
	both := map[netip.Addr][]time.Time{}
	for addr, moments := range t.starts {
		both[addr] = append(slices.Clone(moments), t.requests[addr]...)
	}
	return both
}

// busiest is the greatest number of moments within a span.
func busiest(moments []time.Time, span time.Duration) int {
	sorted := slices.SortedFunc(slices.Values(moments), time.Time.Compare)
	most, first := 0, 0
	for last := range sorted {
		for sorted[last].Sub(sorted[first]) >= span {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// worst is the greatest of some counts.
func worst[K comparable](counts map[K]int) float64 {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	return float64(most)
}

// median is the value in the middle; 0 of none.
func median[V cmp.Ordered](values []V) V {
	var none V
	if len(values) == 0 {
		return none
	}
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// serve starts a DNS server over UDP and TCP, on one free port.
func serve(t *testing.T, handler dns.Handler) netip.AddrPort {
	t.Helper()
	packets, stream := listenBoth(t)
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: stream, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go s.ActivateAndServe()
		<-started
		t.Cleanup(func() { s.Shutdown() })
	}
	return netip.MustParseAddrPort(stream.Addr().String())
}

// listenBoth takes one port that is free for both transports.
func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	var last error
	for range 20 {
		stream, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := net.ListenPacket("udp", stream.Addr().String())
		if err == nil {
			return packets, stream
		}
		last = err
		stream.Close()
	}
	t.Fatal(last)
	return nil, nil
}

// zoneServer answers from the records of a zone file, like a resolver or like a
// server of the zone.
type zoneServer struct {
	records   []dns.RR
	recursive bool
}

func newZone(t testing.TB, recursive bool, text string) *zoneServer {
	t.Helper()
	z := &zoneServer{recursive: recursive}
	parser := dns.NewZoneParser(strings.NewReader("$TTL 300\n"+text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.records = append(z.records, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return z
}

func (z *zoneServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	w.WriteMsg(z.answer(q))
}

func (z *zoneServer) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative, m.RecursionAvailable = !z.recursive, z.recursive
	question := q.Question[0]
	exists := false
	for _, rr := range z.records {
		head := rr.Header()
		exists = exists || dns.IsSubDomain(question.Name, head.Name)
		if head.Name == question.Name && (head.Rrtype == question.Qtype || head.Rrtype == dns.TypeCNAME) {
			m.Answer = append(m.Answer, rr)
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// SPDX-License-Identifier: Apache-2.0

package question

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// plain is a network that keeps no answers.
type plain struct {
	scanner.Network
	dials []string
}

func (p *plain) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	p.dials = append(p.dials, network)
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

// TestPutByItself: an answer that did not fit is asked for again over TCP (RFC 7766
// section 5), unless one transport is wanted.
func TestPutByItself(t *testing.T) {
	streams, packets, err := scannertest.ListenBoth("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		reply := new(dns.Msg).SetReply(q)
		reply.Truncated = w.LocalAddr().Network() == "udp"
		_ = w.WriteMsg(reply) // the asker may be gone
	})
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: streams, Handler: handler}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { _ = server.ActivateAndServe() }() // ends with Shutdown
		<-started
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	raw, err := new(dns.Msg).SetQuestion("chu.test.", dns.TypeTXT).Pack()
	if err != nil {
		t.Fatal(err)
	}
	for transport, want := range map[string][]string{
		scanner.AnyTransport: {"udp", "tcp"}, scanner.AnyTransport + "4": {"udp4", "tcp4"}, "udp": {"udp"}, "tcp4": {"tcp4"},
	} {
		n := &plain{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		heard, err := Put(ctx, n, transport, packets.LocalAddr().String(), raw)
		cancel()
		if err != nil || heard.Exchanges != len(want) || !slices.Equal(n.dials, want) || IsTruncated(heard.Message) != (transport == "udp") {
			t.Errorf("%s: dialled %q for %d exchanges, %v; want %q", transport, n.dials, heard.Exchanges, err, want)
		}
	}
	if _, err := Put(t.Context(), &plain{}, "udp", packets.LocalAddr().String(), []byte{1, 2, 3}); err == nil {
		t.Error("what is no question was sent")
	}
}

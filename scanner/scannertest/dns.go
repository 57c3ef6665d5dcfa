// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// stopWithin is how long a service may take to end.
const stopWithin = 5 * time.Second

// nameServer is in one the resolver of the lab and the servers of its zones.
type nameServer struct {
	zones        []zone          // the parent last
	transferable map[string]bool // origins of zones anybody may copy
	own          bool            // offers no recursion: it is nobody's resolver
}

// openDNS answers over UDP and TCP: the resolver with the name servers, those of
// them that are elsewhere, one that holds no zone any more, and the registry above.
func (h *Hospital) openDNS() error {
	zones, anchor, err := loadZones(h.now)
	if err != nil {
		return err
	}
	server := nameServer{zones: zones, transferable: map[string]bool{dns.Fqdn(domainHealth): true}}
	here, err := h.openNameServer(h.address, server)
	if err != nil {
		return err
	}
	there, err := h.openNameServer(h.neighbour(), server)
	if err != nil {
		return err
	}
	forgetful, err := h.openNameServer(h.neighbour(), nameServer{})
	if err != nil {
		return err
	}
	if err = h.openOperator(zones); err != nil {
		return err
	}
	above, err := h.openNameServer(h.address, registry{zones[len(zones)-1]})
	if err != nil {
		return err
	}
	h.settings.TrustAnchor = []string{anchor.String()}
	h.settings.Resolvers = []string{here}
	h.redirect(here, "ns1."+domainMain+":53", "ns1."+domainHealth+":53", "ns2."+domainHealth+":53", "ns1."+domainSchool+":53")
	h.redirect(there, "ns2."+domainMain+":53")
	h.redirect(forgetful, "ns2."+domainSchool+":53")
	h.redirect(above, hostRegistry+":53")
	return nil
}

// openNameServer answers on a free port of an address.
func (h *Hospital) openNameServer(address string, handler dns.Handler) (at string, err error) {
	listener, packets, err := ListenBoth(address)
	if err != nil {
		return "", err
	}
	if err := h.serveDNS(&dns.Server{Listener: listener, Handler: handler}); err != nil {
		return "", errors.Join(err, listener.Close(), packets.Close())
	}
	if err := h.serveDNS(&dns.Server{PacketConn: packets, Handler: handler}); err != nil {
		return "", errors.Join(err, packets.Close())
	}
	return listener.Addr().String(), nil
}

// redirect says where the services of some "name:port" listen.
func (h *Hospital) redirect(to string, from ...string) {
	for _, place := range from {
		h.settings.Redirects[place] = to
	}
}

// neighbour is an address of another network, as two name servers should have
// (RFC 2182 section 3.1).
func (h *Hospital) neighbour() string {
	return h.network(1)
}

// network is an address of another network, by its rank after that of the hospital.
func (h *Hospital) network(rank byte) string {
	parts := netip.MustParseAddr(h.address).As4() // checked by newHospital
	parts[2] += rank
	return netip.AddrFrom4(parts).String()
}

// ListenBoth takes one port for both transports: one that is free for the first
// may be taken for the second.
func ListenBoth(address string) (net.Listener, net.PacketConn, error) {
	var failure error
	for range 50 {
		stream, err := net.Listen("tcp4", net.JoinHostPort(address, "0"))
		if err != nil {
			return nil, nil, fmt.Errorf("listen over TCP: %w", err)
		}
		packets, err := net.ListenPacket("udp4", stream.Addr().String())
		if err == nil {
			return stream, packets, nil
		}
		failure = errors.Join(err, stream.Close())
	}
	return nil, nil, fmt.Errorf("listen over UDP: %w", failure)
}

// serveDNS runs a server and waits until it can be shut down.
func (h *Hospital) serveDNS(server *dns.Server) error {
	started, ended := make(chan struct{}), make(chan error, 1)
	server.NotifyStartedFunc = func() { close(started) }
	go func() { ended <- server.ActivateAndServe() }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve DNS: %w", err)
	case <-started:
	}
	h.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		if err := server.ShutdownContext(ctx); err != nil {
			return fmt.Errorf("stop DNS: %w", err)
		}
		return <-ended
	})
	return nil
}

// ServeDNS answers one question.
func (s nameServer) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	q := question.Question[0] // exactly one, by the library's own acceptance rule
	answer := new(dns.Msg)
	answer.SetReply(question)
	answer.RecursionAvailable = !s.own
	switch z, known := s.zoneOf(q); {
	case question.Opcode != dns.OpcodeQuery || q.Qclass != dns.ClassINET || !known:
		answer.Rcode = dns.RcodeRefused // the lab does not know the world outside .test
	case q.Qtype == dns.TypeAXFR || q.Qtype == dns.TypeIXFR:
		s.transfer(w, z, q, answer)
	default:
		opt := question.IsEdns0()
		s.resolve(z, q, answer, opt != nil && opt.Do())
	}
	reply(w, question, answer)
}

// resolve answers from a zone, and goes on from an alias as a resolver does: the
// absence of its target is that of the name (RFC 6604 section 3). No alias of the
// lab leads to another.
func (s nameServer) resolve(z zone, q dns.Question, answer *dns.Msg, signed bool) {
	z.answer(q, answer, signed)
	for _, rr := range answer.Answer {
		alias, ok := rr.(*dns.CNAME)
		if !ok || q.Qtype == dns.TypeCNAME {
			continue
		}
		q.Name = alias.Target
		if next, known := s.zoneOf(q); known {
			var end dns.Msg
			next.answer(q, &end, signed)
			answer.Answer, answer.Ns, answer.Rcode = append(answer.Answer, end.Answer...), end.Ns, end.Rcode
		}
		return
	}
}

// zoneOf is the zone that answers a question: the closest one, and its parent
// for a DS record at its top (RFC 4035 section 3.1.4.1).
func (s nameServer) zoneOf(q dns.Question) (zone, bool) {
	for _, z := range s.zones {
		atTop := strings.EqualFold(q.Name, z.origin)
		if dns.IsSubDomain(z.origin, q.Name) && (q.Qtype != dns.TypeDS || !atTop) {
			return z, true
		}
	}
	return zone{}, false
}

// transfer gives a zone away when it is one that anybody may copy, over TCP.
func (s nameServer) transfer(w dns.ResponseWriter, z zone, q dns.Question, answer *dns.Msg) {
	_, tcp := w.RemoteAddr().(*net.TCPAddr)
	if !tcp || !s.transferable[z.origin] || !strings.EqualFold(q.Name, z.origin) {
		answer.Rcode = dns.RcodeRefused
		return
	}
	answer.Authoritative = true
	answer.Answer = z.whole()
}

// answer fills in what the zone knows, or an absence that may be cached (RFC 2308
// section 3), with their proofs for who asks for signatures.
func (z zone) answer(q dns.Question, answer *dns.Msg, signed bool) {
	give := z.find
	if signed {
		give = z.withSignatures
	}
	answer.Authoritative = true
	for _, kind := range []uint16{q.Qtype, dns.TypeCNAME} {
		if len(z.find(q.Name, kind)) > 0 {
			answer.Answer = give(q.Name, kind)
			return
		}
	}
	answer.Ns = give(z.origin, dns.TypeSOA)
	if signed {
		answer.Ns = append(answer.Ns, z.denial(q.Name)...)
	}
	if !z.exists(q.Name) {
		answer.Rcode = dns.RcodeNameError
	}
}

// reply sends an answer in the room that the transport leaves.
func reply(w dns.ResponseWriter, question, answer *dns.Msg) {
	size := dns.MinMsgSize
	if opt := question.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
		answer.SetEdns0(dns.DefaultMsgSize, opt.Do())
	}
	if _, tcp := w.RemoteAddr().(*net.TCPAddr); tcp {
		size = dns.MaxMsgSize
	}
	answer.Truncate(size)
	_ = w.WriteMsg(answer) // a client that left early is no concern of ours
}

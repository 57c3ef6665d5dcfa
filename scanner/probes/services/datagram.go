// SPDX-License-Identifier: Apache-2.0

package services

import (
	"bytes"
	"context"
	"encoding/asn1"
	"errors"
	"net"
	"syscall"
	"time"

	"carescan/scanner/fact"
)

// datagram is one packet sent to one UDP port. A request is not larger than what
// an ordinary client sends, and only one is sent.
type datagram struct {
	number   int
	group    fact.PortGroup
	protocol string
	packet   []byte
	answers  func(answer []byte) bool
}

// datagrams lists the UDP services looked at. TFTP is not among them: it answers
// from another port than the one asked, which the network door keeps out.
var datagrams = []datagram{
	{161, fact.GroupAmplifier, "snmp", snmpRequest(), isSNMP},
	{123, fact.GroupAmplifier, "ntp-control", []byte{0x16, 0x02, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, isNTPControl},
	{1900, fact.GroupAmplifier, "ssdp", ssdpRequest(), func(a []byte) bool { return bytes.HasPrefix(a, []byte("HTTP/1.")) }},
	{389, fact.GroupAmplifier, "cldap", rootDSE(), func(a []byte) bool { _, ok := readLDAP(a); return ok }},
	{11211, fact.GroupAmplifier, "memcached", []byte("\x43\x53\x00\x00\x00\x01\x00\x00version\r\n"), isMemcachedDatagram},
	{623, fact.GroupManagement, "ipmi", ipmiRequest(), func(a []byte) bool { return len(a) >= 5 && a[0] == 6 && a[3] == 7 }},
	{137, fact.GroupFileSharing, "netbios", netbiosStatus(), func(a []byte) bool { return len(a) >= 12 && a[0] == 'C' && a[1] == 'S' && a[2]&0x80 != 0 }},
	{47808, fact.GroupIndustrial, "bacnet", bacnetRequest(), isBACnet},
}

// askDatagrams sends each packet once.
func (s *scan) askDatagrams(ctx context.Context) {
	asked := datagrams
	ports := make([]fact.Port, len(asked))
	for i, d := range asked {
		ports[i] = fact.Port{Number: d.number, Transport: "udp", Group: d.group, State: fact.PortNotAsked}
	}
	byNumber := map[int]datagram{}
	for _, d := range asked {
		byNumber[d.number] = d
	}
	s.each(ports, func(p *fact.Port) { s.send(ctx, byNumber[p.Number], p) })
	s.ports = append(s.ports, ports...)
}

// send tells whether a UDP service answers one packet. What it says is not kept.
func (s *scan) send(ctx context.Context, d datagram, p *fact.Port) {
	if s.over() {
		return
	}
	conn, err := s.dial(ctx, p)
	if err != nil {
		s.unanswered(ctx, p, err)
		return
	}
	defer conn.Close()
	unhook := context.AfterFunc(ctx, func() { conn.Close() })
	defer unhook()
	answer, err := s.exchange(conn, d.packet)
	if err != nil {
		s.unanswered(ctx, p, err)
		return
	}
	p.State, p.Address = fact.PortOpen, place(conn, p)
	if d.answers(answer) {
		p.Protocol = d.protocol
	}
}

// exchange sends one packet and waits for one.
func (s *scan) exchange(conn net.Conn, packet []byte) ([]byte, error) {
	if err := conn.SetDeadline(time.Now().Add(s.probe.options.Patience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	answer := make([]byte, 2<<10)
	n, err := conn.Read(answer)
	return answer[:n], err
}

// unanswered tells an ICMP refusal from silence.
func (s *scan) unanswered(ctx context.Context, p *fact.Port, err error) {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		p.State = fact.PortClosed
	case !s.stopped(ctx, err):
		p.State, p.Error = stateOf(err)
	}
}

// snmpRequest reads one public text of the agent with the community "public"
// (EXP-SVC-13). Only whether it answers is kept.
func snmpRequest() []byte {
	description := der(0x30, join([]byte("\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00"), []byte{5, 0})) // 1.3.6.1.2.1.1.1.0
	get := der(0xa0, join([]byte{2, 1, 1, 2, 1, 0, 2, 1, 0}, der(0x30, description)))
	return der(0x30, join([]byte{2, 1, 1}, der(4, []byte("public")), get))
}

// isSNMP wants a response, tag 2 of the choices of PDU.
func isSNMP(answer []byte) bool {
	var message struct {
		Version   int
		Community []byte
		PDU       asn1.RawValue
	}
	_, err := asn1.Unmarshal(answer, &message)
	const response = 2
	return err == nil && message.PDU.Class == asn1.ClassContextSpecific && message.PDU.Tag == response
}

// isNTPControl wants a response to a control message (RFC 9327 section 2).
func isNTPControl(answer []byte) bool {
	return len(answer) >= 12 && answer[0]&7 == 6 && answer[1]&0x80 != 0
}

func ssdpRequest() []byte {
	return []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n")
}

func isMemcachedDatagram(answer []byte) bool {
	return len(answer) > 8 && answer[0] == 'C' && answer[1] == 'S' && bytes.HasPrefix(answer[8:], []byte("VERSION"))
}

// ipmiRequest asks which ways there are to log in to a management card (IPMI 2.0
// section 22.13), as every client does first.
func ipmiRequest() []byte {
	return []byte{
		6, 0, 0xff, 7, // RMCP
		0, 0, 0, 0, 0, 0, 0, 0, 0, 9, // no session
		0x20, 0x18, 0xc8, 0x81, 0, 0x38, 0x8e, 4, 0xb5,
	}
}

// netbiosStatus asks a host for its table of names (RFC 1002 section 4.2.17). The
// table is not kept.
func netbiosStatus() []byte {
	question := []byte{'C', 'S', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	return join(question, netbiosName("*", 0), []byte{0, 0x21, 0, 1})
}

// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// restrict lets a connection to a provider's server carry only what its purpose
// needs: each write is read before it leaves.
func restrict(opened net.Conn, p scanner.Purpose, transport string) {
	c := guarded(opened)
	server := opened.RemoteAddr().String()
	switch p.Service {
	case scanner.ServiceNames:
		c.reads = func(message []byte) error { return readQuestion(message, transport == "tcp", p.Domain, server) }
	case scanner.ServiceMail:
		c.reads = (&introduction{server: server}).read
	}
}

// notClients are the types of question that only secondary servers and the curious
// ask: transfers (RFC 5936, RFC 1995) and everything at once (RFC 8482).
var notClients = []uint16{dns.TypeAXFR, dns.TypeIXFR, dns.TypeMAILA, dns.TypeMAILB, dns.TypeANY}

// readQuestion accepts one whole question about a domain or a name below it.
func readQuestion(message []byte, stream bool, domain, server string) error {
	refused := func(why string) error { return refuse(scanner.RefusedProvider, server, why) }
	if stream {
		if len(message) < 2 || int(binary.BigEndian.Uint16(message)) != len(message)-2 {
			return refused("what would be sent is not one whole DNS message")
		}
		message = message[2:]
	}
	m := new(dns.Msg)
	if err := m.Unpack(message); err != nil || m.Response || m.Opcode != dns.OpcodeQuery || len(m.Question) != 1 || len(m.Answer)+len(m.Ns) > 0 {
		return refused("what would be sent is not one DNS question")
	}
	q := m.Question[0]
	switch {
	case q.Qclass != dns.ClassINET || slices.Contains(notClients, q.Qtype):
		return refused("an ordinary client does not ask for " + dns.Type(q.Qtype).String())
	case !dns.IsSubDomain(dns.Fqdn(domain), dns.CanonicalName(q.Name)):
		return refused("the question is not about " + domain)
	}
	return nil
}

// maxHandshake bounds what is sent of one TLS handshake, in bytes.
const maxHandshake = 16 << 10

// introduction is what may be said to a mail server: who calls, and that TLS is
// wanted; then one handshake.
type introduction struct {
	server  string
	secured bool // STARTTLS was said
	sent    int  // bytes since then
}

// polite are the commands of a client that brings no message (RFC 5321, RFC 3207).
var polite = []string{"EHLO", "HELO", "STARTTLS", "QUIT"}

func (i *introduction) read(p []byte) error {
	refused := func(why string) error { return refuse(scanner.RefusedProvider, i.server, why) }
	if i.secured {
		i.sent += len(p)
		// Content types 20 to 23 (RFC 8446 section 5.1): the end of a handshake looks like data.
		if len(p) == 0 || p[0] < 20 || p[0] > 23 || i.sent > maxHandshake {
			return refused("more than a TLS handshake would be sent")
		}
		return nil
	}
	if !bytes.HasSuffix(p, []byte("\r\n")) {
		return refused("what would be sent is not whole lines")
	}
	for line := range strings.Lines(string(p)) {
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		if i.secured || !slices.Contains(polite, verb) {
			return refused("an ordinary client that brings no message says nothing else")
		}
		i.secured = verb == "STARTTLS"
	}
	return nil
}

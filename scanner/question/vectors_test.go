// SPDX-License-Identifier: Apache-2.0

package question

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// played is a connection on which one message comes.
type played struct {
	io.Reader
	io.Writer
}

// TestAnswersOfTheWorld: 3 480 answers are read as they are written, header and
// counts, when they answer the question that was asked, and believed in no other case.
func TestAnswersOfTheWorld(t *testing.T) {
	t.Parallel()
	for i, v := range scannertest.DNSAnswers(t) {
		at := fmt.Sprintf("line %d, %s %s of %s", i+1, v.Name, dns.TypeToString[v.Type], v.File)
		asked := new(dns.Msg).SetQuestion(dns.Fqdn(v.Name), v.Type)
		asked.Id = uint16(v.Wire[0])<<8 | uint16(v.Wire[1])
		reply, _, err := AskDatagram(played{bytes.NewReader(v.Wire), io.Discard}, asked)
		class := v.Wire[len(askedIn(v)) : len(askedIn(v))+2]
		if !bytes.Equal(class, []byte{0, dns.ClassINET}) {
			if err == nil {
				t.Errorf("%s: an answer of another class was believed", at)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		counts := [4]int{len(reply.Question), len(reply.Answer), len(reply.Ns), len(reply.Extra)}
		if flags(reply) != v.Flags || reply.Rcode != v.Code || counts != v.Counts {
			t.Errorf("%s: flags %s, code %d, counts %v; want %s, %d, %v", at, flags(reply), reply.Rcode, counts, v.Flags, v.Code, v.Counts)
		}
		asked.Question[0].Qtype = dns.TypeNULL
		if _, _, err := AskDatagram(played{bytes.NewReader(v.Wire), io.Discard}, asked); err == nil {
			t.Errorf("%s: believed for another question", at)
		}
	}
}

// askedIn is the beginning of a message, up to the class of its question.
func askedIn(v scannertest.DNSAnswer) []byte {
	end := 12 // the header
	for v.Wire[end] != 0 {
		end += int(v.Wire[end]) + 1
	}
	return v.Wire[:end+1+2] // the root, and the type
}

// flags writes the second word of a header (RFC 1035 section 4.1.1).
func flags(m *dns.Msg) string {
	word := m.Opcode<<11 | m.Rcode&0xf
	for bit, set := range map[int]bool{
		0x8000: m.Response, 0x0400: m.Authoritative, 0x0200: m.Truncated, 0x0100: m.RecursionDesired,
		0x0080: m.RecursionAvailable, 0x0040: m.Zero, 0x0020: m.AuthenticatedData, 0x0010: m.CheckingDisabled,
	} {
		if set {
			word |= bit
		}
	}
	return fmt.Sprintf("%04x", word)
}

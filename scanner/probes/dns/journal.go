// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxJournal is the most bytes of answers kept as evidence.
const maxJournal = 64 << 10

// journal keeps the answers as they came, for whoever doubts the facts.
type journal struct {
	text strings.Builder
	full bool
}

func (j *journal) answer(set fact.RecordSet, reply *dns.Msg) {
	j.line(fmt.Sprintf(";; %s %s asked of %s: %s", set.Name, set.Type, set.Server, rcodeName(reply.Rcode)))
	for _, rr := range reply.Answer {
		j.line(rr.String())
	}
}

// set keeps a set that came from a referral.
func (j *journal) set(set fact.RecordSet) {
	j.line(fmt.Sprintf(";; %s %s at the registry (%s): %s %s", set.Name, set.Type, set.Server, set.Answer, set.Error))
	for _, value := range set.Values {
		j.line(value)
	}
}

// reply keeps the answer of a name server. The mail address of a SOA is left
// out.
func (j *journal) reply(name string, qtype uint16, from string, reply *dns.Msg) {
	j.line(fmt.Sprintf(";; %s %s asked of %s: %s", name, dns.TypeToString[qtype], from, rcodeName(reply.Rcode)))
	for _, rr := range reply.Answer {
		if rr.Header().Rrtype != dns.TypeSOA {
			j.line(rr.String())
		}
	}
}

func (j *journal) silence(set fact.RecordSet) {
	j.line(fmt.Sprintf(";; %s %s: no answer (%s)", set.Name, set.Type, set.Error))
}

func (j *journal) line(text string) {
	if j.full {
		return
	}
	if j.text.Len()+len(text) > maxJournal {
		j.full = true
		text = ";; the rest was left out"
	}
	j.text.WriteString(text + "\n")
}

func (j *journal) artifacts() []scanner.Artifact {
	return []scanner.Artifact{scanner.NewArtifact("DNS answers", "text/plain; charset=utf-8", []byte(j.text.String()))}
}

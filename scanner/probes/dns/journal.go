// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// journal keeps the answers as they came, for whoever doubts the facts.
type journal struct{ dnswire.Journal }

func (j *journal) answer(set fact.RecordSet, reply *dns.Msg, before string) {
	j.Line(fmt.Sprintf(";; %s %s asked of %s: %s%s", set.Name, set.Type, set.Server, dnswire.CodeName(reply.Rcode), before))
	for _, rr := range reply.Answer {
		j.Line(rr.String())
	}
}

// set keeps a set that came from a referral.
func (j *journal) set(set fact.RecordSet) {
	j.Line(fmt.Sprintf(";; %s %s at the registry (%s): %s %s", set.Name, set.Type, set.Server, set.Answer, set.Error))
	for _, value := range set.Values {
		j.Line(value)
	}
}

// reply keeps the answer of a name server. The mail address of a SOA is left
// out.
func (j *journal) reply(name string, qtype uint16, from string, reply *dns.Msg, before string) {
	j.Line(fmt.Sprintf(";; %s %s asked of %s: %s%s", name, dns.TypeToString[qtype], from, dnswire.CodeName(reply.Rcode), before))
	for _, rr := range reply.Answer {
		if rr.Header().Rrtype != dns.TypeSOA {
			j.Line(rr.String())
		}
	}
}

func (j *journal) silence(set fact.RecordSet) {
	j.Line(fmt.Sprintf(";; %s %s: no answer (%s)", set.Name, set.Type, set.Error))
}

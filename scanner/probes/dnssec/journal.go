// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner/probes/internal/dnswire"
)

// journal keeps the answers as they came, for whoever doubts the facts.
type journal struct{ dnswire.Journal }

func (j *journal) answer(q *dns.Msg, from string, reply *dns.Msg, before string) {
	j.Line(fmt.Sprintf(";; asked of %s: %s: %s%s", from, title(q), dnswire.CodeName(reply.Rcode), before))
	for _, section := range [][]dns.RR{reply.Answer, reply.Ns} {
		for _, rr := range section[:min(len(section), maxRecords)] {
			j.Line(rr.String())
		}
	}
}

func (j *journal) silence(q *dns.Msg, server string, err error) {
	j.Line(fmt.Sprintf(";; asked of %s: %s: no answer (%v)", server, title(q), err))
}

func title(q *dns.Msg) string {
	return q.Question[0].Name + " " + dns.TypeToString[q.Question[0].Qtype]
}

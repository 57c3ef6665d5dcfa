// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// maxJournal is the most bytes of answers kept as evidence.
const maxJournal = 128 << 10

// journal keeps the answers as they came, for whoever doubts the facts.
type journal struct {
	text strings.Builder
	full bool
}

func (j *journal) answer(q *dns.Msg, from string, reply *dns.Msg) {
	j.line(fmt.Sprintf(";; asked of %s: %s: %s", from, title(q), dns.RcodeToString[reply.Rcode]))
	for _, section := range [][]dns.RR{reply.Answer, reply.Ns} {
		for _, rr := range section[:min(len(section), maxRecords)] {
			j.line(rr.String())
		}
	}
}

func (j *journal) silence(q *dns.Msg, server string, err error) {
	j.line(fmt.Sprintf(";; asked of %s: %s: no answer (%v)", server, title(q), err))
}

func title(q *dns.Msg) string {
	return q.Question[0].Name + " " + dns.TypeToString[q.Question[0].Qtype]
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
	return []scanner.Artifact{scanner.NewArtifact("DNSSEC answers", "text/plain; charset=utf-8", []byte(j.text.String()))}
}

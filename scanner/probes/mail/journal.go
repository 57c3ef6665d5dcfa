// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"regexp"

	"github.com/miekg/dns"

	"carescan/scanner/probes/internal/dnswire"
)

// journal keeps the answers, for whoever doubts the facts; mailboxes are left
// out of them (decision 5 of the architecture).
type journal struct{ dnswire.Journal }

// mailbox is whatever stands before an at sign, encoded or not.
var mailbox = regexp.MustCompile(`(?i)[^\s:;,=<>]+(@|%40)`)

func (j *journal) answer(q asked, a answer, before string) {
	j.Line(fmt.Sprintf(";; %s %s: %s %s%s", q.name, dns.TypeToString[q.qtype], a.state, a.fault, before))
	for _, rr := range a.records {
		j.Line(mailbox.ReplaceAllString(rr.String(), "…$1"))
	}
}

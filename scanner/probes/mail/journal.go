// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// maxJournal is the most bytes of answers kept as evidence.
const maxJournal = 64 << 10

// journal keeps the answers, for whoever doubts the facts; mailboxes are left
// out of them (decision 5 of the architecture).
type journal struct {
	text strings.Builder
	full bool
}

// mailbox is whatever stands before an at sign, encoded or not.
var mailbox = regexp.MustCompile(`(?i)[^\s:;,=<>]+(@|%40)`)

func (j *journal) answer(q question, a answer) {
	j.line(fmt.Sprintf(";; %s %s: %s %s", q.name, dns.TypeToString[q.qtype], a.state, a.fault))
	for _, rr := range a.records {
		j.line(mailbox.ReplaceAllString(rr.String(), "…$1"))
	}
}

func (j *journal) line(text string) {
	if j.full {
		return
	}
	if j.text.Len()+len(text) > maxJournal {
		j.full = true
		text = ";; the rest was left out"
	}
	j.text.WriteString(strings.TrimSpace(text) + "\n")
}

func (j *journal) artifacts() []scanner.Artifact {
	return []scanner.Artifact{scanner.NewArtifact("DNS answers", "text/plain; charset=utf-8", []byte(j.text.String()))}
}

// SPDX-License-Identifier: Apache-2.0

package dnswire

import (
	"strings"

	"carescan/scanner"
)

// maxJournal is the most bytes of answers kept as evidence.
const maxJournal = 128 << 10

// Journal keeps answers as they came, for whoever doubts the facts.
type Journal struct {
	text strings.Builder
	full bool
}

// Line adds a line, within the bound.
func (j *Journal) Line(text string) {
	if j.full {
		return
	}
	if j.text.Len()+len(text) > maxJournal {
		j.full = true
		text = ";; the rest was left out"
	}
	j.text.WriteString(strings.TrimSpace(text) + "\n")
}

// Artifacts are the lines, under a name.
func (j *Journal) Artifacts(name string) []scanner.Artifact {
	return []scanner.Artifact{scanner.NewArtifact(name, "text/plain; charset=utf-8", []byte(j.text.String()))}
}

// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"

	"carescan/scanner"
)

// Warn tells a person of a problem that did not stop what was asked.
func Warn(w io.Writer, program string, l scanner.Lang, p *Problem) {
	label, hint := scanner.Text{FR: "attention", EN: "warning"}, scanner.Text{FR: "conseil", EN: "hint"}
	fmt.Fprintf(w, "%s: %s: %s\n", program, label.In(l), p.in(l))
	fmt.Fprintf(w, "%s: %s: %s\n", program, hint.In(l), p.Hint.In(l))
}

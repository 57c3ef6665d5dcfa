// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"

	"carescan/scanner"
)

// Warn tells a person of a problem that did not stop what was asked.
func Warn(w io.Writer, program string, l scanner.Lang, p *Problem) {
	tell(w, program, l, label["warning"], p)
}

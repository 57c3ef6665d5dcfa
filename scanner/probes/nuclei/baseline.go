// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"strings"

	"carescan/scanner/fact"
)

// baselineRequests is how many random addresses are asked before any other
// (exposure-checks.md section 1.2, rule 6).
const baselineRequests = 2

// The identifiers of the baseline templates; no other can begin so.
const (
	baselineFound   = "carescan-baseline-found-"
	baselineRefused = "carescan-baseline-refused-"
)

const baselineTemplate = `id: %s
info: {name: %[1]s, author: carescan, severity: info}
http:
  - method: GET
    path: ["{{BaseURL}}%s"]
    matchers-condition: and
    matchers:
      - {type: status, status: [%s]}
      - {type: regex, part: response, regex: ["."]}
`

// newBaseline makes templates that recognise a site which answers a random
// address as if it held a page, or which refuses one without looking. They are
// made for each look, so that no site can know the addresses.
func newBaseline() ([]Template, error) {
	var templates []Template
	for i, address := range []string{"/" + word(), "/" + word() + "/" + word() + ".html"} {
		for _, b := range [][2]string{{baselineFound, "200, 203, 206"}, {baselineRefused, "403, 406, 418"}} {
			t, err := ParseTemplate(fmt.Appendf(nil, baselineTemplate, fmt.Sprint(b[0], i+1), address, b[1]))
			if err != nil {
				return nil, fmt.Errorf("make baseline: %w", err)
			}
			templates = append(templates, t)
		}
	}
	return templates, nil
}

func word() string { return strings.ToLower(rand.Text()) }

// conclude reads the baseline out of a batch.
func conclude(seen *fact.Templates, b batch) {
	for i := 1; i <= baselineRequests; i++ {
		found, known := b.results[fmt.Sprint(baselineFound, i)]
		if !known || !found.Ran {
			seen.Error = cmp.Or(seen.Error, b.problem, "no answer at a random address: "+cmp.Or(found.Error, "not tried"))
		}
		seen.SoftNotFound = seen.SoftNotFound || found.Matched
		seen.Blocked = seen.Blocked || b.results[fmt.Sprint(baselineRefused, i)].Matched
	}
}

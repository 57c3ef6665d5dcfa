// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"carescan/scanner/fact"
)

// baselineRequests is how many random addresses are asked: two before any other
// (exposure-checks.md section 1.2, rule 6), and one after all others, because a
// site may have begun to refuse us.
const baselineRequests = 3

// The identifiers of the baseline templates; no other can begin so.
const (
	baseline        = "carescan-baseline-"
	baselineFound   = baseline + "found-"
	baselineRefused = baseline + "refused-"
)

// ofOneLook tells a template that was made for one look: no plan holds it.
func (t Template) ofOneLook() bool { return strings.HasPrefix(t.ID, baseline) }

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

// around puts the baseline before and after the templates that guess an address. Those of
// the home page, which are the first and guess none, come second: a site that keeps no
// connection is not asked everything.
func around(templates []Template) ([]Template, error) {
	all, err := newBaseline()
	if err != nil {
		return nil, err
	}
	home := 0
	for home < len(templates) && templates[home].Home {
		home++
	}
	each := len(all) / baselineRequests
	return slices.Concat(all[:each], templates[:home], all[each:len(all)-each], templates[home:], all[len(all)-each:]), nil
}

// newBaseline makes templates that recognise a site which answers a random
// address as if it held a page, or which refuses one without looking. They are
// made for each look, so that no site can know the addresses.
func newBaseline() ([]Template, error) {
	var templates []Template
	for i, address := range []string{"/" + word(), "/" + word() + "/" + word() + ".html", "/" + word()} {
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
		if i < baselineRequests && b.spared.Code == "" { // the last one comes after all others, and tells less of why
			seen.Error = cmp.Or(seen.Error, unanswered(b, i))
		}
		seen.SoftNotFound = seen.SoftNotFound || b.results[fmt.Sprint(baselineFound, i)].Matched
		seen.Blocked = seen.Blocked || b.results[fmt.Sprint(baselineRefused, i)].Matched
	}
}

// unanswered says why a random address gave no answer, empty when it did.
func unanswered(b batch, i int) string {
	found := b.results[fmt.Sprint(baselineFound, i)]
	if found.Ran {
		return ""
	}
	return cmp.Or(b.problem, "no answer at a random address: "+cmp.Or(found.Error, "not tried"))
}

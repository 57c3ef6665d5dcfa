// SPDX-License-Identifier: Apache-2.0

package web

import "carescan/scanner"

// bar is a stacked bar in hundredths of its width, drawn as SVG; the counts
// stand beside it in words, so nothing is said by colour alone.
type bar struct {
	Parts []part
	Total int
}

type part struct {
	Label scanner.Text
	Class string // of the style
	Count int
	X, W  float64
}

func controlBar(count map[scanner.ControlState]int) bar {
	return newBar(scanner.ControlStates(), count)
}

func outcomeBar(count map[scanner.Outcome]int) bar { return newBar(scanner.Outcomes(), count) }

func newBar[K interface {
	~string
	Counted(n int) scanner.Text
}](keys []K, count map[K]int) (b bar) {
	for _, k := range keys {
		b.Total += count[k]
	}
	x := 0.0
	for _, k := range keys {
		if count[k] == 0 {
			continue
		}
		w := 100 * float64(count[k]) / float64(b.Total)
		b.Parts = append(b.Parts, part{k.Counted(count[k]), string(k), count[k], x, w})
		x += w
	}
	return b
}

// SPDX-License-Identifier: Apache-2.0

package web

import (
	"slices"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// overviewBody is a region at a glance.
type overviewBody struct {
	Known     int            // establishments that are counted
	Sites     []overviewSite // those whose rows the reader may see
	Satisfied int
	Controls  int
	Failed    int
	Grave     int          // failures that are critical or high
	Stale     []staleCount // kinds of freshness that ask something, with how many
}

type staleCount struct {
	store.Freshness
	Sites int
}

type overviewSite struct {
	store.Standing
	Bar       bar
	Satisfied int
	Failed    int
	Grave     int
	Unsure    int
	Passed    int
	Fresh     store.Freshness
}

func (s *Server) overviewShow(v *visit) error {
	standings, err := s.store.Standings(v.Context(), v.scope())
	if err != nil {
		return err
	}
	var body overviewBody
	for _, standing := range standings {
		body.add(newOverviewSite(standing, s.settings.SilentAfter))
	}
	body.countStale()
	seen := v.rights[access.Read]
	body.Sites = slices.DeleteFunc(body.Sites, func(o overviewSite) bool { return !seen.Sees(o.FINESS) })
	return v.show("overview", body)
}

func newOverviewSite(s store.Standing, silentAfter time.Duration) overviewSite {
	return overviewSite{
		Standing: s, Bar: controlBar(s.Controls), Satisfied: s.Controls[scanner.Satisfied],
		Failed: s.Outcomes[scanner.Fail], Unsure: s.Outcomes[scanner.Inconclusive], Passed: s.Outcomes[scanner.Pass],
		Grave: s.Severities[scanner.Critical] + s.Severities[scanner.High],
		Fresh: s.Freshness(time.Now(), silentAfter),
	}
}

func (b *overviewBody) add(site overviewSite) {
	b.Sites = append(b.Sites, site)
	b.Known++
	b.Satisfied += site.Satisfied
	b.Controls += site.Bar.Total
	b.Failed += site.Failed
	b.Grave += site.Grave
}

func (b *overviewBody) countStale() {
	for _, kind := range store.Stale() {
		n := 0
		for _, site := range b.Sites {
			if site.Fresh == kind {
				n++
			}
		}
		b.Stale = append(b.Stale, staleCount{kind, n})
	}
}

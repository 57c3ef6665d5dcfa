// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

const (
	findingsPerPage = 50
	bundlesShown    = 20
	coverageShown   = 200 // gaps come first
	maxChecksAsked  = 50
)

// establishmentBody is all that is known of an establishment.
type establishmentBody struct {
	scanner.Establishment
	Frameworks []framework
	Findings   findingList
	Outcomes   bar
	Disputed   []store.Disagreement
	Coverage   []store.Coverage
	Looks      int
	Gaps       int // looks that did not end
	Bundles    []store.Bundle
	Looked     store.Looked
	Fresh      store.Freshness
}

func (s *Server) establishmentShow(v *visit) error {
	site, err := s.store.Establishment(v.Context(), v.scope(), v.finess())
	if err != nil {
		return err
	}
	body := establishmentBody{Establishment: site}
	for _, fill := range []func(*visit, *establishmentBody) error{s.fillControls, s.fillFindings, s.fillDisputed, s.fillCoverage, s.fillBundles} {
		if err := fill(v, &body); err != nil {
			return err
		}
	}
	return v.show("establishment", body)
}

// framework is a catalog with the state of its controls here.
type framework struct {
	Title    scanner.Text
	Bar      bar
	Controls []store.Control
}

func (s *Server) fillControls(v *visit, b *establishmentBody) error {
	controls, err := s.store.Controls(v.Context(), v.scope(), b.FINESS)
	for len(controls) > 0 {
		catalog := controls[0].Catalog
		end := slices.IndexFunc(controls, func(c store.Control) bool { return c.Catalog != catalog })
		if end < 0 {
			end = len(controls)
		}
		b.Frameworks = append(b.Frameworks, s.framework(catalog, controls[:end]))
		controls = controls[end:]
	}
	return err
}

func (s *Server) framework(catalog string, controls []store.Control) framework {
	title, known := s.settings.Catalog(catalog)
	if !known {
		title = scanner.Text{FR: catalog, EN: catalog}
	}
	count := map[scanner.ControlState]int{}
	for _, c := range controls {
		count[c.State]++
	}
	return framework{title, controlBar(count), controls}
}

// findingList is one page of the findings, and how it was narrowed.
type findingList struct {
	Rows     []store.Finding
	Lacks    []scanner.Lack // what nobody declared, said by source
	Filter   store.Filter
	Outcomes []scanner.Outcome
	Families []family
	Total    int
	From, To int
	Previous string // "?" and query of the page before, empty on the first
	Next     string
}

// family is a family of checks as a filter offers it.
type family struct {
	Name  string
	Title scanner.Text
}

func (s *Server) families(v *visit, site scanner.FINESS) (list []family, err error) {
	names, err := s.store.Families(v.Context(), v.scope(), site)
	for _, name := range names {
		title, known := s.settings.Family(name)
		if !known {
			title = scanner.Text{FR: name, EN: name}
		}
		list = append(list, family{name, title})
	}
	return list, err
}

func (s *Server) fillFindings(v *visit, b *establishmentBody) (err error) {
	list := findingList{Filter: filterOf(v.URL.Query()), Outcomes: scanner.Outcomes()}
	if list.Rows, err = s.store.Findings(v.Context(), v.scope(), b.FINESS, list.Filter); err != nil {
		return err
	}
	if list.Total, err = s.store.CountFindings(v.Context(), v.scope(), b.FINESS, list.Filter); err != nil {
		return err
	}
	undeclared, err := s.store.Undeclared(v.Context(), v.scope(), b.FINESS, list.Filter)
	if err != nil {
		return err
	}
	list.Lacks = scanner.Lacks(undeclared)
	if list.Families, err = s.families(v, b.FINESS); err != nil {
		return err
	}
	list.turn()
	b.Findings = list
	return s.fillOutcomes(v, b)
}

// filterOf reads a filter from an address. What makes no sense narrows to
// nothing or is ignored, and never fails.
func filterOf(q url.Values) store.Filter {
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 || page > 1000 {
		page = 1
	}
	checks := q["check"]
	return store.Filter{
		Outcome: scanner.Outcome(q.Get("outcome")), Family: q.Get("family"), Checks: checks[:min(len(checks), maxChecksAsked)],
		Declared: true,
		Offset:   (page - 1) * findingsPerPage, Limit: findingsPerPage,
	}
}

func (l *findingList) turn() {
	l.From, l.To = min(l.Filter.Offset+1, l.Total), l.Filter.Offset+len(l.Rows)
	page := l.Filter.Offset/findingsPerPage + 1
	if page > 1 {
		l.Previous = l.query(page - 1)
	}
	if l.To < l.Total {
		l.Next = l.query(page + 1)
	}
}

func (l *findingList) query(page int) string {
	q := url.Values{"outcome": {string(l.Filter.Outcome)}, "family": {l.Filter.Family}, "check": l.Filter.Checks}
	q.Set("page", strconv.Itoa(page))
	return "?" + q.Encode()
}

func (s *Server) fillOutcomes(v *visit, b *establishmentBody) error {
	count := map[scanner.Outcome]int{}
	for _, o := range scanner.Outcomes() {
		n, err := s.store.CountFindings(v.Context(), v.scope(), b.FINESS, store.Filter{Outcome: o, Declared: true})
		if err != nil {
			return err
		}
		count[o] = n
	}
	b.Outcomes = outcomeBar(count)
	return nil
}

func (s *Server) fillDisputed(v *visit, b *establishmentBody) (err error) {
	b.Disputed, err = s.store.Disagreements(v.Context(), v.scope(), b.FINESS)
	return err
}

func (s *Server) fillCoverage(v *visit, b *establishmentBody) (err error) {
	if b.Coverage, err = s.store.Coverage(v.Context(), v.scope(), b.FINESS, coverageShown); err != nil {
		return err
	}
	undeclared, err := s.store.Undeclared(v.Context(), v.scope(), b.FINESS, store.Filter{})
	if err != nil {
		return err
	}
	b.Coverage = slices.DeleteFunc(b.Coverage, func(c store.Coverage) bool { return notDeclared(c, undeclared) })
	count, err := s.store.CountCoverage(v.Context(), v.scope(), b.FINESS)
	for status, n := range count {
		b.Looks += n
		if status != scanner.StatusCompleted {
			b.Gaps += n
		}
	}
	return err
}

// notDeclared tells whether a look was not made because nothing was declared for
// it, which the findings say by source.
func notDeclared(c store.Coverage, undeclared []scanner.Finding) bool {
	return c.Status == scanner.StatusSkipped && slices.ContainsFunc(undeclared, func(f scanner.Finding) bool {
		return f.Check == c.Check && f.Target.Key() == c.Target
	})
}

func (s *Server) fillBundles(v *visit, b *establishmentBody) (err error) {
	b.Bundles, err = s.store.Bundles(v.Context(), v.scope(), b.FINESS, bundlesShown)
	if err != nil {
		return err
	}
	b.Looked, err = s.store.Looked(v.Context(), v.scope(), b.FINESS)
	b.Fresh = b.Looked.Freshness(time.Now(), s.settings.SilentAfter)
	return err
}

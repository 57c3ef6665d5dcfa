// SPDX-License-Identifier: Apache-2.0

// Package lists tells what dated public lists say of a product: the exploited
// vulnerabilities (CISA KEV), and the end of support of its versions
// (endoflife.date). It only knows what the lists hold: a product they do not
// name is not listed, which proves nothing.
//
// The facts of both are embedded whole, as dated tables that command internal/gen
// makes. Either can be replaced by the file its publisher serves, as it is:
//
//	KEV          https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json
//	end of life  https://endoflife.date/api/v1/products/full
package lists

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// maxFile is the most bytes of one list.
const maxFile = 32 << 20

// Book holds both lists.
type Book struct {
	exploited Exploited
	support   Support
	affected  affected
}

// Open reads the lists; an empty name stands for the embedded table. What is wrong
// in a file is settings.Faults of the key exploited or end_of_life.
func Open(kevFile, eolFile string) (*Book, error) {
	exploited, faultsKEV, errKEV := open(kevFile, embeddedExploited, ParseKEV)
	support, faultsEOL, errEOL := open(eolFile, embeddedSupport, ParseEndOfLife)
	if faults := append(faultsKEV.Below("exploited"), faultsEOL.Below("end_of_life")...); len(faults) > 0 {
		return nil, faults
	}
	ranges, errAffected := parseAffected(embeddedAffected)
	if err := errors.Join(errKEV, errEOL, errAffected); err != nil {
		return nil, fmt.Errorf("open lists: %w", err)
	}
	return &Book{exploited, support, ranges}, nil
}

func open[L any](file string, embedded func() (L, error), parse func([]byte) (L, error)) (list L, faults settings.Faults, err error) {
	if file == "" {
		list, err = embedded()
		return list, nil, err
	}
	data, _, err := localfile.Read(file, maxFile)
	if err != nil {
		faults, _ = errors.AsType[settings.Faults](err)
		return list, faults, nil
	}
	if list, err = parse(data); err != nil {
		return list, settings.InFile(0,
			"ce n'est pas la liste attendue, telle que son éditeur la publie",
			"this is not the list expected, as its publisher serves it").With(err), nil
	}
	return list, nil, nil
}

// Consulted are both lists: whose they are, of which day, and the digest of what
// was read.
func (b *Book) Consulted() []scanner.PublicList {
	return []scanner.PublicList{b.exploited.origin, b.support.origin}
}

// Name names both lists with their dates.
func (b *Book) Name() string { return named(b.exploited.origin) + ", " + named(b.support.origin) }

// named is the name of a list in facts, with its date.
func named(l scanner.PublicList) string {
	name := l.Name + " " + l.Date.Format(time.DateOnly)
	if l.Extract {
		name += " (extract)"
	}
	return name
}

// Describe adds what the lists say of a product. What the caller already knows
// of its end of support is replaced when a list knows it.
func (b *Book) Describe(p fact.Product) fact.Product {
	names := namesOf(p.Name)
	if r, ok := b.support.find(names, p.Version); ok {
		p.EndOfSupport, p.Listed, p.ListedOn = r.end, true, b.support.origin.Date
		p.Latest, p.LatestDate = r.latest, r.latestDate
	}
	if r, ok := b.support.find(namesOf(p.Distribution), p.Release); ok && p.Distribution != "" {
		p.DistributionEnd, p.DistributionListed, p.ListedOn = r.end, true, b.support.origin.Date
	}
	p.Tracked = slices.ContainsFunc(b.exploited.entries, names.in)
	for _, e := range b.exploited.entries {
		if flaw := (flawOf{e.cve, word(p.Name)}); names.in(e) && !b.affected.spares(flaw, p.Version) {
			p.Flaws = append(p.Flaws, fact.Flaw{CVE: e.cve, Added: e.added, Affected: b.affected.holds(flaw, p.Version)})
		}
	}
	return p
}

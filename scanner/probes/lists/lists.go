// SPDX-License-Identifier: Apache-2.0

// Package lists tells what dated public lists say of a product: the exploited
// vulnerabilities (CISA KEV), and the end of support of its versions
// (endoflife.date). It only knows what the lists hold: a product they do not
// name is not listed, which proves nothing.
//
// A copy of both is embedded. Either can be replaced by the file its publisher
// serves, as it is:
//
//	KEV          https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json
//	end of life  https://endoflife.date/api/v1/products/full
package lists

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// maxFile is the most bytes of one list.
const maxFile = 32 << 20

//go:embed data/kev.json
var embeddedKEV []byte

//go:embed data/endoflife.json
var embeddedEndOfLife []byte

//go:embed data/affected.json
var embeddedAffected []byte

// Book holds both lists.
type Book struct {
	exploited Exploited
	support   Support
	affected  affected
}

// Open reads the lists; an empty name stands for the embedded copy. What is wrong
// in a file is settings.Faults of the key exploited or end_of_life.
func Open(kevFile, eolFile string) (*Book, error) {
	exploited, faultsKEV := open(kevFile, embeddedKEV, ParseKEV)
	support, faultsEOL := open(eolFile, embeddedEndOfLife, ParseEndOfLife)
	if faults := append(faultsKEV.Below("exploited"), faultsEOL.Below("end_of_life")...); len(faults) > 0 {
		return nil, faults
	}
	ranges, err := parseAffected(embeddedAffected)
	if err != nil {
		return nil, fmt.Errorf("open list of affected versions: %w", err)
	}
	return &Book{exploited, support, ranges}, nil
}

func open[L any](file string, embedded []byte, parse func([]byte) (L, error)) (list L, faults settings.Faults) {
	data := embedded
	if file != "" {
		var err error
		if data, _, err = localfile.Read(file, maxFile); err != nil {
			faults, _ = errors.AsType[settings.Faults](err)
			return list, faults
		}
		data = settings.Saved(data)
	}
	list, err := parse(data)
	if err != nil {
		return list, settings.InFile(0,
			"ce n'est pas la liste attendue, telle que son éditeur la publie",
			"this is not the list expected, as its publisher serves it").With(err)
	}
	return list, nil
}

// Name names both lists with their dates.
func (b *Book) Name() string { return b.exploited.Name() + ", " + b.support.Name() }

// tracks says whether what the list of exploited vulnerabilities does not hold
// means anything: an extract knows nothing of what it does not name.
func (b *Book) tracks(n names) bool {
	return len(n.products) > 0 && (!b.exploited.extract || slices.ContainsFunc(b.exploited.entries, n.in))
}

// Describe adds what the lists say of a product. What the caller already knows
// of its end of support is replaced when a list knows it.
func (b *Book) Describe(p fact.Product) fact.Product {
	names := namesOf(p.Name)
	if r, ok := b.support.find(names, p.Version); ok {
		p.EndOfSupport, p.Listed, p.ListedOn = r.end, true, b.support.date
		p.Latest, p.LatestDate = r.latest, r.latestDate
	}
	if r, ok := b.support.find(namesOf(p.Distribution), p.Release); ok && p.Distribution != "" {
		p.DistributionEnd, p.DistributionListed, p.ListedOn = r.end, true, b.support.date
	}
	p.Tracked = b.tracks(names)
	for _, e := range b.exploited.entries {
		if flaw := (flawOf{e.cve, word(p.Name)}); names.in(e) && !b.affected.spares(flaw, p.Version) {
			p.Flaws = append(p.Flaws, fact.Flaw{CVE: e.cve, Added: e.added, Affected: b.affected.holds(flaw, p.Version)})
		}
	}
	return p
}

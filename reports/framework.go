// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"slices"
	"strings"

	"carescan/scanner"
)

// Framework is the controls of one catalog, in the order of the catalog.
type Framework struct {
	scanner.CatalogRef // as it was that day
	Controls           []Control
	Count              map[scanner.ControlState]int
}

// Control is the state of a control with the findings it rests on.
type Control struct {
	scanner.ControlResult
	Findings []Finding
	Lacks    []scanner.Lack // what nobody declared, said by source
}

// Asking are the findings of the control that ask something of the reader.
func (c Control) Asking() []Finding { return c.findings(Finding.Asks) }

// Quiet are the others, which reassure and can be read later.
func (c Control) Quiet() []Finding {
	return c.findings(func(f Finding) bool { return !f.Asks() })
}

func (c Control) findings(keep func(Finding) bool) []Finding {
	var list []Finding
	for _, f := range c.Findings {
		if keep(f) {
			list = append(list, f)
		}
	}
	return list
}

// Share is the part of a framework that is in one state.
type Share struct {
	State scanner.ControlState
	Count int
}

// ByFramework groups the controls by the catalog they come from.
func (d Document) ByFramework() []Framework {
	findings := map[string]Finding{}
	for _, f := range d.Findings() {
		findings[f.Fingerprint] = f
	}
	var list []Framework
	place := map[string]int{}
	for _, c := range d.Run.Stand().Controls {
		at, ok := place[c.Catalog]
		if !ok {
			at = len(list)
			place[c.Catalog] = at
			list = append(list, Framework{CatalogRef: d.catalog(c.Catalog), Count: map[scanner.ControlState]int{}})
		}
		list[at].Controls = append(list[at].Controls, withFindings(c, findings))
		list[at].Count[c.State]++
	}
	return list
}

func withFindings(c scanner.ControlResult, all map[string]Finding) Control {
	full := Control{ControlResult: c}
	for _, fp := range c.Findings {
		if f, ok := all[fp]; ok {
			full.Findings = append(full.Findings, f)
		}
	}
	slices.SortStableFunc(full.Findings, compareFindings)
	full.Findings, full.Lacks = apart(full.Findings)
	return full
}

// catalog is what the run says of a catalog; one it does not describe is known
// by its id.
func (d Document) catalog(id string) scanner.CatalogRef {
	for _, c := range d.Run.Profile.Catalogs {
		if c.ID == id {
			return c
		}
	}
	return scanner.CatalogRef{ID: id, Title: scanner.Text{FR: id, EN: id}}
}

// Shares lists the states that some control is in, in the order of reading.
func (f Framework) Shares() []Share {
	var shares []Share
	for _, state := range scanner.ControlStates() {
		if n := f.Count[state]; n > 0 {
			shares = append(shares, Share{state, n})
		}
	}
	return shares
}

// IsHAS tells whether the framework serves the certification of health
// establishments by the Haute Autorité de santé.
func (f Framework) IsHAS() bool { return f.ID == "has" || strings.HasPrefix(f.ID, "has-") }

// HasHAS tells whether a framework of the run serves that certification.
func (d Document) HasHAS() bool { return slices.ContainsFunc(d.ByFramework(), Framework.IsHAS) }

// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"cmp"
	"regexp"
	"slices"

	"carescan/scanner"
)

// Finding is a finding with all that a reader may walk to from it.
type Finding struct {
	scanner.Finding
	Evidence []scanner.Observation // it rests on these
	Controls []scanner.ControlResult
	Why      scanner.Text // why it matters; empty when the page of the check is not at hand
	People   []Person     // behind the pseudonyms of its facts, where names are known
}

// Person is a name behind a pseudonym.
type Person struct{ Pseudonym, Name string }

// Findings lists the findings from the one that asks most of a reader:
// failures, then what is not known, gravest first.
func (d Document) Findings() []Finding {
	observed := map[string]scanner.Observation{}
	for _, o := range d.Run.Observations {
		observed[o.ID] = o
	}
	list := make([]Finding, 0, len(d.Run.Findings))
	for _, f := range d.Run.Stand().Findings {
		list = append(list, d.finding(f, observed))
	}
	slices.SortStableFunc(list, compareFindings)
	return list
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Outcome.Rank(), b.Outcome.Rank()),
		cmp.Compare(a.Severity.Rank(), b.Severity.Rank()),
		cmp.Compare(a.Check, b.Check),
		cmp.Compare(a.Target.Key(), b.Target.Key()),
	)
}

func (d Document) finding(f scanner.Finding, observed map[string]scanner.Observation) Finding {
	full := Finding{Finding: f}
	if p, ok := d.Papers[f.Check]; ok {
		full.Why = scanner.Text{FR: p.FR.Why, EN: p.EN.Why}
	}
	for _, id := range f.Observations {
		if o, ok := observed[id]; ok {
			full.Evidence = append(full.Evidence, o)
			full.People = append(full.People, d.people(o)...)
		}
	}
	for _, c := range d.Run.Controls {
		if slices.Contains(c.Findings, f.Fingerprint) {
			full.Controls = append(full.Controls, c)
		}
	}
	return full
}

var pseudonym = regexp.MustCompile(`p-[0-9a-f]{16}`)

// people finds the names behind the pseudonyms in the fact of an observation.
func (d Document) people(o scanner.Observation) []Person {
	var list []Person
	if len(d.Names) == 0 {
		return nil
	}
	for _, p := range pseudonym.FindAllString(string(o.Fact), -1) {
		person := Person{p, d.Names[p]}
		if person.Name != "" && !slices.Contains(list, person) {
			list = append(list, person)
		}
	}
	return list
}

// Group is the findings of one outcome.
type Group struct {
	Outcome  scanner.Outcome
	Findings []Finding
}

// Groups lists the findings by outcome, leaving out outcomes nothing has. Those
// that nothing was declared for are said by source (Lacks), not one by one.
func (d Document) Groups() []Group {
	told, _ := apart(d.Findings())
	var groups []Group
	for _, o := range scanner.Outcomes() {
		g := Group{Outcome: o}
		for _, f := range told {
			if f.Outcome == o {
				g.Findings = append(g.Findings, f)
			}
		}
		if len(g.Findings) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// Told is how many findings are told one by one.
func (d Document) Told() int {
	told, _ := apart(d.Findings())
	return len(told)
}

// Lacks lists what nobody declared, by source.
func (d Document) Lacks() []scanner.Lack {
	_, lacks := apart(d.Findings())
	return lacks
}

// apart takes the findings that nothing was declared for out of a list.
func apart(all []Finding) (findings []Finding, lacks []scanner.Lack) {
	var undeclared []scanner.Finding
	for _, f := range all {
		if _, lacking := f.Undeclared(); lacking {
			undeclared = append(undeclared, f.Finding)
			continue
		}
		findings = append(findings, f)
	}
	return findings, scanner.Lacks(undeclared)
}

// Unknown are the findings that looked and could not conclude.
func (d Document) Unknown() []Finding {
	for _, g := range d.Groups() {
		if g.Outcome == scanner.Inconclusive {
			return g.Findings
		}
	}
	return nil
}

// Gaps lists what was not wholly looked at, with the reason. What was not declared
// is no gap of the look: it is said by source.
func (d Document) Gaps() []scanner.Coverage {
	undeclared := map[string]bool{}
	for _, lack := range d.Lacks() {
		for _, f := range lack.Findings {
			undeclared[f.Check+" "+f.Target.Key()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(d.Run.Coverage), func(c scanner.Coverage) bool {
		return c.Status == scanner.StatusCompleted || undeclared[c.Check+" "+c.Target.Key()]
	})
}

// Asks tells whether a finding asks something of the reader.
func (f Finding) Asks() bool { return Asks(f.Outcome) }

// Asks tells whether an outcome asks something of the reader.
func Asks(o scanner.Outcome) bool { return o == scanner.Fail || o == scanner.Inconclusive }

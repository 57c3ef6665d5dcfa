// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxUncovered is the most pseudonyms a fact holds.
const maxUncovered = 100

// account is one login of the application, its duplicates merged.
type account struct {
	login      string
	enabled    bool
	population string
	equipped   answer
	mandatory  answer
}

// census is what the lines of an export add up to.
type census struct {
	accounts   map[string]account // by login, as compared
	duplicates int
	nameless   int // lines without a login, or broken
	doubtful   int // accounts whose status is not a known word
}

func newCensus() census { return census{accounts: map[string]account{}} }

// rejected counts the lines that could not be understood on their own.
func (c census) rejected() int { return c.duplicates + c.nameless + c.doubtful }

func (c *census) add(r row, words vocabulary) {
	login := r[columnLogin]
	if login == "" {
		c.nameless++
		return
	}
	a := account{
		login:   strings.Clone(login), // not the line around it
		enabled: c.status(r), population: words.population(r[columnFunction]),
		equipped: words.equipped(r[columnFactor]), mandatory: mandatory(r[columnMandatory]),
	}
	key := strings.ToLower(norm.NFC.String(login))
	if other, twice := c.accounts[key]; twice {
		c.duplicates++
		a = merge(other, a)
	}
	c.accounts[key] = a
}

// status says whether a line opens the application. Where the export has no
// status, or an unknown one, the account may open it.
func (c *census) status(r row) bool {
	cell, declared := r[columnStatus]
	if !declared {
		return true
	}
	status := enabled(cell)
	if status == unknown {
		c.doubtful++
	}
	return status != no
}

// merge keeps the worst of two lines about one login. A closed line says
// nothing against an open one.
func merge(a, b account) account {
	if a.enabled != b.enabled {
		if a.enabled {
			return a
		}
		return b
	}
	a.population = slices.MinFunc([]string{a.population, b.population}, func(x, y string) int {
		return cmp.Compare(slices.Index(populations(), x), slices.Index(populations(), y))
	})
	a.equipped, a.mandatory = min(a.equipped, b.equipped), min(a.mandatory, b.mandatory)
	return a
}

// count makes the fact of an application.
func (c census) count(config Config, p scanner.Pseudonyms) scanner.Sighting {
	names := map[string]string{}
	for key, a := range c.accounts {
		if a.enabled && a.equipped == no {
			names[p.Of(config.ID, key)] = a.login
		}
	}
	uncovered, kept := scanner.Shown(names, maxUncovered)
	return scanner.Sighting{
		Fact: fact.Accounts{
			Application: cmp.Or(config.Name, config.ID), Sensitive: config.Sensitive,
			Populations: c.populations(), Uncovered: uncovered,
		},
		Missing: c.missing(),
		Names:   kept,
	}
}

func (c census) populations() []fact.Population {
	byName := map[string]fact.Population{}
	for _, a := range c.accounts {
		if a.enabled {
			byName[a.population] = a.countIn(byName[a.population])
		}
	}
	all := []fact.Population{}
	for _, name := range populations() {
		if p, found := byName[name]; found {
			all = append(all, p)
		}
	}
	return all
}

// countIn adds an account to its population. Being made to use a factor that
// may not exist is not known to be enforced.
func (a account) countIn(p fact.Population) fact.Population {
	p.Name = a.population
	p.Enabled++
	switch a.equipped {
	case yes:
		p.Equipped++
	case unknown:
		p.UnknownEquipped++
	case no:
	}
	switch min(a.equipped, a.mandatory) {
	case yes:
		p.Enforced++
	case unknown:
		p.UnknownEnforced++
	case no:
	}
	return p
}

func (c census) missing() (missing scanner.Causes) {
	rejected := func(count int, column, detail string) {
		if count > 0 {
			cause := scanner.Cause{Code: scanner.CauseRowsRejected}.At(column).With(scanner.ValueCount, strconv.Itoa(count))
			cause.Detail = fmt.Sprintf(detail, count)
			missing = append(missing, cause)
		}
	}
	rejected(c.nameless, columnLogin, "%d lines have no login or not the columns of the header")
	rejected(c.doubtful, columnStatus, "the status of %d lines is not a known word, they were counted as enabled")
	return missing
}

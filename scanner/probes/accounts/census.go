// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxUncovered is the most pseudonyms a fact holds.
const maxUncovered = 100

// account is one login of the application, its duplicates merged.
type account struct {
	login      string
	status     answer
	population string
	equipped   answer
	mandatory  answer
	strange    map[string]string // the word of a column that nobody gave a meaning; empty: an empty cell
}

// census is what the lines of an export add up to. Each line is counted once.
type census struct {
	accounts   map[string]account // by login, as compared
	duplicates int
	nameless   int // lines without a login
	broken     int // lines with more cells than the header
}

func newCensus() census { return census{accounts: map[string]account{}} }

// rejected counts the lines that are no account of their own.
func (c census) rejected() int { return c.duplicates + c.nameless + c.broken }

func (c *census) add(r row, words vocabulary) {
	login := r[columnLogin]
	switch {
	case r == nil:
		c.broken++
		return
	case login == "":
		c.nameless++
		return
	}
	a := words.read(r)
	key := strings.ToLower(norm.NFC.String(login))
	if other, twice := c.accounts[key]; twice {
		c.duplicates++
		a = merge(other, a)
	}
	c.accounts[key] = a
}

// read gives the cells of a line their meanings. Without a column of statuses every
// account opens the application, and one whose status is not a known word may.
func (v vocabulary) read(r row) account {
	a := account{login: strings.Clone(r[columnLogin]), status: yes, strange: map[string]string{}} // not the line around it
	note := func(column, word string) {
		if word != "" {
			a.strange[column] = strings.Clone(word)
		}
	}
	var word string
	if cell, declared := r[columnStatus]; declared {
		if a.status, word = says(v.statuses, cell); a.status == unknown {
			a.strange[columnStatus] = strings.Clone(word)
		}
	}
	var known bool
	if a.population, known = v.population(r[columnFunction]); !known {
		if cell, declared := r[columnFunction]; declared {
			a.strange[columnFunction] = strings.Clone(cell)
		}
	}
	a.equipped, word = v.equipped(r[columnFactor])
	note(columnFactor, word)
	a.mandatory, word = says(v.mandatory, r[columnMandatory])
	note(columnMandatory, word)
	if a.status == unknown {
		a.equipped, a.mandatory = max(a.equipped, unknown), max(a.mandatory, unknown)
	}
	return a
}

// merge keeps the worst of two lines about one login. A closed line says nothing
// against one that is open, or may be.
func merge(a, b account) account {
	if a.status == no || b.status == no {
		if a.status < b.status {
			return b
		}
		return a
	}
	merged := a
	merged.strange = map[string]string{}
	merged.status = max(a.status, b.status)
	merged.population = slices.MinFunc([]string{a.population, b.population}, func(x, y string) int {
		return cmp.Compare(slices.Index(populations(), x), slices.Index(populations(), y))
	})
	merged.equipped, merged.mandatory = min(a.equipped, b.equipped), min(a.mandatory, b.mandatory)
	doubted := map[string]bool{
		columnStatus: merged.status == unknown, columnFunction: merged.population == everyoneElse,
		columnFactor: merged.equipped == unknown, columnMandatory: merged.mandatory == unknown,
	}
	for _, words := range []map[string]string{b.strange, a.strange} {
		for column, word := range words {
			if doubted[column] {
				merged.strange[column] = word
			}
		}
	}
	return merged
}

// count makes the fact of an application.
func (c census) count(config Config, p scanner.Pseudonyms) scanner.Sighting {
	names := map[string]string{}
	for key, a := range c.accounts {
		if a.status == yes && a.equipped == no {
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
		if a.status != no {
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
// may not exist is not known to be enforced. An account that may be closed is
// uncovered in the low bound and covered in the high one, whatever it owns: the true
// share, with or without it, lies between.
func (a account) countIn(p fact.Population) fact.Population {
	p.Name = a.population
	p.Enabled++
	if a.status == unknown {
		p.UnknownEquipped++
		p.UnknownEnforced++
		return p
	}
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
	rejected := func(count int, detail string) {
		if count > 0 {
			cause := scanner.Cause{Code: scanner.CauseRowsRejected}.At(columnLogin).With(scanner.ValueCount, strconv.Itoa(count))
			cause.Detail = fmt.Sprintf(detail, count)
			missing = append(missing, cause)
		}
	}
	rejected(c.nameless, "%d lines have no login")
	rejected(c.broken, "%d lines have more cells than the header")
	return missing
}

const (
	maxUnmapped     = 50 // words told of one source
	maxUnmappedWord = 60 // letters of a word that is told as it stands
	// minShared is the fewest accounts that share a word for it to be no name of a
	// person, as a column may be declared for another. A rarer word is a pseudonym,
	// known on site.
	minShared = 5
)

// unmapped lists the words that nobody gave a meaning, each once, the most frequent
// first. A closed account needs no meaning.
func (c census) unmapped(config Config, p scanner.Pseudonyms) (list []fact.Unmapped, names map[string]string) {
	type place struct{ column, word string }
	counts, written := map[place]int{}, map[place]string{}
	for _, a := range c.accounts {
		if a.status == no {
			continue
		}
		for column, word := range a.strange {
			at := place{column, fold(word)}
			counts[at]++
			written[at] = max(written[at], word)
		}
	}
	places := slices.SortedFunc(maps.Keys(counts), func(a, b place) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.column, b.column), cmp.Compare(a.word, b.word))
	})
	names = map[string]string{}
	for i, at := range places {
		word := written[at]
		if i == maxUnmapped {
			list = append(list, fact.Unmapped{Word: "…"})
		}
		if i >= maxUnmapped {
			list[maxUnmapped].Accounts += counts[at]
			continue
		}
		if word != "" && (counts[at] < minShared || utf8.RuneCountInString(word) > maxUnmappedWord) {
			pseudonym := p.Of(config.ID, at.word)
			names[pseudonym], word = word, pseudonym
		}
		list = append(list, fact.Unmapped{Column: at.column, Word: word, Accounts: counts[at]})
	}
	return list, names
}

// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// The populations of an application (identity-directory-hds.md section 1.5),
// the most sensitive first.
func populations() []string {
	return []string{"administrators", "remote_users", "suppliers", "physicians", "nurses", everyoneElse, "guests", "patients"}
}

const everyoneElse = "other_dpi_users"

// functions are the words of exports that name a population, folded as fold does.
func functions() map[string]string {
	return map[string]string{
		"medecin": "physicians", "infirmier": "nurses", "infirmiere": "nurses", "ide": "nurses",
		"administrateur": "administrators", "administratrice": "administrators",
		"fournisseur": "suppliers",
	}
}

// vocabulary says what the words of an export mean.
type vocabulary struct {
	factors     map[string]tier
	populations map[string]string
}

func newVocabulary(c Config) (v vocabulary, faults settings.Faults) {
	v = vocabulary{factors(), functions()}
	for i, m := range c.Populations {
		if !slices.Contains(populations(), m.Is) {
			faults = append(faults, settings.Among("populations"+settings.At(i)+".is", m.Is, populations()))
		}
		v.populations[fold(m.Word)] = m.Is
	}
	for i, m := range c.Factors {
		t, known := tierOf(m.Is)
		if !known {
			faults = append(faults, settings.Fault{
				Key: "factors" + settings.At(i) + ".is",
				What: scanner.Text{
					FR: fmt.Sprintf("« %s » n'est ni une méthode connue ni un niveau de 0 à 3", m.Is),
					EN: fmt.Sprintf("%q is neither a known method nor a tier from 0 to 3", m.Is),
				},
				Hint: scanner.Text{FR: "écrivez un niveau, par exemple is: \"3\"", EN: "write a tier, for example is: \"3\""},
			})
		}
		v.factors[fold(m.Word)] = t
	}
	return v, faults
}

func tierOf(meaning string) (tier, bool) {
	if i := slices.Index([]string{"0", "1", "2", "3"}, meaning); i >= 0 {
		return tier(i), true
	}
	t, known := factors()[fold(meaning)]
	return t, known
}

// equipped tells whether a cell holds a factor of tier 2 or more. Several are
// separated by "+": one that is strong is enough, and without one an unknown
// word leaves a doubt.
func (v vocabulary) equipped(cell string) answer {
	best := no
	for word := range strings.SplitSeq(cell, "+") {
		t, known := v.factors[fold(word)]
		switch {
		case known && t >= tierStrong:
			return yes
		case !known:
			best = unknown
		}
	}
	return best
}

func (v vocabulary) population(cell string) string {
	if population, known := v.populations[fold(cell)]; known {
		return population
	}
	return everyoneElse
}

// answer is what a cell says to a question.
type answer int

// The answers, in the order in which duplicates are merged: worst first.
const (
	no answer = iota
	unknown
	yes
)

// The words of the columns that hold a yes or a no, folded as fold does.
var (
	enabledWords  = []string{"actif", "active", "enabled", "oui", "yes", "true", "1"}
	disabledWords = []string{"inactif", "inactive", "disabled", "desactive", "desactivee", "suspendu", "suspendue", "non", "no", "false", "0"}
	demandedWords = []string{"oui", "o", "yes", "y", "true", "vrai", "1"}
	optionalWords = []string{"non", "n", "no", "false", "faux", "0"}
)

func enabled(cell string) answer { return among(cell, enabledWords, disabledWords) }

func mandatory(cell string) answer { return among(cell, demandedWords, optionalWords) }

func among(cell string, yeses, noes []string) answer {
	word := fold(cell)
	switch {
	case slices.Contains(yeses, word):
		return yes
	case slices.Contains(noes, word):
		return no
	}
	return unknown
}

// fold makes a word comparable: no case, no accents, single spaces.
func fold(word string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(word))
	return strings.Join(strings.Fields(plain), " ")
}

// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"cmp"
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
// "Praticien hospitalier" is none of them: it is a physician, a pharmacist or a
// dentist, and the establishment knows.
func functions() map[string]string {
	return map[string]string{
		"medecin": "physicians", "medecins": "physicians", "docteur": "physicians", "chirurgien": "physicians", "chirurgienne": "physicians",
		"physician": "physicians", "doctor": "physicians",

		"infirmier": "nurses", "infirmiere": "nurses", "infirmiers": "nurses", "infirmieres": "nurses", "ide": "nurses",
		"infirmier(e)": "nurses", "infirmier/infirmiere": "nurses", "infirmier diplome d'etat": "nurses", "infirmiere diplomee d'etat": "nurses",
		"ibode": "nurses", "iade": "nurses", "ipa": "nurses", "nurse": "nurses",

		"administrateur": "administrators", "administratrice": "administrators", "administrateurs": "administrators",
		"administrateur(trice)": "administrators", "administrator": "administrators", "admin": "administrators",

		"fournisseur": "suppliers", "fournisseurs": "suppliers", "editeur": "suppliers", "telemaintenance": "suppliers", "supplier": "suppliers",

		"secretaire": everyoneElse, "secretaire medicale": everyoneElse, "secretaire medical": everyoneElse,
		"assistante medico-administrative": everyoneElse, "assistant medico-administratif": everyoneElse,
		"pharmacien": everyoneElse, "pharmacienne": everyoneElse, "preparateur en pharmacie": everyoneElse,
		"preparatrice en pharmacie": everyoneElse, "aide-soignant": everyoneElse, "aide-soignante": everyoneElse, "aide-soignant(e)": everyoneElse,
		"kinesitherapeute": everyoneElse, "dieteticien": everyoneElse, "dieteticienne": everyoneElse, "psychologue": everyoneElse,
		"brancardier": everyoneElse, "technicien informatique": everyoneElse, "technicien de laboratoire": everyoneElse,

		"invite": "guests", "invitee": "guests", "guest": "guests", "patient": "patients", "patiente": "patients",
	}
}

// vocabulary says what the words of an export mean.
type vocabulary struct {
	statuses    map[string]answer
	populations map[string]string
	factors     map[string]tier
	mandatory   map[string]answer
}

func newVocabulary(c Config) (v vocabulary, faults settings.Faults) {
	v = vocabulary{
		statuses: meaning(enabledWords, disabledWords), populations: functions(), factors: factors(),
		mandatory: meaning(demandedWords, optionalWords),
	}
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
	faults = append(faults, declare(v.statuses, "statuses", c.Statuses, "actif", "inactif")...)
	return v, append(faults, declare(v.mandatory, "mandatory", c.Mandatory, "oui", "non")...)
}

// declare adds the words of a configuration to those of a column.
func declare(words map[string]answer, key string, declared []Meaning, affirmed, denied string) (faults settings.Faults) {
	for i, m := range declared {
		switch m.Is {
		case affirmed:
			words[fold(m.Word)] = yes
		case denied:
			words[fold(m.Word)] = no
		default:
			faults = append(faults, settings.Among(key+settings.At(i)+".is", m.Is, []string{affirmed, denied}))
		}
	}
	return faults
}

func tierOf(meaning string) (tier, bool) {
	if i := slices.Index([]string{"0", "1", "2", "3"}, meaning); i >= 0 {
		return tier(i), true
	}
	t, known := factors()[fold(meaning)]
	return t, known
}

// equipped tells whether a cell holds a factor of tier 2 or more. One of several
// that is strong is enough; without one, an unknown word leaves a doubt and is told.
func (v vocabulary) equipped(cell string) (best answer, strange string) {
	for _, word := range v.methods(cell) {
		t, known := v.factors[fold(word)]
		switch {
		case known && t >= tierStrong:
			return yes, ""
		case !known:
			best, strange = unknown, cmp.Or(strange, word)
		}
	}
	return best, strange
}

// methods are the words of a cell: one that is known as it stands, or those that the
// signs of directories and spreadsheets separate, in a list or not.
func (v vocabulary) methods(cell string) []string {
	if _, known := v.factors[fold(cell)]; known {
		return []string{cell}
	}
	var words []string
	for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune("+,;/|&\n\r\t[]{}\"", r) }) {
		for part := range strings.SplitSeq(word, " et ") {
			if part = strings.Trim(part, " '\u00a0"); part != "" {
				words = append(words, part)
			}
		}
	}
	if len(words) == 0 {
		return []string{cell}
	}
	return words
}

// population is that of a function, and whether anybody said so.
func (v vocabulary) population(cell string) (name string, known bool) {
	if population, known := v.populations[fold(cell)]; known {
		return population, true
	}
	return everyoneElse, false
}

// answer is what a cell says to a question.
type answer int

// The answers, in the order in which duplicates are merged: worst first.
const (
	no answer = iota
	unknown
	yes
)

// The words of a yes and of a no, folded as fold does: the same in every column.
// French Excel writes VRAI and FAUX.
var (
	yesWords = []string{"oui", "o", "yes", "y", "true", "vrai", "1", "x", "active", "activee", "enabled", "on"}
	noWords  = []string{"non", "n", "no", "false", "faux", "0", "desactive", "desactivee", "disabled", "off"}
)

// The words of the status and of the mandatory column, each beside those of a yes and
// of a no. A locked or archived account opens nothing.
var (
	enabledWords  = slices.Concat([]string{"actif", "actifs", "ouvert", "ouverte", "en service", "valide", "autorise", "autorisee"}, yesWords)
	disabledWords = slices.Concat([]string{
		"inactif", "inactive", "inactifs", "suspendu", "suspendue", "suspended", "verrouille", "verrouillee", "locked", "bloque", "bloquee", "blocked",
		"archive", "archivee", "archived", "ferme", "fermee", "clos", "close", "cloture", "cloturee", "closed", "supprime", "supprimee", "deleted",
		"expire", "expiree", "expired", "revoque", "revoquee", "revoked", "resilie", "resiliee", "radie", "radiee",
	}, noWords)
	demandedWords = slices.Concat([]string{"obligatoire", "impose", "imposee", "exige", "exigee", "requis", "requise", "force", "forcee", "required", "mandatory", "enforced"}, yesWords)
	optionalWords = slices.Concat([]string{"facultatif", "facultative", "optionnel", "optionnelle", "optional", "non obligatoire", "non impose", "non exige", "aucun", "aucune"}, noWords)
)

func meaning(yeses, noes []string) map[string]answer {
	words := map[string]answer{}
	for _, word := range yeses {
		words[word] = yes
	}
	for _, word := range noes {
		words[word] = no
	}
	return words
}

// says is what a cell of a yes-or-no column answers; strange is a word that nobody
// gave a meaning.
func says(words map[string]answer, cell string) (said answer, strange string) {
	said, known := words[fold(cell)]
	if known {
		return said, ""
	}
	return unknown, cell
}

// fold makes a word comparable: no case, no accents, one form of apostrophe, single
// spaces, and no letter that cannot be seen.
func fold(word string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			return -1
		case r == '\u2019':
			return '\''
		case unicode.Is(unicode.Pd, r):
			return '-'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(word))
	return strings.Join(strings.Fields(plain), " ")
}

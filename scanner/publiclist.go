// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"strconv"
	"strings"
	"time"
)

// PublicList is a dated list of public facts that a run consulted: what it does
// not name, or what was added to it since, nobody looked up.
type PublicList struct {
	Name   string    `json:"name"`   // "CISA KEV"
	Source string    `json:"source"` // address of its publisher
	Date   time.Time `json:"date"`   // that the publisher gave it
	// Holds is the number of its entries: vulnerabilities, or products.
	Holds int `json:"holds"`
	// Extract is true for a part of what is published.
	Extract bool   `json:"extract,omitempty"`
	SHA256  string `json:"sha256"` // of the bytes that were read, in hexadecimal
	// Replaced is true for a file of the establishment, false for the copy that the
	// program holds.
	Replaced bool `json:"replaced,omitempty"`
}

// freshDays is how long a list is current. Publishers add to theirs several times
// a month; a quarter is the rule of the project.
const freshDays = 90

// Age is the number of days between the date of a list and a moment.
func (l PublicList) Age(at time.Time) int {
	return int(Date(at).Sub(Date(l.Date)).Hours() / 24)
}

// Sentence says which list it is, where it comes from, the digest of what was read,
// and when it is older than ninety days.
func (l PublicList) Sentence(at time.Time) Text {
	count := strconv.Itoa(l.Holds)
	fr := []string{l.Name + " du " + Day(French, l.Date), count + plural(l.Holds, " entrée", " entrées")}
	en := []string{l.Name + " of " + Day(English, l.Date), count + plural(l.Holds, " entry", " entries")}
	if l.Extract {
		fr, en = append(fr, "extrait"), append(en, "extract")
	}
	if l.Replaced {
		fr, en = append(fr, "fichier de l’établissement"), append(en, "file of the establishment")
	} else {
		fr, en = append(fr, "copie du programme"), append(en, "copy of the program")
	}
	origin := " (" + l.Source + ", SHA-256 " + l.SHA256 + ")"
	return l.aged(Text{FR: strings.Join(fr, ", ") + origin, EN: strings.Join(en, ", ") + origin}, at)
}

// Brief says which list it is, of which day, and when it is older than ninety days.
func (l PublicList) Brief(at time.Time) Text {
	return l.aged(Text{FR: l.Name + " du " + Day(French, l.Date), EN: l.Name + " of " + Day(English, l.Date)}, at)
}

func (l PublicList) aged(text Text, at time.Time) Text {
	if age := l.Age(at); age > freshDays {
		text.FR += " ; elle a " + strconv.Itoa(age) + " jours, plus de 90 : ce qui a été publié depuis n’est pas connu"
		text.EN += "; it is " + strconv.Itoa(age) + " days old, more than 90: what was published since is not known"
	}
	return text.Typeset()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// SPDX-License-Identifier: Apache-2.0

package scanner

// Lang is a language a person reads. French comes first on every screen.
type Lang string

// The languages every text exists in.
const (
	French  Lang = "fr"
	English Lang = "en"
)

// Langs lists the languages, French first.
func Langs() []Lang { return []Lang{French, English} }

// Text is one sentence in every language.
type Text struct {
	FR string `json:"fr" yaml:"fr"`
	EN string `json:"en" yaml:"en"`
}

// In returns the sentence in the wanted language, French for any other.
func (t Text) In(l Lang) string {
	if l == English {
		return t.EN
	}
	return t.FR
}

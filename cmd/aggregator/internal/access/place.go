// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// maxGHT bounds the name of a GHT, in characters.
const maxGHT = 80

// ParsePlace reads a place as a person writes it: "region", "ght:Rhône-Centre",
// "legal:690781810" or "site:690000013".
func ParsePlace(text string) (kind store.PlaceKind, place string, err error) {
	word, place, _ := strings.Cut(strings.TrimSpace(text), ":")
	kind = store.PlaceKind(strings.TrimSpace(word))
	switch kind {
	case store.PlaceRegion:
		if place == "" {
			return kind, "", nil
		}
	case store.PlaceGHT:
		place, err = ParseGHT(place)
		if err == nil && place != "" {
			return kind, place, nil
		}
	case store.PlaceLegal, store.PlaceSite:
		number, _, err := scanner.ParseFINESS(place)
		return kind, string(number), err
	}
	return "", "", fmt.Errorf("%q is no place: region, ght:NAME, legal:FINESS or site:FINESS", text)
}

// ParseGHT reads the name of a GHT.
func ParseGHT(text string) (string, error) {
	name := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(name) > maxGHT || !utf8.ValidString(name) || strings.ContainsAny(name, ",;:=") {
		return "", fmt.Errorf("%q is not the name of a GHT: %d characters at most, without punctuation", text, maxGHT)
	}
	return name, nil
}

// WritePlace writes a place as ParsePlace reads it.
func WritePlace(b store.Binding) string {
	if b.Kind == store.PlaceRegion {
		return string(b.Kind)
	}
	return string(b.Kind) + ":" + b.Place
}

// PlaceLabel says a place in words.
func PlaceLabel(b store.Binding) scanner.Text {
	switch b.Kind {
	case store.PlaceRegion:
		return scanner.Text{FR: "toute la région", EN: "the whole region"}
	case store.PlaceGHT:
		return scanner.Text{FR: "GHT " + b.Place, EN: "GHT " + b.Place}
	case store.PlaceLegal:
		return scanner.Text{FR: "entité juridique " + b.Place, EN: "legal entity " + b.Place}
	case store.PlaceSite:
		return scanner.Text{FR: "établissement " + b.Place, EN: "establishment " + b.Place}
	}
	return scanner.Text{}
}

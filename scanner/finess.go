// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"fmt"
	"strings"
)

// FINESS is a nine-character number of the national register of health
// establishments, upper case, as ParseFINESS returns it.
type FINESS string

// ParseFINESS reads a FINESS number. Spaces are dropped and letters raised.
//
// The error is for what cannot be a FINESS number at all. The warning, empty
// when all is well, says that the Luhn key does not hold: it must be shown and
// never block, because numbers in official examples (458174839) fail it.
// Source: regulation.md section 9, FINESS flow schema ^[A-Za-z0-9]{9}$.
func ParseFINESS(s string) (number FINESS, warning string, err error) {
	clean := strings.Join(strings.Fields(s), "")
	if len(clean) != 9 || strings.ContainsFunc(clean, notAlphanumeric) {
		return "", "", fmt.Errorf("%q is not a FINESS number: nine letters or digits are expected", s)
	}
	clean = strings.ToUpper(clean) // after the test: "ſ" is raised to "S"
	if !luhn(corsica(clean)) {
		warning = fmt.Sprintf("FINESS number %s has a wrong control key: check it against the register", clean)
	}
	return FINESS(clean), warning, nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// corsica replaces the letter of 2A and 2B as the key expects (A is 1, B is 2).
func corsica(number string) string {
	switch number[:2] {
	case "2A":
		return "21" + number[2:]
	case "2B":
		return "22" + number[2:]
	}
	return number
}

// luhn tells whether the last digit of a number is its Luhn key.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum%10 == 0
}

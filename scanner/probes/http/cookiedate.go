// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// cookieDate reads the date of an Expires attribute, whatever its form: browsers
// pick a time, a day, a month and a year out of it, in this order of trial (RFC
// 6265bis section 5.1.1).
func cookieDate(text string) (time.Time, bool) {
	var clock []int
	day, month, year := -1, -1, -1
	for _, token := range strings.FieldsFunc(text, isDateDelimiter) {
		if clock == nil {
			if clock = timeOfDay(token); clock != nil {
				continue
			}
		}
		if n, ok := leadingNumber(token, 1, 2); ok && day < 0 {
			day = n
			continue
		}
		if n := monthOf(token); n > 0 && month < 0 {
			month = n
			continue
		}
		if n, ok := leadingNumber(token, 2, 4); ok && year < 0 {
			year = n
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if clock == nil || month < 0 || day < 1 || day > 31 || year < 1601 || clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return time.Time{}, false
	}
	at := time.Date(year, time.Month(month), day, clock[0], clock[1], clock[2], 0, time.UTC)
	return at, at.Day() == day // 31 April is no date
}

// isDateDelimiter is the delimiter of the grammar: neither a digit, nor a letter,
// nor a colon, nor outside ASCII.
func isDateDelimiter(r rune) bool {
	return r == '\t' || r >= 0x20 && r <= 0x2f || r >= 0x3b && r <= 0x40 || r >= 0x5b && r <= 0x60 || r >= 0x7b && r <= 0x7e
}

// leadingNumber reads a number that least to most digits write, at the start of a
// token; what follows must not be a digit.
func leadingNumber(token string, least, most int) (n int, ok bool) {
	digits := 0
	for digits < len(token) && token[digits] >= '0' && token[digits] <= '9' {
		digits++
	}
	if digits < least || digits > most {
		return 0, false
	}
	n, err := strconv.Atoi(token[:digits])
	return n, err == nil
}

// timeOfDay reads hours, minutes and seconds; nil when the token is no time.
func timeOfDay(token string) []int {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 {
		return nil
	}
	var clock []int
	for i, part := range parts {
		n, ok := leadingNumber(part, 1, 2)
		if !ok || i < 2 && len(part) > 2 || i < 2 && strings.Trim(part, "0123456789") != "" {
			return nil
		}
		clock = append(clock, n)
	}
	return clock
}

var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// monthOf is the number of the month that a token begins with, 0 for none.
func monthOf(token string) int {
	if len(token) < len("jan") {
		return 0
	}
	return slices.Index(months[:], strings.ToLower(token[:len("jan")])) + 1
}

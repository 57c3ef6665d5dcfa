// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"carescan/scanner"
)

// span is a time as settings write it: greatest unit first, each with its unit,
// d and j (jours) being days of 24 hours.
var span = regexp.MustCompile(`^(?:([0-9]{1,5})[dj])?((?:[0-9]{1,9}(?:\.[0-9]{1,3})?h)?(?:[0-9]{1,9}(?:\.[0-9]{1,3})?m)?(?:[0-9]{1,9}(?:\.[0-9]{1,3})?s)?(?:[0-9]{1,9}ms)?)$`)

// longest bounds a duration: what goes beyond is a slip.
const longest = 100 * 365 * 24 * time.Hour

// duration reads a time with its unit, such as 30s, 1h30m, 12h or 7d.
func (v voice) duration(text string) (time.Duration, *Fault) {
	hint := Say("écrivez un nombre et son unité, tel que 30s, 10m, 12h ou 7d : s pour secondes, m pour minutes, h pour heures, d ou j pour jours",
		"write a number and its unit, such as 30s, 10m, 12h or 7d: s for seconds, m for minutes, h for hours, d for days")
	parts := span.FindStringSubmatch(text)
	switch {
	case wholeNumber.MatchString(text):
		return 0, &Fault{What: Say("%s n'a pas d'unité", "%s has no unit", v.value(text)), Hint: v.withUnits(text, hint)}
	case text == "" || parts == nil:
		return 0, &Fault{What: Say("%s n'est pas une durée", "%s is not a duration", v.value(text)), Hint: hint}
	}
	days, _ := strconv.Atoi("0" + parts[1])          // the expression accepted its digits
	rest, err := time.ParseDuration("0s" + parts[2]) // and those of the rest
	whole := time.Duration(days) * 24 * time.Hour
	if err != nil || whole > longest || rest > longest-whole {
		return 0, &Fault{What: Say("%s dépasse cent ans", "%s exceeds a hundred years", v.value(text)), Hint: hint}
	}
	return whole + rest, nil
}

// withUnits shows a number with the units it may have been meant in.
func (v voice) withUnits(number string, other scanner.Text) scanner.Text {
	if v.discreet || len(number) > 9 || strings.HasPrefix(number, "-") {
		return other
	}
	return Say("écrivez l'unité : %[1]ss (secondes), %[1]sm (minutes), %[1]sh (heures) ou %[1]sd (jours)",
		"write the unit: %[1]ss (seconds), %[1]sm (minutes), %[1]sh (hours) or %[1]sd (days)", number)
}

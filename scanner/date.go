// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"fmt"
	"time"
	_ "time/tzdata" // Windows and minimal images know no zone; 450 kB
)

// Zone is where the days that people write begin and end: Europe/Paris.
var Zone = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err) // the zone is in the program
	}
	return zone
}()

// Date is the day of a moment in France, as facts write one: its midnight in UTC. A
// moment that was not written has none, and stays zero.
func Date(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	year, month, day := at.In(Zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// frenchMonths are the months as French writes them, without capital.
var frenchMonths = [...]string{
	"janvier", "février", "mars", "avril", "mai", "juin",
	"juillet", "août", "septembre", "octobre", "novembre", "décembre",
}

// Day writes the day of a moment, in UTC, in words.
func Day(l Lang, at time.Time) string {
	at = at.UTC()
	switch {
	case l == English:
		return at.Format("2 January 2006")
	case at.Day() == 1:
		return fmt.Sprintf("1er %s %d", frenchMonths[at.Month()-1], at.Year())
	}
	return fmt.Sprintf("%d %s %d", at.Day(), frenchMonths[at.Month()-1], at.Year())
}

// Moment writes a day and an hour in words. The zone is stated, because a
// sentence is read elsewhere and later.
func Moment(l Lang, at time.Time) string {
	if l == English {
		return Day(l, at) + at.UTC().Format(", 15:04 UTC")
	}
	return Day(l, at) + at.UTC().Format(" à 15 h 04 (UTC)")
}

// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"regexp"
	"time"

	"carescan/scanner"
)

// Day is a date as a person writes it: a whole day in France (scanner.Zone), or one
// moment, which is written with its zone: 2027-06-01T18:00:00-04:00. The zero value
// is a date that was not written.
type Day struct {
	start time.Time
	whole bool
}

// Moment is the date of one moment.
func Moment(at time.Time) Day { return Day{start: at} }

// Start is the first instant of the day, or the moment written; zero when
// nothing was.
func (d Day) Start() time.Time { return d.start }

// End is the first instant that the date no longer includes: that of the next
// day, or the moment written.
func (d Day) End() time.Time {
	if d.whole {
		return d.start.AddDate(0, 0, 1) // a day of 23 or 25 hours too
	}
	return d.start
}

// Date is the day in France, or that of the moment, as facts write one: its midnight
// in UTC. It is zero when nothing was written.
func (d Day) Date() time.Time { return scanner.Date(d.start) }

// IsZero tells that no date was written.
func (d Day) IsZero() bool { return d.start.IsZero() }

// Equal tells whether two dates cover the same time.
func (d Day) Equal(other Day) bool {
	return d.start.Equal(other.start) && d.End().Equal(other.End())
}

// String is the date as 2006-01-02, or the moment with its zone.
func (d Day) String() string {
	switch {
	case d.IsZero():
		return ""
	case d.whole:
		return d.start.Format(time.DateOnly)
	}
	return d.start.Format(time.RFC3339Nano)
}

// MarshalText writes the date as UnmarshalText reads it.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the date as ParseDay does.
func (d *Day) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDay(string(text))
	return err
}

// DayText is the day of a moment, in France, in words.
func DayText(at time.Time) scanner.Text {
	at = scanner.Date(at)
	return scanner.Text{FR: scanner.Day(scanner.French, at), EN: scanner.Day(scanner.English, at)}
}

// ParseDay reads a date written as 2027-01-01 or 01/01/2027 (day first), or a
// moment as RFC 3339 writes it. The error is a Fault.
func ParseDay(text string) (Day, error) {
	day, fault := voice{}.day(text)
	if fault != nil {
		return Day{}, *fault
	}
	return day, nil
}

// The two ways to write a day, and the way to write a moment.
var (
	isoDay    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	frenchDay = regexp.MustCompile(`^[0-9]{2}/[0-9]{2}/[0-9]{4}$`)
	moment    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$`)
)

// earliest is the first year taken for meant.
const earliest = 1900

func (v voice) day(text string) (Day, *Fault) {
	day, layout := Day{whole: true}, ""
	switch {
	case isoDay.MatchString(text):
		layout = time.DateOnly
	case frenchDay.MatchString(text):
		layout = "02/01/2006"
	case moment.MatchString(text):
		day.whole, layout = false, time.RFC3339Nano
	default:
		return Day{}, &Fault{What: Say("%s n'est pas une date", "%s is not a date", v.value(text)), Hint: dateHint()}
	}
	var err error
	if day.start, err = time.ParseInLocation(layout, text, scanner.Zone); err != nil || day.start.Year() < earliest {
		return Day{}, &Fault{
			What: Say("%s n'existe pas dans le calendrier", "%s does not exist in the calendar", v.value(text)), Hint: dateHint(),
		}
	}
	return day, nil
}

func dateHint() scanner.Text {
	return Say("écrivez le jour ainsi : 2027-06-01 ou 01/06/2027, ou un moment avec son fuseau : 2027-06-01T18:00:00+02:00",
		"write the day as 2027-06-01 or 01/06/2027 (day first), or a moment with its zone as 2027-06-01T18:00:00+02:00")
}

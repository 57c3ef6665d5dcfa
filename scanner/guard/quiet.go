// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"
	"time"
)

// QuietHours are hours of every day during which no target is contacted, from
// From included to To excluded, as "15:04". They may cross midnight.
type QuietHours struct{ From, To string }

// quietSpan is QuietHours in minutes since midnight.
type quietSpan struct{ from, to int }

func parseQuiet(hours []QuietHours) ([]quietSpan, error) {
	spans := make([]quietSpan, 0, len(hours))
	for _, h := range hours {
		from, err := minuteOfDay(h.From)
		if err != nil {
			return nil, err
		}
		to, err := minuteOfDay(h.To)
		if err != nil {
			return nil, err
		}
		if from == to {
			return nil, fmt.Errorf("quiet hours from %s to %s hold no time: write two different hours", h.From, h.To)
		}
		spans = append(spans, quietSpan{from, to})
	}
	return spans, nil
}

func minuteOfDay(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("quiet hour %q must be written like 22:30", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

func isQuiet(spans []quietSpan, at time.Time) bool {
	minute := at.Hour()*60 + at.Minute()
	for _, s := range spans {
		afterFrom, beforeTo := minute >= s.from, minute < s.to
		if crosses := s.from > s.to; afterFrom && beforeTo || crosses && (afterFrom || beforeTo) {
			return true
		}
	}
	return false
}

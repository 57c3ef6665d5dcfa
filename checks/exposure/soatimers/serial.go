// SPDX-License-Identifier: Apache-2.0

package soatimers

import (
	"slices"
	"strconv"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// start is the start of the zone as one address tells it.
type start struct {
	by string
	fact.StartOfAuthority
}

func toldBy(d fact.Delegation) []start {
	var told []start
	for _, server := range d.Servers {
		for _, at := range server.Addresses {
			if at.SOA != nil {
				told = append(told, start{server.Host + " " + at.Address, *at.SOA})
			}
		}
	}
	return told
}

// outside lists the timers beyond their limits, once each.
func outside(p Params, told []start) []string {
	var faults []string
	for _, s := range told {
		for _, timer := range []struct {
			name         string
			value, limit uint32
			fault        bool
			sign         string
		}{
			{"refresh", s.Refresh, p.Refresh, s.Refresh < p.Refresh, "<"},
			{"retry", s.Retry, p.Retry, s.Retry < p.Retry, "<"},
			{"expire", s.Expire, p.Expire, s.Expire < p.Expire, "<"},
			{"minimum", s.Minimum, p.Minimum, s.Minimum > p.Minimum, ">"},
		} {
			text := timer.name + " " + decimal(timer.value) + " " + timer.sign + " " + decimal(timer.limit)
			if timer.fault && !slices.Contains(faults, text) {
				faults = append(faults, text)
			}
		}
	}
	return faults
}

// newestOf compares serials on their circle (RFC 1982 section 3.2).
func newestOf(told []start) start {
	newest := told[0]
	for _, s := range told[1:] {
		if int32(s.Serial-newest.Serial) > 0 {
			newest = s
		}
	}
	return newest
}

func late(told []start, newest start) []string {
	var behind []string
	for _, s := range told {
		if s.Serial != newest.Serial {
			behind = append(behind, s.by+" ("+decimal(s.Serial)+")")
		}
	}
	return behind
}

// unseen lists the servers whose version is not known. One that does not answer
// for the zone has none.
func unseen(d fact.Delegation) []string {
	var unseen []string
	for _, server := range d.Servers {
		known := slices.ContainsFunc(server.Addresses, func(at fact.ServerAddress) bool {
			return at.SOA != nil || at.UDP.State == fact.ServerLame
		})
		if !known && server.Answer != fact.NoData {
			unseen = append(unseen, server.Host)
		}
	}
	return unseen
}

// dateMargin covers the rest of the day of a serial that is a date, anywhere on
// earth.
const dateMargin = 36 * time.Hour

// isOld tells whether a version is known to be out for more than one refresh,
// from a serial that is a date (RFC 1912 section 2.2) or a Unix time.
func isOld(c scanner.Case[Params], newest start) bool {
	refresh := time.Duration(newest.Refresh) * time.Second
	text := decimal(newest.Serial)
	if day, err := time.Parse("20060102", text[:min(8, len(text))]); err == nil && len(text) == 10 && day.Year() > 1990 {
		return c.At.Sub(day) > dateMargin+refresh
	}
	out := time.Unix(int64(newest.Serial), 0)
	return newest.Serial > 1_000_000_000 && c.At.Sub(out) > refresh && c.At.Sub(out) < maxAge
}

// maxAge is how old a serial may be to pass for a Unix time.
const maxAge = 10 * 365 * 24 * time.Hour

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

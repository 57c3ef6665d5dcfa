// SPDX-License-Identifier: Apache-2.0

// Package successiveaudits checks that two complete runs on exposure lie as far
// apart as CaRE asks for. It says nothing of the level they reached, and never
// fails: a pair that does not exist yet may still come.
package successiveaudits

import (
	"strconv"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the distance of the two runs.
type Params struct {
	// MinDays and MaxDays are in days from one date to the other, bounds included.
	// Source: CaRE D1.O2.B, answer of 15 January 2025 (regulation-2.md section 1).
	MinDays int `json:"min_days"`
	MaxDays int `json:"max_days"`
	// AcceptRunsBetween takes two runs with others between them for successive.
	// Source: reading of the project, since monthly runs are closer than that (same
	// section).
	AcceptRunsBetween bool `json:"accept_runs_between"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "governance.successive-audits", Revision: 1, Severity: scanner.Medium,
	References: []string{"D1.O2.B"},
	Judge:      scanner.Each(Params{MinDays: 45, MaxDays: 60, AcceptRunsBetween: true}, judge),
}

func judge(c scanner.Case[Params], h fact.History) scanner.Verdict {
	runs, partial := audits(h, c.At)
	values := scanner.Values{
		"min": strconv.Itoa(c.Params.MinDays), "max": strconv.Itoa(c.Params.MaxDays),
		"runs": strconv.Itoa(len(runs) + partial), "complete": strconv.Itoa(len(runs)),
	}
	if len(runs) == 0 {
		return scanner.Unknown("no-run", values)
	}
	if first, second, ok := newestPair(runs, c.Params, true); ok {
		describe(values, first, second)
		return scanner.Passed("pair", values)
	}
	if first, second, ok := newestPair(runs, c.Params, false); ok {
		describe(values, first, second)
		return scanner.Unknown("other-scope", values)
	}
	return awaiting(c, runs, values)
}

// audits are the complete runs on exposure seen from the internet, oldest first;
// partial counts those that lack something.
func audits(h fact.History, at time.Time) (complete []fact.PastRun, partial int) {
	for _, r := range h.Runs {
		exposure := r.Family("exposure")
		concluded := exposure.Pass + exposure.Fail
		switch {
		case r.Vantage != string(scanner.VantageInternet) || concluded == 0 || r.Started.After(at):
		case r.Status == string(scanner.RunComplete):
			complete = append(complete, r)
		default:
			partial++
		}
	}
	return complete, partial
}

// newestPair is the pair whose second run is the newest, then whose first one is.
func newestPair(runs []fact.PastRun, p Params, sameScope bool) (first, second fact.PastRun, ok bool) {
	for i := len(runs) - 1; i > 0; i-- {
		for j := i - 1; j >= 0; j-- {
			days := daysBetween(runs[j], runs[i])
			if days < p.MinDays || days > p.MaxDays || !p.AcceptRunsBetween && runs[i].Seq != runs[j].Seq+1 ||
				sameScope && runs[i].Scope != runs[j].Scope {
				continue
			}
			return runs[j], runs[i], true
		}
	}
	return first, second, false
}

// daysBetween counts from date to date, in UTC: an audit is known by its day, and
// a daily run that begins a minute early is not a day short.
func daysBetween(first, second fact.PastRun) int {
	return int(dateOf(second.Started).Sub(dateOf(first.Started)) / (24 * time.Hour))
}

func dateOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func describe(values scanner.Values, first, second fact.PastRun) {
	values["first"], values["second"] = first.Started.UTC().Format(time.DateOnly), second.Started.UTC().Format(time.DateOnly)
	values["days"] = strconv.Itoa(daysBetween(first, second))
	values["between"] = strconv.FormatUint(max(second.Seq, first.Seq+1)-first.Seq-1, 10)
	values["first_bundle"], values["second_bundle"] = first.Bundle, second.Bundle
}

// awaiting says when a second run would make a pair: with the oldest run whose
// window is not over, else with one made today.
func awaiting(c scanner.Case[Params], runs []fact.PastRun, values scanner.Values) scanner.Verdict {
	today, reason := dateOf(c.At), "begin-again"
	first := today
	for _, r := range runs {
		if !dateOf(r.Started).AddDate(0, 0, c.Params.MaxDays).Before(today) {
			first, reason = dateOf(r.Started), "awaited"
			break
		}
	}
	values["first"] = first.Format(time.DateOnly)
	values["from"] = first.AddDate(0, 0, c.Params.MinDays).Format(time.DateOnly)
	values["until"] = first.AddDate(0, 0, c.Params.MaxDays).Format(time.DateOnly)
	return scanner.Unknown(reason, values)
}

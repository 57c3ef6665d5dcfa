// SPDX-License-Identifier: Apache-2.0

// Package sourceshealthy checks that the sources accounts are counted from are
// recent, whole and readable. It never fails: a bad source leaves us not
// knowing.
package sourceshealthy

import (
	"strconv"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params bound what a source may be to be counted from.
type Params struct {
	// LiveMaxHours is the greatest age of a directory, in hours. Source:
	// identity-directory-hds.md section 1.3 and MFA-01.
	LiveMaxHours int `json:"live_max_hours"`
	// FileMaxDays is the greatest age of a file, in days. Source: the age of a
	// list in HDS-07, applied to files by rule of the project.
	FileMaxDays int `json:"file_max_days"`
	// MaxRejectedPercent is the greatest share of entries not understood, in
	// percent of those read. Source: rule of the project.
	MaxRejectedPercent int `json:"max_rejected_percent"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "mfa.sources-healthy", Revision: 1, Severity: scanner.Low,
	References: []string{"MFA-01"},
	Judge:      scanner.Each(Params{LiveMaxHours: 48, FileMaxDays: 31, MaxRejectedPercent: 1}, judge),
}

func judge(c scanner.Case[Params], s fact.Source) scanner.Verdict {
	values := scanner.Values{
		"received": strconv.Itoa(s.Received), "rejected": strconv.Itoa(s.Rejected),
		"date": s.AsOf.UTC().Format(time.DateOnly), "limit": strconv.Itoa(c.Params.MaxRejectedPercent),
	}
	switch {
	case len(s.Why()) > 0:
		words := s.Why().Text()
		v := scanner.Unknown("problem", scanner.Values{"problem": s.Why().Codes(), "problem_fr": words.FR, "problem_en": words.EN})
		v.Causes = s.Why()
		return v
	case !s.Complete:
		return scanner.Unknown("incomplete", values)
	case s.Received < 1:
		return scanner.Unknown("empty", nil)
	case 100*s.Rejected > c.Params.MaxRejectedPercent*s.Received:
		return scanner.Unknown("rejected", values)
	}
	return judgeAge(c, s, values)
}

// A day of grace, since an export of today may be dated in another time zone.
const grace = 24 * time.Hour

func judgeAge(c scanner.Case[Params], s fact.Source, values scanner.Values) scanner.Verdict {
	limit := time.Duration(c.Params.FileMaxDays) * 24 * time.Hour
	if s.Kind == "directory" {
		limit = time.Duration(c.Params.LiveMaxHours) * time.Hour
	}
	age := c.At.Sub(s.AsOf)
	switch {
	case s.AsOf.IsZero():
		return scanner.Unknown("undated", nil)
	case age < -grace:
		return scanner.Unknown("future", values)
	case age > limit:
		return scanner.Unknown("stale", values)
	}
	return scanner.Passed("healthy", values)
}

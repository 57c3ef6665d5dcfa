// SPDX-License-Identifier: Apache-2.0

// Package sourceshealthy checks that the sources accounts are counted from are
// recent, whole and readable. It never fails: a bad source leaves us not
// knowing.
package sourceshealthy

import (
	"maps"
	"strconv"
	"strings"
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
	ID: "mfa.sources-healthy", Revision: 2, Severity: scanner.Low,
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
	case len(s.Unmapped) > 0:
		maps.Copy(values, words(s))
		return scanner.Unknown("unmapped", values)
	case 100*s.Rejected > c.Params.MaxRejectedPercent*s.Received:
		maps.Copy(values, rejections(s))
		return scanner.Unknown("rejected", values)
	}
	return judgeAge(c, s, values)
}

// words lists the words without a meaning, with their columns and how many accounts
// have them.
func words(s fact.Source) scanner.Values {
	var fr, en []string
	for _, u := range s.Unmapped {
		wordFR, wordEN := "«\u00a0"+u.Word+"\u00a0»", `"`+u.Word+`"`
		switch {
		case u.Column == "":
			wordFR, wordEN = "autres mots", "other words"
		case u.Word == "":
			wordFR, wordEN = u.Column+" vide", u.Column+" empty"
		default:
			wordFR, wordEN = u.Column+" "+wordFR, u.Column+" "+wordEN
		}
		fr = append(fr, wordFR+"\u00a0: "+strconv.Itoa(u.Accounts))
		en = append(en, wordEN+": "+strconv.Itoa(u.Accounts))
	}
	return scanner.Values{"words_fr": strings.Join(fr, ", "), "words_en": strings.Join(en, ", ")}
}

// rejections tells the rejected entries apart, where the source does.
func rejections(s fact.Source) scanner.Values {
	var fr, en []string
	for _, kind := range []struct {
		count  int
		fr, en string
	}{
		{s.Duplicates, "en double", "written twice"},
		{s.Nameless, "sans identifiant", "without a login"},
		{s.Broken, "avec plus de valeurs que de titres", "with more values than titles"},
	} {
		if kind.count > 0 {
			fr, en = append(fr, strconv.Itoa(kind.count)+" "+kind.fr), append(en, strconv.Itoa(kind.count)+" "+kind.en)
		}
	}
	if len(fr) == 0 {
		return scanner.Values{"kinds_fr": "", "kinds_en": ""}
	}
	return scanner.Values{"kinds_fr": "\u00a0: " + strings.Join(fr, ", "), "kinds_en": ": " + strings.Join(en, ", ")}
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

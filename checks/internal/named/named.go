// SPDX-License-Identifier: Apache-2.0

// Package named says what a check may conclude of a domain that does not exist,
// or whose name servers were not all asked: asked, not asked and absent are three
// things, and a refusal is a fourth, which each check judges.
package named

import (
	"slices"
	"strings"

	"carescan/scanner"
)

// Absent is the verdict on a name that the DNS proves not to exist.
func Absent() scanner.Verdict { return scanner.Exempt("no-domain", nil) }

// Unserved is the verdict on a domain none of whose servers could be asked.
func Unserved() scanner.Verdict { return scanner.Unknown("no-server", nil) }

// Crowded is the verdict on a domain with more servers than one look asks, when
// nothing wrong was seen of those asked.
func Crowded() scanner.Verdict { return scanner.Unknown("too-many", nil) }

// Nobody is the verdict on a domain none of whose servers has an address: there is
// nobody to ask, and exposure.delegation tells it.
func Nobody() scanner.Verdict { return scanner.Exempt("nobody", nil) }

// Doubts are servers of which something is not known, each with why: those of
// names, or those of mail.
type Doubts struct {
	servers []string
	causes  scanner.Causes
}

// Add files a server. A fact sealed before causes were kept has none: its own word
// for what happened then stands for it.
func (d *Doubts) Add(server string, cause scanner.Cause, otherwise scanner.CauseCode) {
	if cause.Code == "" {
		cause.Code = otherwise
	}
	d.servers, d.causes = append(d.servers, server), append(d.causes, cause.At(server))
}

// Any tells whether there is some doubt.
func (d *Doubts) Any() bool { return len(d.servers) > 0 }

// NotAsked is the verdict on servers that exist and that we did not ask.
func (d *Doubts) NotAsked() scanner.Verdict {
	return d.Verdict("not-asked", scanner.CauseOutOfScope)
}

// Unanswered is the verdict on servers that were asked, and told nothing.
func (d *Doubts) Unanswered() scanner.Verdict { return d.Verdict("unanswered") }

// Verdict is inconclusive for a reason whose message says why. The causes have their
// remedies, except when all are among those for which the page has its own.
func (d *Doubts) Verdict(reason string, own ...scanner.CauseCode) scanner.Verdict {
	causes := d.causes.Merge()
	why := causes.Text()
	v := scanner.Unknown(reason, scanner.Values{
		"servers": strings.Join(d.servers, ", "), "cause": causes.Codes(), "why_fr": why.FR, "why_en": why.EN,
	})
	if slices.ContainsFunc(causes, func(c scanner.Cause) bool { return !slices.Contains(own, c.Code) }) {
		v.Causes = causes
	}
	return v
}

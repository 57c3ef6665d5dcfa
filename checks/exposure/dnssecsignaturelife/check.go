// SPDX-License-Identifier: Apache-2.0

// Package dnssecsignaturelife checks that the signatures of a zone are renewed
// well before their end, on each of its servers.
package dnssecsignaturelife

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carescan/checks/internal/signed"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params is the margin before the end.
type Params struct {
	// MinHours is the time left below which renewal is late. Source: EXP-DNS-12.
	MinHours int `json:"min_hours"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.dnssec-signature-life", Revision: 4, Severity: scanner.High,
	References: []string{"EXP-DNS-12"},
	Reads:      []string{fact.DNSSECKeys, fact.DNSSECSets},
	Judge:      scanner.Each(Params{MinHours: 12}, judge),
}

func judge(c scanner.Case[Params], f fact.DNSSEC) scanner.Verdict {
	if v, settled := signed.Settled(f); settled {
		return v
	}
	f = signed.Serving(f)
	ends := endsOf(f)
	var faults []scanner.Verdict
	for _, e := range ends {
		switch {
		case e.until.Before(c.At):
			faults = append(faults, scanner.Failed("expired", signed.Through(f, e.blame(c))))
		case e.until.Before(c.At.Add(time.Duration(c.Params.MinHours) * time.Hour)):
			faults = append(faults, scanner.FailedAs(scanner.Medium, "soon", signed.Through(f, e.blame(c))))
		}
	}
	switch silent := signed.Servers(f, unanswered); {
	case len(ends) == 0:
		return scanner.Unknown("no-signature", nil)
	case len(faults) > 0:
		return scanner.Together(faults)
	case len(silent) > 0:
		return scanner.Unknown("incomplete", signed.Through(f, scanner.Values{"servers": strings.Join(silent, ", ")}))
	}
	values := ends[0].describe(c)
	if others := signed.NotAsked(f); len(others) > 0 {
		values["others"] = strings.Join(others, ", ")
		return scanner.Passed("fresh-some", values)
	}
	return scanner.Passed("fresh", values)
}

// unanswered tells that nothing is known of a set that is judged here.
func unanswered(set fact.SignedSet) bool {
	return set.Answer == fact.NoAnswer && set.Type != fact.TypeDenial
}

// end is when some sets lose their signature, and where.
type end struct {
	until   time.Time
	servers []string // that were asked
	bearers []string // whose signature it is, when a resolver stands for them
	sets    []string
}

// endsOf looks at every set of the top of the zone, on every server, and lists the
// ends, the first one first. The absence of a random name is left out: what proves it
// changes at each look.
func endsOf(f fact.DNSSEC) (ends []end) {
	for _, s := range f.Servers {
		for _, set := range s.Sets {
			until, ok := last(set)
			if set.Type == fact.TypeDenial || !ok {
				continue
			}
			i, known := slices.BinarySearchFunc(ends, until, func(e end, at time.Time) int { return e.until.Compare(at) })
			if !known {
				ends = slices.Insert(ends, i, end{until: until})
			}
			ends[i].add(s.Server, signed.Bearers(f, s), set.Type)
		}
	}
	return ends
}

func (e *end) add(server string, bearers []string, kind string) {
	if !slices.Contains(e.servers, server) {
		e.servers, e.bearers = append(e.servers, server), append(e.bearers, bearers...)
	}
	if !slices.Contains(e.sets, kind) {
		e.sets = append(e.sets, kind)
	}
}

// last is when the longest-lived signature of a set ends: one that holds is
// enough (RFC 4035 section 5.3.3).
func last(set fact.SignedSet) (until time.Time, ok bool) {
	for _, sig := range set.Signatures {
		if !ok || sig.Until.After(until) {
			until, ok = sig.Until, true
		}
	}
	return until, ok
}

// blame names whose signature ends.
func (e end) blame(c scanner.Case[Params]) scanner.Values {
	values := e.describe(c)
	values["servers"] = strings.Join(e.bearers, ", ")
	return values
}

func (e end) describe(c scanner.Case[Params]) scanner.Values {
	return scanner.Values{
		"servers": strings.Join(e.servers, ", "), "sets": strings.Join(e.sets, ", "),
		"until": e.until.UTC().Format("2006-01-02 15:04"),
		"hours": strconv.Itoa(int(e.until.Sub(c.At).Hours())),
	}
}

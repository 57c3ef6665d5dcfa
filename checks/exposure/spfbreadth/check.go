// SPDX-License-Identifier: Apache-2.0

// Package spfbreadth checks that the SPF record of a domain authorises senders
// and not whole parts of the internet.
package spfbreadth

import (
	"net/netip"
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are prefix lengths: a shorter prefix is a wider range (EXP-MAIL-06).
type Params struct {
	Bits4 int `json:"bits4"`
	Bits6 int `json:"bits6"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.spf-breadth", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-MAIL-06"},
	Reads:      []string{fact.MailUse, fact.MailSPF},
	Judge:      scanner.Each(Params{Bits4: 16, Bits6: 32}, judge),
}

func judge(c scanner.Case[Params], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	root, v, unread := mailpolicy.SPFRoot(f)
	switch {
	case unread:
		return v
	case root.Count != 1:
		return scanner.Exempt("no-record", nil)
	}
	// A record with a fault authorises nobody today, and what it says once corrected.
	if faults := broad(c.Params, authorising(f.SPF)); len(faults) > 0 {
		return scanner.Together(faults)
	}
	switch {
	case root.Fault != "":
		return scanner.Exempt("no-record", nil)
	case f.SPF.Open:
		return scanner.Unknown("incomplete", nil)
	}
	return scanner.Passed("narrow", nil)
}

// broad lists what is too wide: half of a space, or one range, and the ptr
// mechanism.
func broad(p Params, terms []term) (faults []scanner.Verdict) {
	t, found := first(terms, func(t term) bool { return t.wider(p) })
	switch {
	case half(terms):
		faults = append(faults, scanner.Failed("half", scanner.Values{"term": t.Text, "name": t.record}))
	case found:
		faults = append(faults, scanner.FailedAs(scanner.Low, "wide", scanner.Values{"term": t.Text, "name": t.record}))
	}
	if t, found := first(terms, func(t term) bool { return t.Kind == "ptr" }); found {
		faults = append(faults, scanner.FailedAs(scanner.Low, "ptr", scanner.Values{"term": t.Text, "name": t.record}))
	}
	return faults
}

// term is a term with the name of its record.
type term struct {
	fact.SPFTerm
	record string
}

// authorising lists the terms of the tree whose senders pass: an include that
// refuses, or says nothing, authorises nobody.
func authorising(s fact.SPF) (terms []term) {
	reached := map[string]bool{s.Records[0].Name: true}
	for again := true; again; {
		again = false
		for _, t := range passing(s, reached) {
			if (t.Kind == "include" || t.Kind == "redirect") && !reached[t.Target] {
				reached[t.Target], again = true, true
			}
		}
	}
	return passing(s, reached)
}

// passing lists the terms of some records that are not qualified otherwise.
func passing(s fact.SPF, of map[string]bool) (terms []term) {
	for _, record := range s.Records {
		for _, t := range record.Terms {
			if of[record.Name] && !strings.ContainsAny(t.Text[:min(1, len(t.Text))], "-~?") {
				terms = append(terms, term{t, record.Name})
			}
		}
	}
	return terms
}

func first(terms []term, holds func(term) bool) (term, bool) {
	for _, t := range terms {
		if holds(t) {
			return t, true
		}
	}
	return term{}, false
}

// wider tells whether a term authorises a range beyond the limits.
func (t term) wider(p Params) bool {
	if prefix, err := netip.ParsePrefix(t.Prefix); err == nil {
		return prefix.Bits() < p.Bits6 && !prefix.Addr().Is4() || prefix.Bits() < p.Bits4
	}
	return t.Bits4 != nil && *t.Bits4 < p.Bits4 || t.Bits6 != nil && *t.Bits6 < p.Bits6
}

// space is a share of an address space, in parts of 2^63.
type space uint64

func share(bits int) space { return 1 << (63 - min(bits, 63)) }

// half tells whether the ranges of one family make half of its addresses or
// more. The ranges around the hosts of an a or mx are taken one by one, since
// their addresses are not kept.
func half(terms []term) bool {
	var four, six []netip.Prefix
	for _, t := range terms {
		if t.Bits4 != nil && *t.Bits4 <= 1 || t.Bits6 != nil && *t.Bits6 <= 1 {
			return true
		}
		prefix, err := netip.ParsePrefix(t.Prefix)
		switch {
		case err != nil:
		case prefix.Addr().Is4():
			four = append(four, prefix.Masked())
		default:
			six = append(six, prefix.Masked())
		}
	}
	return total(four) >= share(1) || total(six) >= share(1)
}

// total adds ranges, those inside others left out.
func total(ranges []netip.Prefix) (sum space) {
	for i, r := range ranges {
		inside := false
		for j, other := range ranges {
			if j != i && other.Overlaps(r) && (other.Bits() < r.Bits() || other.Bits() == r.Bits() && j < i) {
				inside = true
			}
		}
		if !inside {
			sum += share(r.Bits())
		}
	}
	return sum
}

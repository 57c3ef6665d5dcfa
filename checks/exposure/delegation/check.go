// SPDX-License-Identifier: Apache-2.0

// Package delegation checks that the registry and the zone name the same
// servers, and that each of them answers for the zone.
package delegation

import (
	"slices"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.delegation", Revision: 3, Severity: scanner.Medium,
	References: []string{"EXP-DNS-04"},
	Confirm:    scanner.ConfirmLater,
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge says faults first, the gravest before the others, then what is not
// known: all servers of both sets must answer for a pass.
func judge(_ scanner.Case[struct{}], d fact.Delegation) scanner.Verdict {
	switch {
	case d.Zone.Answer == fact.NXDomain:
		return named.Absent()
	case d.Zone.Answer == fact.NoData:
		return scanner.Exempt("not-a-zone", nil)
	case d.Zone.Answer == fact.NoAnswer && len(d.Servers) == 0 && d.Parent.Answer == fact.NXDomain:
		return named.Absent()
	case len(d.Servers) == 0:
		return scanner.Unknown("no-server", nil)
	}
	seen := sort(d)
	for _, look := range []func(fact.Delegation, sorted) (scanner.Verdict, bool){lame, missing, sets, streams, doubts} {
		if v, found := look(d, seen); found {
			return v
		}
	}
	if len(seen.unrouted) > 0 {
		return scanner.Passed("aligned-some", list(seen.unrouted))
	}
	return scanner.Passed("aligned", list(seen.fine))
}

// lame judges servers that are listed and do not answer for the zone (RFC 1912
// section 2.8).
func lame(d fact.Delegation, s sorted) (scanner.Verdict, bool) {
	doubt := s.silent.Any() || s.notAsked.Any() || len(s.failing) > 0
	if useless := slices.Concat(s.lame, s.missing); !doubt && len(useless) > 0 && len(s.fine)+len(s.unrouted)+d.More == 0 {
		return scanner.FailedAs(scanner.Critical, "all-lame", list(useless)), true
	}
	return scanner.Failed("lame", list(s.lame)), len(s.lame) > 0
}

// missing judges names that are listed and lead nowhere.
func missing(_ fact.Delegation, s sorted) (scanner.Verdict, bool) {
	return scanner.Failed("missing", list(s.missing)), len(s.missing) > 0
}

// sets compares what the registry and the servers name.
func sets(d fact.Delegation, _ sorted) (scanner.Verdict, bool) {
	told := tellings(d)
	for _, t := range told {
		if knownWhole(d.Parent) && t.text != written(d.Parent.Values) {
			return scanner.FailedAs(scanner.Low, "parent-differs", scanner.Values{
				"parent": written(d.Parent.Values), "server": t.by, "zone": t.text,
			}), true
		}
		if t.text != told[0].text {
			return scanner.FailedAs(scanner.Low, "servers-differ", scanner.Values{
				"one": told[0].by, "first": told[0].text, "other": t.by, "second": t.text,
			}), true
		}
	}
	return scanner.Verdict{}, false
}

// streams judges servers that do not answer over TCP (RFC 7766 section 5). A
// silence may be that of our own network, unless another server was reached.
func streams(_ fact.Delegation, s sorted) (scanner.Verdict, bool) {
	mute := s.tcpClosed
	if s.tcpHeard {
		mute = append(mute, s.tcpSilent...)
	}
	return scanner.FailedAs(scanner.Low, "no-tcp", list(mute)), len(mute) > 0
}

func doubts(d fact.Delegation, s sorted) (scanner.Verdict, bool) {
	switch {
	case len(s.failing) > 0:
		return scanner.Unknown("failing", list(s.failing)), true
	case s.silent.Any():
		return s.silent.Unanswered(), true
	case len(named.Strangers(d)) > 0:
		return named.Undeclared(named.Strangers(d)), true
	case s.notAsked.Any():
		return s.notAsked.NotAsked(), true
	case len(s.tcpSilent) > 0:
		return scanner.Unknown("tcp-silent", list(s.tcpSilent)), true
	case d.More > 0:
		return named.Crowded(), true
	case !knownWhole(d.Parent):
		return parentUnknown(d, s), true
	}
	return scanner.Verdict{}, false
}

// parentUnknown says why nobody told which servers the zone above names.
func parentUnknown(d fact.Delegation, s sorted) scanner.Verdict {
	cause := d.Parent.Cause
	if cause.Code == "" { // sealed before causes were kept
		cause.Code = scanner.CauseInDetail
	}
	why := cause.Text()
	return scanner.Unknown("parent-unknown", scanner.Values{
		"servers": strings.Join(s.fine, ", "), "cause": string(cause.Code), "why_fr": why.FR, "why_en": why.EN,
	})
}

func list(servers []string) scanner.Values {
	return scanner.Values{"servers": strings.Join(servers, ", ")}
}

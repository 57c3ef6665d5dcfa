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
	ID: "exposure.delegation", Revision: 4, Severity: scanner.Medium,
	References: []string{"EXP-DNS-04"},
	Confirm:    scanner.ConfirmLater,
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge says all faults, the gravest before the others, and without any what is
// not known: all servers of both sets must answer for a pass.
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
	faults := slices.Concat(unanswering(d, seen), sets(d), streams(seen))
	if len(faults) > 0 {
		return scanner.Together(faults)
	}
	if v, found := doubts(d, seen); found {
		return v
	}
	if len(seen.unrouted) > 0 {
		return scanner.Passed("aligned-some", list(seen.unrouted))
	}
	return scanner.Passed("aligned", list(seen.fine))
}

// unanswering judges servers that are listed and do not answer for the zone (RFC 1912
// section 2.8), or whose name leads nowhere.
func unanswering(d fact.Delegation, s sorted) (faults []scanner.Verdict) {
	doubt := s.silent.Any() || s.notAsked.Any() || len(s.failing) > 0
	if all := slices.Concat(s.lame, s.missing); !doubt && len(all) > 0 && len(s.fine)+len(s.unrouted)+d.More == 0 {
		faults = append(faults, scanner.FailedAs(scanner.Critical, "all-lame", list(all)))
	} else if len(s.lame) > 0 {
		faults = append(faults, scanner.Failed("lame", list(s.lame)))
	}
	if len(s.missing) > 0 {
		faults = append(faults, scanner.Failed("missing", list(s.missing)))
	}
	return faults
}

// sets compares what the registry and the servers name. A list that several servers
// give is told once, of the first of them.
func sets(d fact.Delegation) (faults []scanner.Verdict) {
	told := tellings(d)
	for i, t := range told {
		if slices.ContainsFunc(told[:i], func(other telling) bool { return other.text == t.text }) {
			continue
		}
		if knownWhole(d.Parent) && t.text != written(d.Parent.Values) {
			faults = append(faults, scanner.FailedAs(scanner.Low, "parent-differs", scanner.Values{
				"parent": written(d.Parent.Values), "server": t.by, "zone": t.text,
			}))
		}
		if t.text != told[0].text {
			faults = append(faults, scanner.FailedAs(scanner.Low, "servers-differ", scanner.Values{
				"one": told[0].by, "first": told[0].text, "other": t.by, "second": t.text,
			}))
		}
	}
	return faults
}

// streams judges servers that do not answer over TCP (RFC 7766 section 5). A
// silence may be that of our own network, unless another server was reached.
func streams(s sorted) []scanner.Verdict {
	mute := s.tcpClosed
	if s.tcpHeard {
		mute = append(mute, s.tcpSilent...)
	}
	if len(mute) == 0 {
		return nil
	}
	return []scanner.Verdict{scanner.FailedAs(scanner.Low, "no-tcp", list(mute))}
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

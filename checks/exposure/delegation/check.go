// SPDX-License-Identifier: Apache-2.0

// Package delegation checks that the registry and the zone name the same
// servers, and that each of them answers for the zone.
package delegation

import (
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.delegation", Revision: 2, Severity: scanner.Medium,
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
	case len(d.Servers) == 0:
		return scanner.Unknown("no-server", nil)
	}
	seen := sort(d)
	for _, look := range []func(fact.Delegation, sorted) (scanner.Verdict, bool){lame, sets, streams, doubts} {
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
	whole := len(s.failing)+len(s.silent)+len(s.notAsked)+len(s.fine)+len(s.unrouted)+d.More == 0
	if whole && len(s.lame) > 0 {
		return scanner.FailedAs(scanner.Critical, "all-lame", list(s.lame)), true
	}
	return scanner.Failed("lame", list(s.lame)), len(s.lame) > 0
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
	case len(s.silent) > 0:
		return scanner.Unknown("silent", list(s.silent)), true
	case len(named.Strangers(d)) > 0:
		return named.Undeclared(named.Strangers(d)), true
	case len(s.notAsked) > 0:
		return scanner.Unknown("not-asked", list(s.notAsked)), true
	case len(s.tcpSilent) > 0:
		return scanner.Unknown("tcp-silent", list(s.tcpSilent)), true
	case d.More > 0:
		return named.Crowded(), true
	case !knownWhole(d.Parent):
		return scanner.Unknown("parent-unknown", list(s.fine)), true
	}
	return scanner.Verdict{}, false
}

func list(servers []string) scanner.Values {
	return scanner.Values{"servers": strings.Join(servers, ", ")}
}

// SPDX-License-Identifier: Apache-2.0

// Package soatimers checks the timers of a zone, and that all its servers hold
// the same version of it.
package soatimers

import (
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Params are the limits of the timers, in seconds.
type Params struct {
	// Refresh, Retry and Expire are the least that is accepted. Source:
	// EXP-DNS-06, after RFC 1912 section 2.2 and Zonemaster.
	Refresh uint32 `json:"refresh"`
	Retry   uint32 `json:"retry"`
	Expire  uint32 `json:"expire"`
	// Minimum is the most that is accepted. Source: EXP-DNS-06, after RFC 2308
	// section 5.
	Minimum uint32 `json:"minimum"`
}

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.soa-timers", Revision: 2, Severity: scanner.Low,
	References: []string{"EXP-DNS-06"},
	Reads:      []string{fact.DelegationServers, fact.DelegationAnswers},
	Judge:      scanner.Each(Params{Refresh: 14_400, Retry: 3_600, Expire: 604_800, Minimum: 86_400}, judge),
}

func judge(c scanner.Case[Params], d fact.Delegation) scanner.Verdict {
	switch d.Zone.Answer {
	case fact.NXDomain:
		return named.Absent()
	case fact.NoData:
		return scanner.Exempt("not-a-zone", nil)
	case fact.Present, fact.NoAnswer:
	}
	told := toldBy(d)
	strangers := named.Strangers(d)
	switch {
	case len(told) == 0 && len(strangers) > 0:
		return named.Undeclared(strangers)
	case len(told) == 0:
		return scanner.Unknown("no-soa", nil)
	}
	verdicts := []scanner.Verdict{judgeSerials(c, d, told)}
	if timers := outside(c.Params, told); len(timers) > 0 {
		fault := scanner.Failed("outside", scanner.Values{"faults": strings.Join(timers, ", ")})
		verdicts = append([]scanner.Verdict{fault}, verdicts...)
	}
	return scanner.Together(verdicts)
}

// judgeSerials wants the same serial everywhere. A difference is a failure when
// the newest version has been out for more than one refresh, and otherwise an
// update may be on its way.
func judgeSerials(c scanner.Case[Params], d fact.Delegation, told []start) scanner.Verdict {
	newest := newestOf(told)
	behind := late(told, newest)
	values := scanner.Values{"serial": decimal(newest.Serial), "servers": strings.Join(behind, ", ")}
	unseen := unseen(d)
	switch {
	case len(behind) > 0 && isOld(c, newest):
		return scanner.Failed("behind", values)
	case len(behind) > 0:
		return scanner.Unknown("serials-differ", values)
	case len(named.Strangers(d)) > 0:
		return named.Undeclared(named.Strangers(d))
	case len(unseen) > 0 || d.More > 0:
		return scanner.Unknown("not-everywhere", scanner.Values{"servers": strings.Join(unseen, ", ")})
	}
	return scanner.Passed("fine", values)
}

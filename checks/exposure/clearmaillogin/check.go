// SPDX-License-Identifier: Apache-2.0

// Package clearmaillogin checks that mail servers accept no password before
// encryption.
package clearmaillogin

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/named"
	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.clear-mail-login", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-MAIL-19"},
	Reads:      []string{fact.MailServerHosts},
	Judge:      scanner.Each(struct{}{}, judge),
}

// judge fails on a single port that announces a login in clear (RFC 8314 section
// 4); passing needs from every port an answer, a closed door, or the silence of a
// filter.
func judge(_ scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, settled := reception.Settled(f); settled {
		return v
	}
	var seen ports
	for label, h := range reception.Hosts(f) {
		for _, p := range h.Ports {
			seen.add(label+":"+strconv.Itoa(p.Port), p, h)
		}
	}
	if len(seen.announced) > 0 {
		return scanner.Failed("announced", reception.Servers(seen.announced))
	}
	if seen.silent.Any() {
		return reception.Silent(&seen.silent)
	}
	if v, met := reception.AsClient(f); met {
		return v
	}
	if v, unseen := reception.Unseen(f); unseen {
		return v
	}
	if len(seen.filtered) > 0 {
		return scanner.Passed("none-filtered", reception.Servers(seen.filtered))
	}
	return scanner.Passed("none", nil)
}

// ports are the ports of all servers, by what they showed.
type ports struct {
	announced, filtered []string
	silent              named.Doubts
}

func (s *ports) add(door string, p fact.MailPort, h reception.Host) {
	words := inClear(p.Logins)
	switch {
	case len(words) > 0:
		s.announced = append(s.announced, door+" ("+strings.Join(words, " ")+")")
	case p.Reach != fact.Unreached:
	case isFiltered(p, h):
		s.filtered = append(s.filtered, door)
	default:
		reception.Silence(&s.silent, door, p)
	}
}

// isFiltered takes the silence of a port for a filter in front of it when the
// host shows elsewhere that it is there, as for any other service
// (checks/internal/exposed). Port 25 is left out: it is often blocked on the way
// out of our own network.
func isFiltered(p fact.MailPort, h reception.Host) bool {
	return p.Filtered && p.Port != 25 && slices.ContainsFunc(h.Ports, func(other fact.MailPort) bool {
		return other.Reach != fact.Unreached
	})
}

// inClear keeps the ways to sign in that let a listener sign in too: a password or
// a token goes as it is.
func inClear(logins []string) []string {
	var words []string
	for _, l := range logins {
		if slices.Contains([]string{"PLAIN", "LOGIN", "USER", "XOAUTH2", "OAUTHBEARER"}, strings.ToUpper(l)) {
			words = append(words, l)
		}
	}
	return slices.Compact(words)
}

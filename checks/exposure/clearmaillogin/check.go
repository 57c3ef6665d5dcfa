// SPDX-License-Identifier: Apache-2.0

// Package clearmaillogin checks that mail servers accept no password before
// encryption.
package clearmaillogin

import (
	"slices"
	"strconv"
	"strings"

	"carescan/checks/internal/reception"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds.
var Check = scanner.Check{
	ID: "exposure.clear-mail-login", Revision: 1, Severity: scanner.High,
	References: []string{"EXP-MAIL-19"},
	Vantage:    scanner.VantageInternet, Confirm: scanner.ConfirmLater,
	Judge: scanner.Each(struct{}{}, judge),
}

// judge fails on a single port that announces a login in clear (RFC 8314 section
// 4); passing needs an answer or a closed door from every port.
func judge(_ scanner.Case[struct{}], f fact.MailServers) scanner.Verdict {
	if v, none := reception.Without(f); none {
		return v
	}
	var announced, silent []string
	for label, h := range reception.Hosts(f) {
		for _, p := range h.Ports {
			door := label + ":" + strconv.Itoa(p.Port)
			if words := inClear(p.Logins); len(words) > 0 {
				announced = append(announced, door+" ("+strings.Join(words, " ")+")")
			}
			if p.Reach == fact.Unreached {
				silent = append(silent, door)
			}
		}
	}
	if len(announced) > 0 {
		return scanner.Failed("announced", reception.Servers(announced))
	}
	if len(silent) > 0 {
		return reception.Doubt("silent", silent)
	}
	if v, unseen := reception.Unseen(f); unseen {
		return v
	}
	return scanner.Passed("none", nil)
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

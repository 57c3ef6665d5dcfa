// SPDX-License-Identifier: Apache-2.0

// Package mxtargets checks that the servers a domain names for its mail exist,
// under their own name.
package mxtargets

import (
	"strconv"
	"strings"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// Check is the value the registry holds. Revision 3 knows a null MX beside another,
// where revision 2 spoke of a server without a name.
var Check = scanner.Check{
	ID: "exposure.mx-targets", Revision: 3, Severity: scanner.High,
	References: []string{"EXP-MAIL-01"},
	Reads:      []string{fact.MailUse, fact.MailTargets},
	Judge:      scanner.Each(struct{}{}, judge),
}

func judge(_ scanner.Case[struct{}], f fact.MailPolicy) scanner.Verdict {
	if v, settled := mailpolicy.Settled(f); settled {
		return v
	}
	for _, look := range []func(fact.MailTarget) (scanner.Verdict, bool){null, literal, missing, alias, unknown} {
		for _, target := range f.MX.Targets {
			if v, found := look(target); found {
				return v
			}
		}
	}
	if f.MX.More > 0 {
		return scanner.Unknown("too-many", scanner.Values{"more": strconv.Itoa(f.MX.More)})
	}
	return scanner.Passed("sound", scanner.Values{"hosts": hosts(f.MX.Targets)})
}

// null: a domain that says it accepts no mail must say nothing else (RFC 7505
// section 3).
func null(t fact.MailTarget) (scanner.Verdict, bool) {
	return scanner.Failed("null-beside", nil), t.Host == ""
}

// literal: a name must stand there, never an address (RFC 5321 section 5.1).
func literal(t fact.MailTarget) (scanner.Verdict, bool) {
	return scanner.Failed("literal", scanner.Values{"host": t.Host}), t.Literal
}

func missing(t fact.MailTarget) (scanner.Verdict, bool) {
	return scanner.Failed("missing", scanner.Values{"host": t.Host}), t.Address.Absent()
}

// alias: the name must be the canonical one (RFC 2181 section 10.3).
func alias(t fact.MailTarget) (scanner.Verdict, bool) {
	return scanner.FailedAs(scanner.Low, "alias", scanner.Values{"host": t.Host}), t.Alias
}

func unknown(t fact.MailTarget) (scanner.Verdict, bool) {
	return mailpolicy.Unanswered("target-unknown", scanner.Values{"host": t.Host}, t.Cause), t.Address != fact.Present
}

func hosts(targets []fact.MailTarget) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Host)
	}
	return strings.Join(names, ", ")
}

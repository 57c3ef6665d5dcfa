// SPDX-License-Identifier: Apache-2.0

package mailpolicy_test

import (
	"testing"

	"carescan/checks/internal/mailpolicy"
	"carescan/scanner/fact"
)

func step(domain string, count int, record *fact.DMARCRecord) fact.DMARCStep {
	answer := fact.NoData
	if count > 0 {
		answer = fact.Present
	}
	return fact.DMARCStep{Domain: domain, Answer: answer, Count: count, Record: record}
}

func TestPolicy(t *testing.T) {
	reject := &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 100}
	tested := &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 100, Test: true}
	share := &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 20}
	unusable := &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100, Unusable: true}
	silent := fact.DMARCStep{Domain: "test", Answer: fact.NoAnswer}
	for _, c := range []struct {
		name     string
		dmarc    fact.DMARC
		state    mailpolicy.State
		action   string
		enforced bool
	}{
		{"own", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 1, reject), silent}, PolicyDomain: "a.test", Effective: "reject"}, mailpolicy.Applies, "reject", true},
		{"inherited", fact.DMARC{Walk: []fact.DMARCStep{step("b.a.test", 0, nil), step("a.test", 1, reject)}, PolicyDomain: "a.test", Effective: "none"}, mailpolicy.Applies, "none", false},
		{"tested_rejection", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 1, tested)}, PolicyDomain: "a.test", Effective: "reject"}, mailpolicy.Applies, "quarantine", true},
		{"tested_quarantine", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 1, tested)}, PolicyDomain: "a.test", Effective: "quarantine"}, mailpolicy.Applies, "none", false},
		{"share", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 1, share)}, PolicyDomain: "a.test", Effective: "reject"}, mailpolicy.Applies, "reject", true},
		{"several_and_another_applies", fact.DMARC{Walk: []fact.DMARCStep{step("b.a.test", 2, nil), step("a.test", 1, reject)}, PolicyDomain: "a.test", Effective: "reject"}, mailpolicy.Applies, "reject", true},
		{"several_alone", fact.DMARC{Walk: []fact.DMARCStep{step("b.a.test", 2, nil), step("a.test", 0, nil)}}, mailpolicy.Several, "", false},
		{"several_and_unknown_above", fact.DMARC{Walk: []fact.DMARCStep{step("b.a.test", 2, nil), silent}}, mailpolicy.Unknown, "", false},
		{"unusable", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 1, unusable), silent}}, mailpolicy.Unusable, "", false},
		{"unknown", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 0, nil), silent}}, mailpolicy.Unknown, "", false},
		{"absent", fact.DMARC{Walk: []fact.DMARCStep{step("a.test", 0, nil)}}, mailpolicy.Absent, "", false},
		{"no_walk", fact.DMARC{}, mailpolicy.Unknown, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fact.MailPolicy{Name: c.dmarc.Organisation, DMARC: c.dmarc}
			record, state := mailpolicy.Policy(f)
			if state != c.state || mailpolicy.Enforced(f) != c.enforced {
				t.Errorf("state %q, enforced %v", state, mailpolicy.Enforced(f))
			}
			if state == mailpolicy.Applies && mailpolicy.Action(f, record) != c.action {
				t.Errorf("action %q", mailpolicy.Action(f, record))
			}
		})
	}
}

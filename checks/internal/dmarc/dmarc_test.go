// SPDX-License-Identifier: Apache-2.0

package dmarc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/checks/internal/dmarc"
	"carescan/scanner/fact"
)

func set(name string, values ...string) fact.RecordSet {
	answer := fact.NoData
	if len(values) > 0 {
		answer = fact.Present
	}
	return fact.RecordSet{Name: name, Type: "TXT", Answer: answer, Values: values}
}

func TestFind(t *testing.T) {
	silent := fact.RecordSet{Name: "b", Answer: fact.NoAnswer}
	for _, c := range []struct {
		name  string
		walk  []fact.RecordSet
		want  dmarc.Policy
		state dmarc.State
	}{
		{"own_record", []fact.RecordSet{set("a", "v=DMARC1; p=reject; rua=mailto:x")}, dmarc.Policy{Name: "a", Action: "reject", Reports: true}, dmarc.Applies},
		{"own_record_ends_the_walk", []fact.RecordSet{set("a", "v=DMARC1; p=reject"), silent}, dmarc.Policy{Name: "a", Action: "reject"}, dmarc.Applies},
		{"highest_parent", []fact.RecordSet{set("a"), set("b", "v=DMARC1; p=reject"), set("c", "v=DMARC1; p=none")}, dmarc.Policy{Name: "c", Action: "none"}, dmarc.Applies},
		{"psd_n_ends_the_walk", []fact.RecordSet{set("a"), set("b", "v=DMARC1; p=reject; psd=n"), set("c", "v=DMARC1; p=none")}, dmarc.Policy{Name: "b", Action: "reject"}, dmarc.Applies},
		{"parent_for_sub_domains", []fact.RecordSet{set("a"), set("b", "v=DMARC1; p=reject; sp=quarantine")}, dmarc.Policy{Name: "b", Action: "quarantine"}, dmarc.Applies},
		{"weaker_for_what_does_not_exist", []fact.RecordSet{set("a", "v=DMARC1; p=reject; np=none")}, dmarc.Policy{Name: "a", Action: "reject", Weaker: true}, dmarc.Applies},
		{"stronger_below", []fact.RecordSet{set("a", "v=DMARC1; p=none; sp=reject")}, dmarc.Policy{Name: "a", Action: "none"}, dmarc.Applies},
		{"test_mode", []fact.RecordSet{set("a", "v=DMARC1; p=reject; t=y")}, dmarc.Policy{Name: "a", Action: "reject", Partial: true}, dmarc.Applies},
		{"wrong_word_reads_as_none", []fact.RecordSet{set("a", "v=DMARC1; p=rejeter")}, dmarc.Policy{Name: "a", Action: "none"}, dmarc.Applies},
		{"several", []fact.RecordSet{set("a", "v=DMARC1; p=none", "v=DMARC1; p=none")}, dmarc.Policy{Name: "a"}, dmarc.Several},
		{"other_records_do_not_count", []fact.RecordSet{set("a", "v=DMARC2", "texte")}, dmarc.Policy{}, dmarc.Absent},
		{"silence", []fact.RecordSet{set("a"), silent}, dmarc.Policy{}, dmarc.Unknown},
		{"no_walk", nil, dmarc.Policy{}, dmarc.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, state := dmarc.Find(fact.Zone{DMARC: c.walk})
			if diff := cmp.Diff(c.want, got); diff != "" || state != c.state {
				t.Errorf("state %q, want %q (-want +got):\n%s", state, c.state, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; pct=50; rua=mailto:dmarc@chu.test")
	f.Add("v = DMARC1 ;; =; p")
	f.Add("V=DMARC1")
	f.Fuzz(func(t *testing.T, text string) {
		tags, ok := dmarc.Parse(text)
		if ok != (tags["v"] == "DMARC1") || !ok && tags != nil {
			t.Errorf("Parse(%q) = %v, %v", text, tags, ok)
		}
		zone := fact.Zone{DMARC: []fact.RecordSet{set("a", text)}}
		if policy, state := dmarc.Find(zone); state == dmarc.Applies && policy.Action == "" {
			t.Errorf("the policy of %q has no action", text)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

func TestWalkNames(t *testing.T) {
	tests := map[string]string{
		"test":                                 "test",
		"chu.test":                             "chu.test test",
		"a.b.c.d.e.f.test":                     "a.b.c.d.e.f.test b.c.d.e.f.test c.d.e.f.test d.e.f.test e.f.test f.test test",
		"a.b.c.d.e.f.g.test":                   "a.b.c.d.e.f.g.test b.c.d.e.f.g.test c.d.e.f.g.test d.e.f.g.test e.f.g.test f.g.test g.test test",
		"a.b.c.d.e.f.g.h.i.j.mail.example.com": "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com example.com com",
	}
	for name, want := range tests {
		got := walkNames(name)
		if strings.Join(got, " ") != want || len(got) > 8 {
			t.Errorf("walkNames(%q) = %q", name, got)
		}
	}
}

// TestDMARCDiscovery follows RFC 9989 sections 4.10.1 and 4.10.2.
func TestDMARCDiscovery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone, name                      string
		organisation, policy, effective string
	}{
		"own":                         {`_dmarc.chu TXT "v=DMARC1; p=reject"`, "chu.test", "chu.test", "chu.test", "reject"},
		"none":                        {`chu TXT "x"`, "chu.test", "chu.test", "", ""},
		"parent":                      {`_dmarc.chu TXT "v=DMARC1; p=reject; sp=none"`, "a.chu.test", "chu.test", "chu.test", "none"},
		"parent_without_sp":           {`_dmarc.chu TXT "v=DMARC1; p=reject"`, "a.chu.test", "chu.test", "chu.test", "reject"},
		"own_below_organisation":      {"_dmarc.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.a.chu TXT \"v=DMARC1; p=none\"", "a.chu.test", "chu.test", "a.chu.test", "none"},
		"highest_is_the_organisation": {"_dmarc.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.b.chu TXT \"v=DMARC1; p=none\"", "a.b.chu.test", "chu.test", "chu.test", "reject"},
		"psd_n_stops":                 {"_dmarc.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.b.chu TXT \"v=DMARC1; p=quarantine; psd=n\"", "a.b.chu.test", "b.chu.test", "b.chu.test", "quarantine"},
		"psd_y_above":                 {"_dmarc TXT \"v=DMARC1; p=reject; sp=quarantine; psd=y\"", "a.chu.test", "chu.test", "test", "quarantine"},
		"psd_y_above_organisation":    {"_dmarc TXT \"v=DMARC1; p=reject; psd=y\"\n_dmarc.chu TXT \"v=DMARC1; p=none\"", "a.chu.test", "chu.test", "chu.test", "none"},
		"psd_y_at_the_start":          {`_dmarc.chu TXT "v=DMARC1; p=reject; psd=y"`, "chu.test", "chu.test", "chu.test", "reject"},
		"several_are_none":            {"_dmarc.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.chu TXT \"v=DMARC1; p=none\"", "chu.test", "chu.test", "", ""},
		"other_records_beside":        {"_dmarc.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.chu TXT \"v=spf1 -all\"", "chu.test", "chu.test", "chu.test", "reject"},
		"missing_policy_alone":        {`_dmarc.chu TXT "v=DMARC1"`, "chu.test", "chu.test", "", ""},
		"missing_policy_with_sp":      {`_dmarc.chu TXT "v=DMARC1; sp=reject"`, "chu.test", "chu.test", "", ""},
		"missing_policy_with_reports": {`_dmarc.chu TXT "v=DMARC1; sp=reject; rua=mailto:x@chu.test"`, "a.chu.test", "chu.test", "chu.test", "none"},
		"missing_policy_bad_reports":  {`_dmarc.chu TXT "v=DMARC1; rua=x@chu.test"`, "chu.test", "chu.test", "", ""},
		"inexistent_np":               {`_dmarc.chu TXT "v=DMARC1; p=reject; sp=quarantine; np=none"`, "a.chu.test", "chu.test", "chu.test", "none"},
		"inexistent_without_np":       {`_dmarc.chu TXT "v=DMARC1; p=reject; sp=quarantine"`, "a.chu.test", "chu.test", "chu.test", "quarantine"},
		"existing_np":                 {"_dmarc.chu TXT \"v=DMARC1; p=reject; np=none\"\na.chu A 192.0.2.1", "a.chu.test", "chu.test", "chu.test", "reject"},
		"wrong_policy_with_reports":   {`_dmarc.chu TXT "v=DMARC1; p=rejeter; rua=mailto:x@chu.test"`, "chu.test", "chu.test", "chu.test", "none"},
		"wrong_policy_alone":          {`_dmarc.chu TXT "v=DMARC1; p=rejeter"`, "chu.test", "chu.test", "", ""},
		"wrong_sub_policy_alone":      {`_dmarc.chu TXT "v=DMARC1; p=reject; sp=x"`, "chu.test", "chu.test", "", ""},
		"missing_answer_above":        {`x TXT "x"`, "a.silent.test", "", "", ""},
		"psd_y_between":               {"_dmarc.chu TXT \"v=DMARC1; p=reject; psd=y\"\n_dmarc TXT \"v=DMARC1; p=none\"", "a.b.chu.test", "b.chu.test", "chu.test", "reject"},
		"psd_y_then_sp":               {"_dmarc.chu TXT \"v=DMARC1; p=reject; sp=none; psd=y\"", "a.chu.test", "a.chu.test", "chu.test", "none"},
		"psd_n_at_the_start":          {"_dmarc.a.chu TXT \"v=DMARC1; p=quarantine; psd=n\"\n_dmarc.chu TXT \"v=DMARC1; p=reject\"", "a.chu.test", "a.chu.test", "a.chu.test", "quarantine"},
		"psd_u_said":                  {"_dmarc.a.chu TXT \"v=DMARC1; p=none; psd=u\"\n_dmarc.chu TXT \"v=DMARC1; p=reject\"", "a.chu.test", "chu.test", "a.chu.test", "none"},
		"several_above_are_none":      {"_dmarc.b.chu TXT \"v=DMARC1; p=none\"\n_dmarc.b.chu TXT \"v=DMARC1; p=reject\"\n_dmarc.chu TXT \"v=DMARC1; p=quarantine\"", "a.b.chu.test", "chu.test", "chu.test", "quarantine"},
		"middle_record_is_not_asked":  {"_dmarc.b.chu TXT \"v=DMARC1; p=none\"\n_dmarc.chu TXT \"v=DMARC1; p=reject\"", "a.b.chu.test", "chu.test", "chu.test", "reject"},
		"label_that_is_skipped":       {"_dmarc.b.c.d.e.f.g.h.chu TXT \"v=DMARC1; p=reject\"", "a.b.c.d.e.f.g.h.chu.test", "a.b.c.d.e.f.g.h.chu.test", "", ""},
		"eight_labels":                {"_dmarc.b.c.d.e.f.chu TXT \"v=DMARC1; p=reject\"", "a.b.c.d.e.f.chu.test", "b.c.d.e.f.chu.test", "b.c.d.e.f.chu.test", "reject"},
		"alias":                       {"_dmarc.chu CNAME _dmarc.gestion\n_dmarc.gestion TXT \"v=DMARC1; p=reject\"", "chu.test", "chu.test", "chu.test", "reject"},
		"strings_joined":              {`_dmarc.chu TXT "v=DMARC1; p=rej" "ect"`, "chu.test", "chu.test", "chu.test", "reject"},
		"wildcard_of_records":         {`*.chu TXT "v=DMARC1; p=none"`, "chu.test", "chu.test", "", ""},
		"wrong_inexistent_alone":      {`_dmarc.chu TXT "v=DMARC1; p=reject; np=x"`, "chu.test", "chu.test", "", ""},
		"wildcard_of_other_texts":     {`*.chu TXT "v=spf1 -all"`, "a.chu.test", "a.chu.test", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lookAt(t, tt.zone, tt.name).DMARC
			if got.Organisation != tt.organisation || got.PolicyDomain != tt.policy || got.Effective != tt.effective {
				t.Errorf("organisation %q, policy %q of %q", got.Organisation, got.Effective, got.PolicyDomain)
			}
			if len(got.Walk) > 8 {
				t.Errorf("%d questions", len(got.Walk))
			}
		})
	}
}

func TestDMARCRecord(t *testing.T) {
	tests := map[string]struct {
		text string
		want *fact.DMARCRecord
	}{
		"full":           {"v=DMARC1; p=reject; sp=quarantine; np=none; psd=n; t=y", &fact.DMARCRecord{Policy: "reject", Subdomains: "quarantine", Inexistent: "none", PSD: "n", Test: true, Percent: 100}},
		"any_order":      {"v=DMARC1;sp=none ; p = REJECT;", &fact.DMARCRecord{Policy: "reject", Subdomains: "none", PSD: "u", Percent: 100}},
		"legacy":         {"v=DMARC1; p=none; pct=50; ri=86400; rf=afrf", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 50, Legacy: []string{"pct", "rf", "ri"}}},
		"legacy_wrong":   {"v=DMARC1; p=none; pct=beaucoup", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100, Legacy: []string{"pct"}}},
		"unknown_tags":   {"v=DMARC1; p=none; x-y=z; =; foo", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100}},
		"wrong_flag":     {"v=DMARC1; p=none; t=1; psd=x", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100, Invalid: []string{"psd", "t"}}},
		"said_twice":     {"v=DMARC1; p=none; p=reject", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100}},
		"percent_zero":   {"v=DMARC1; p=reject; pct=0", &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 0, Legacy: []string{"pct"}}},
		"percent_over":   {"v=DMARC1; p=reject; pct=101", &fact.DMARCRecord{Policy: "reject", PSD: "u", Percent: 100, Legacy: []string{"pct"}}},
		"no_separator":   {"v=DMARC1 p=none", nil},
		"version_spaced": {"v = DMARC1 ;p=none", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100}},
		"version_upper":  {"V=DMARC1;p=none", &fact.DMARCRecord{Policy: "none", PSD: "u", Percent: 100}},
		"version_case":   {"v=dmarc1;p=none", nil},
		"version_later":  {"p=none; v=DMARC1", nil},
		"version_longer": {"v=DMARC10; p=none", nil},
		"space_before":   {" v=DMARC1; p=none", nil},
		"empty":          {"", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tags, ok := dmarcTags(tt.text)
			var got *fact.DMARCRecord
			if ok {
				got = newDMARCRecord(tags)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReportAddresses(t *testing.T) {
	tests := map[string]struct {
		list string
		want []fact.ReportAddress
	}{
		"one":       {"mailto:jean.dupont@CHU.test", []fact.ReportAddress{{Scheme: "mailto", Domain: "chu.test", Valid: true, Count: 1}}},
		"size":      {"mailto:a@chu.test!10m , mailto:b@chu.test", []fact.ReportAddress{{Scheme: "mailto", Domain: "chu.test", Valid: true, Count: 2}}},
		"encoded":   {"mailto:a%2Bb%40chu.test", []fact.ReportAddress{{Scheme: "mailto", Domain: "chu.test", Valid: true, Count: 1}}},
		"https":     {"https://rapports.test/x", []fact.ReportAddress{{Scheme: "https", Domain: "rapports.test", Count: 1}}},
		"no_scheme": {"jean@chu.test", []fact.ReportAddress{{Count: 1}}},
		"no_domain": {"mailto:jean", []fact.ReportAddress{{Scheme: "mailto", Count: 1}}},
		"one_label": {"mailto:jean@chu", []fact.ReportAddress{{Scheme: "mailto", Count: 1}}},
		"two_ats":   {"mailto:jean@x@chu.test", []fact.ReportAddress{{Scheme: "mailto", Count: 1}}},
		"spaces":    {"mailto:jean dupont@chu.test", []fact.ReportAddress{{Scheme: "mailto", Count: 1}}},
		"nothing":   {" ", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, reportAddresses(tt.list)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

const reportsZone = `
_dmarc.chu TXT "v=DMARC1; p=reject; rua=mailto:a@mail.chu.test,mailto:b@rapports.test,mailto:c@refus.test,mailto:d@nul.test,mailto:e@x.silent.test,https://x.test; ruf=mailto:f@rapports.test"
mail.chu A 192.0.2.1
rapports MX 10 mx.rapports
chu.test._report._dmarc.rapports TXT "v=DMARC1;"
refus MX 10 mx.refus
*._report._dmarc.refus TXT "nothing"
nul MX 0 .
`

func TestReportDestinations(t *testing.T) {
	t.Parallel()
	got := lookAt(t, reportsZone, "chu.test").DMARC
	want := []fact.ReportAddress{
		{Scheme: "mailto", Domain: "mail.chu.test", Valid: true, Count: 1, Mail: fact.Present},
		{Scheme: "mailto", Domain: "rapports.test", Valid: true, Count: 1, Mail: fact.Present, External: true, Authorised: fact.Present},
		{Scheme: "mailto", Domain: "refus.test", Valid: true, Count: 1, Mail: fact.Present, External: true, Authorised: fact.NXDomain},
		{Scheme: "mailto", Domain: "nul.test", Valid: true, Count: 1, Mail: fact.NoData, External: true, Authorised: fact.NXDomain},
		{Scheme: "mailto", Domain: "x.silent.test", Valid: true, Count: 1, Mail: fact.NoAnswer, External: true, Authorised: fact.NoAnswer},
		{Scheme: "https", Domain: "x.test", Count: 1},
	}
	if diff := cmp.Diff(want, got.Reports); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.Failures) != 1 || got.Failures[0].Authorised != fact.Present {
		t.Errorf("failures %+v", got.Failures)
	}
}

// TestConsentOfAnUnknownOrganisation holds that no consent is missed when it is
// not known whether one is needed: the name above did not answer.
func TestConsentOfAnUnknownOrganisation(t *testing.T) {
	t.Parallel()
	zone := parseRecords(t, "_dmarc.chu TXT \"v=DMARC1; p=reject; rua=mailto:a@rapports.chu.test,mailto:b@ailleurs.example\"\nrapports.chu A 192.0.2.1\n"+
		"ailleurs.example. A 192.0.2.2\nchu.test._report._dmarc.ailleurs.example. TXT \"v=DMARC1\"\n")
	failing := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if q.Question[0].Name == "_dmarc.test." {
			w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
			return
		}
		zone.ServeDNS(w, q)
	})
	got := observe(t, network(loopback.ServeDNS(t, failing)), Options{}, "chu.test").DMARC
	want := []fact.ReportAddress{
		{Scheme: "mailto", Domain: "rapports.chu.test", Valid: true, Count: 1, Mail: fact.Present, External: true, Authorised: fact.NoAnswer},
		{Scheme: "mailto", Domain: "ailleurs.example", Valid: true, Count: 1, Mail: fact.Present, External: true, Authorised: fact.Present},
	}
	if diff := cmp.Diff(want, got.Reports); diff != "" || got.Organisation != "" {
		t.Errorf("organisation %q (-want +got):\n%s", got.Organisation, diff)
	}
}

func FuzzDMARCTags(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; pct=50; rua=mailto:dmarc@chu.test!10m,https://x.test")
	f.Add("v = DMARC1 ;; =; p")
	f.Add("v=DMARC1;rua=mailto:%zz,mailto:\x00@\xff")
	f.Fuzz(func(t *testing.T, text string) {
		tags, ok := dmarcTags(text)
		if !ok {
			return
		}
		d := newDMARCRecord(tags)
		if d.Policy == "" || d.PSD == "" || d.Percent < 0 || d.Percent > 100 || len(tags) > maxTags {
			t.Errorf("%q became %+v", text, d)
		}
		for _, a := range reportAddresses(tags["rua"]) {
			if strings.Contains(a.Domain, "@") || a.Valid && !isPlainName(a.Domain) {
				t.Errorf("%q keeps %+v", text, a)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package spfrecord

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text, fault string
		want              Record
	}{
		{"bare", "v=spf1", "", Record{}},
		{"all_forms", "v=spf1 a mx/24 a:mail.chu.test/24//64 ptr ptr:chu.test ip4:192.0.2.1 ip6:2001:db8::/32 exists:%{i}._spf.%{d2} include:chu.test. -all", "", Record{All: "-"}},
		{"case_and_spaces", "V=SPF1  MX   ~ALL ", "", Record{All: "~"}},
		{"first_all_counts", "v=spf1 -all +all", "", Record{All: "-"}},
		{"redirect", "v=spf1 redirect=_spf.%{d}", "", Record{Redirect: "_spf.%{d}"}},
		{"macro_with_slash", "v=spf1 exists:%{l1r/}.chu.test -all", "", Record{All: "-"}},
		{"unknown_modifier", "v=spf1 note=%{i} -all", "", Record{All: "-"}},
		{"redirect_twice", "v=spf1 redirect=a.test redirect=b.test", "redirect=b.test", Record{}},
		{"exp_without_domain", "v=spf1 exp= -all", "exp=", Record{}},
		{"signed_modifier", "v=spf1 -redirect=a.test", "-redirect=a.test", Record{}},
		{"all_with_domain", "v=spf1 -all:chu.test", "-all:chu.test", Record{}},
		{"include_without_domain", "v=spf1 include -all", "include", Record{}},
		{"include_top_label_digits", "v=spf1 include:chu.123 -all", "include:chu.123", Record{}},
		{"ip4_too_wide_a_mask", "v=spf1 ip4:192.0.2.0/33 -all", "ip4:192.0.2.0/33", Record{}},
		{"ip4_holding_ip6", "v=spf1 ip4:2001:db8::1 -all", "ip4:2001:db8::1", Record{}},
		{"ip6_holding_ip4", "v=spf1 ip6:192.0.2.1 -all", "ip6:192.0.2.1", Record{}},
		{"mask_too_long", "v=spf1 a/33 -all", "a/33", Record{}},
		{"unknown_mechanism", "v=spf1 ipv4:192.0.2.1 -all", "ipv4:192.0.2.1", Record{}},
		{"tabulation", "v=spf1 mx\t-all", "mx\t-all", Record{}},
		{"accent", "v=spf1 include:hôpital.test -all", "include:hôpital.test", Record{}},
		{"broken_macro", "v=spf1 exists:%{z}.test -all", "exists:%{z}.test", Record{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, fault := Parse(c.text)
			if diff := cmp.Diff(c.want, got); diff != "" || fault != c.fault {
				t.Errorf("Parse(%q) fault %q, want %q (-want +got):\n%s", c.text, fault, c.fault, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("v=spf1 mx a:chu.test/24//64 include:_spf.chu.test ip4:192.0.2.0/24 -all")
	f.Add("v=spf1 exists:%{ir}.%{l1r+}.chu.test redirect=%{d}")
	f.Add("v=spf1 \x00 ip6:fe80::1%eth0 %%%_%-")
	f.Fuzz(func(t *testing.T, text string) {
		r, fault := Parse(text)
		if fault != "" && (!strings.Contains(text, fault) || r != Record{}) {
			t.Errorf("Parse(%q) = %+v with fault %q, which is not a term of it", text, r, fault)
		}
		if r.All != "" && !strings.ContainsAny(r.All, "+-~?") {
			t.Errorf("Parse(%q) gives all the qualifier %q", text, r.All)
		}
	})
}

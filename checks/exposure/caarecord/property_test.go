// SPDX-License-Identifier: Apache-2.0

package caarecord

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseProperty(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Property
		ok         bool
	}{
		{"issue", `0 issue "ca.test; account=1"`, Property{false, "issue", "ca.test; account=1"}, true},
		{"critical_upper_case", `128 ISSUE ca.test`, Property{true, "issue", "ca.test"}, true},
		{"empty_value", `0 issue ""`, Property{false, "issue", ""}, true},
		{"no_value", `0 issue`, Property{}, false},
		{"open_quote", `0 issue "ca.test`, Property{}, false},
		{"flags_too_large", `256 issue "ca.test"`, Property{}, false},
		{"signs_in_tag", `0 is-sue "ca.test"`, Property{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParseProperty(c.text)
			if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
				t.Errorf("ParseProperty(%q) ok %v, want %v (-want +got):\n%s", c.text, ok, c.ok, diff)
			}
		})
	}
}

func TestMalformedIssuer(t *testing.T) {
	for text, want := range map[string]bool{
		`0 issue "ca.test"`: false,
		`0 issue "ca-1.test; accounturi=https://ca.test/1; validationmethods=dns-01,http-01"`: false,
		`0 issue ";"`:                    false,
		`0 issue ""`:                     false,
		`0 issuewild "ca.test;"`:         false,
		`0 iodef "mailto:rssi@chu.test"`: false,
		`0 issue "https://ca.test"`:      true,
		`0 issue "ca..test"`:             true,
		`0 issue "-ca.test"`:             true,
		`0 issue "%%%%%"`:                true,
		`0 issue "ca.test; account"`:     true,
		`0 issue "ca.test; =1"`:          true,
	} {
		p, ok := ParseProperty(text)
		if !ok || p.malformed() != want {
			t.Errorf("%s: read %v, malformed %v, want %v", text, ok, p.malformed(), want)
		}
	}
}

func FuzzParseProperty(f *testing.F) {
	f.Add(`0 issue "ca.test; account=1"`)
	f.Add(`128 tbs "x"`)
	f.Add(`0 issue "`)
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := ParseProperty(text)
		if ok && p.Tag != strings.ToLower(p.Tag) || !ok && p != (Property{}) {
			t.Errorf("ParseProperty(%q) = %+v, %v", text, p, ok)
		}
		if strings.Contains(p.issuer(), ";") {
			t.Errorf("issuer of %q is %q", text, p.issuer())
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package certificatevalidity

import "testing"

func TestCovered(t *testing.T) {
	for _, c := range []struct {
		name, host, in string
		want           bool
	}{
		{"same", "www.chu.test", "www.chu.test", true},
		{"case_and_dot", "WWW.chu.test.", "www.CHU.test", true},
		{"wildcard", "www.chu.test", "*.chu.test", true},
		{"wildcard_two_labels", "a.www.chu.test", "*.chu.test", false},
		{"wildcard_name_above", "chu.test", "*.chu.test", false},
		{"wildcard_part_of_label", "www.chu.test", "w*.chu.test", false},
		{"wildcard_inside", "www.a.chu.test", "www.*.chu.test", false},
		{"address", "192.0.2.1", "192.0.2.1", true},
		{"address_other_form", "2001:db8::1", "2001:0db8:0::1", true},
		{"address_wildcard", "192.0.2.1", "*.0.2.1", false},
		{"empty_host", "", "www.chu.test", false},
		{"empty_both", "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := covered(c.host, []string{"autre.test", c.in}); got != c.want {
				t.Errorf("covered(%q, %q) = %v, want %v", c.host, c.in, got, c.want)
			}
		})
	}
}

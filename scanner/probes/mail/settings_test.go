// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSelectors holds what is asked of the DNS for what a person writes.
func TestSelectors(t *testing.T) {
	declared := Settings{{
		Domain:    "Hôpital.FR.",
		Selectors: []string{"2024_01", "1e3", "0x10", "012", "S2026", "a.b", "clé"},
	}}
	if faults := declared.Validate(); len(faults) > 0 {
		t.Errorf("faults %v", faults)
	}
	want := []string{"2024_01", "1e3", "0x10", "012", "s2026", "a.b", "xn--cl-cja"}
	if diff := cmp.Diff(want, declared.selectors("xn--hpital-ixa.fr")); diff != "" {
		t.Errorf("selectors (-want +got):\n%s", diff)
	}
}

// TestSelectorsRefused holds what could never be asked, or would be asked twice.
func TestSelectorsRefused(t *testing.T) {
	refused := Settings{{
		Domain:    "chu.test",
		Selectors: []string{"s1", "S1", "s2._domainkey", "s3._domainkey.chu.test", "", "*", "a b", "../x"},
	}}
	var got []string
	for _, fault := range refused.Validate() {
		got = append(got, fault.Key)
	}
	want := []string{
		"[0].selectors[1]", "[0].selectors[2]", "[0].selectors[3]", "[0].selectors[4]",
		"[0].selectors[5]", "[0].selectors[6]", "[0].selectors[7]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

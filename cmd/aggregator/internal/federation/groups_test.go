// SPDX-License-Identifier: Apache-2.0

package federation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/federation"
	"carescan/cmd/aggregator/internal/store"
)

func TestParseGroups(t *testing.T) {
	got, err := federation.ParseGroups("crrc = analyst @ region; chu = rssi @ site: 690000013;chu=reader@ght:Rhône Centre; aud = auditor @ region;")
	want := map[string][]federation.Role{
		"crrc": {{Role: "analyst", Kind: store.PlaceRegion}},
		"chu":  {{Role: "rssi", Kind: store.PlaceSite, Place: "690000013"}, {Role: "reader", Kind: store.PlaceGHT, Place: "Rhône Centre"}},
		"aud":  {{Role: "auditor", Kind: store.PlaceRegion}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("groups (-want +got): %v\n%s", err, diff)
	}
	for _, text := range []string{"crrc", "crrc = analyst", "= analyst @ region", "crrc = doctor @ region", "crrc = viewer @ site:690000013", "crrc = reader @ site:1", "crrc = reader @ everywhere"} {
		if got, err := federation.ParseGroups(text); err == nil {
			t.Errorf("%q reads %v", text, got)
		}
	}
	if got := federation.ParseList(" mfa, ,otp"); !cmp.Equal(got, []string{"mfa", "otp"}) {
		t.Errorf("list %q", got)
	}
}

func FuzzParseGroups(f *testing.F) {
	f.Add("crrc = analyst @ region; chu = rssi @ site:690000013")
	f.Add("=@;,@=")
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := federation.ParseGroups(text)
		for group, roles := range groups {
			if err != nil || group == "" || len(roles) == 0 {
				t.Errorf("%q reads %q: %v, %v", text, group, roles, err)
			}
		}
		for _, value := range federation.ParseList(text) {
			if value == "" {
				t.Errorf("%q holds an empty value", text)
			}
		}
	})
}

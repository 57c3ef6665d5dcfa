// SPDX-License-Identifier: Apache-2.0

package access_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
)

func held(role access.Role, kind store.PlaceKind, scope store.Scope) store.Binding {
	b := store.Binding{Role: string(role), Kind: kind, Scope: scope}
	if kind != store.PlaceRegion {
		b.Place = "690000013"
	}
	return b
}

// TestRolesAreHeldWhereTheyMay tries every role at every place, for ever and for a time.
func TestRolesAreHeldWhereTheyMay(t *testing.T) {
	for role, c := range map[access.Role]struct {
		region, below, forEver bool
	}{
		access.Administrator: {true, false, true}, access.Analyst: {true, true, true}, access.Approver: {true, false, true},
		access.Auditor: {true, true, false}, access.Officer: {false, true, true}, access.Reader: {false, true, true},
		access.Viewer: {true, false, true}, "doctor": {},
	} {
		for _, kind := range []store.PlaceKind{store.PlaceRegion, store.PlaceGHT, store.PlaceLegal, store.PlaceSite} {
			b := held(role, kind, store.Region())
			want := c.below
			if kind == store.PlaceRegion {
				want = c.region
			}
			if got := access.Check(b) == nil; got != (want && c.forEver) {
				t.Errorf("%s at %s for ever: %v", role, kind, got)
			}
			b.ExpiresAt = time.Now().Add(time.Hour)
			if got := access.Check(b) == nil; got != want {
				t.Errorf("%s at %s for an hour: %v", role, kind, got)
			}
		}
	}
}

// TestNobodyGivesMoreThanTheyHold has the holder of each role give each other one.
func TestNobodyGivesMoreThanTheyHold(t *testing.T) {
	site := store.Only("690000013")
	for _, giver := range access.Roles() {
		rights := access.Of([]store.Binding{held(giver, store.PlaceRegion, store.Region())})
		for _, given := range access.Roles() {
			want := giver == access.Administrator
			if got := rights.MayGive(held(given, store.PlaceSite, site)) == nil; got != want {
				t.Errorf("%s gives %s: %v, want %v", giver, given, got, want)
			}
		}
	}
	local := access.Of([]store.Binding{held(access.Administrator, store.PlaceSite, site)})
	if err := local.MayGive(held(access.Reader, store.PlaceSite, site)); !errors.Is(err, access.ErrMore) {
		t.Errorf("people are let in below the region: %v", err)
	}
}

func TestRightsAddUp(t *testing.T) {
	a, b := store.Only("690000013"), store.Only("690000021")
	rights := access.Of([]store.Binding{
		held(access.Officer, store.PlaceSite, a), held(access.Reader, store.PlaceSite, b), held(access.Viewer, store.PlaceRegion, store.Region()),
		held(access.Auditor, store.PlaceSite, a), held("doctor", store.PlaceRegion, store.Region()),
	})
	for c, want := range map[access.Capability]string{
		access.Aggregates: "*", access.Read: "690000013,690000021", access.Agents: "690000013", access.Journal: "", access.People: "",
	} {
		if got := rights[c].String(); got != want || rights.May(c) != (want != "") {
			t.Errorf("%s is held on %q, want %q", c, got, want)
		}
	}
	narrow := rights.Within(b, access.Evidence)
	if narrow[access.Evidence] != b || narrow.May(access.Read) {
		t.Errorf("narrowed to %v", narrow)
	}
	if !slices.Contains(access.Capabilities(), access.Evidence) || access.Officer.Label().FR == "" {
		t.Error("no word for a role")
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, text := range []string{"region", "ght:Rhône Centre", "legal:690781810", "site: 690000013", "region:x", "", "ght:", "site:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, place, err := access.ParsePlace(text)
		if err != nil {
			return
		}
		again, same, err := access.ParsePlace(access.WritePlace(store.Binding{Kind: kind, Place: place}))
		if err != nil || again != kind || same != place {
			t.Errorf("%q is %s %q, which reads %s %q: %v", text, kind, place, again, same, err)
		}
	})
}

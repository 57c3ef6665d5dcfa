// SPDX-License-Identifier: Apache-2.0

package geo

import (
	"bytes"
	"math"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T) *Table {
	t.Helper()
	table, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLocateKnownAddresses(t *testing.T) {
	table := open(t)
	for name, test := range map[string]struct {
		address string
		asn     uint32
		country string
	}{
		"google":        {"8.8.8.8", 15169, "US"},
		"google-mapped": {"::ffff:8.8.8.8", 15169, "US"},
		"google-v6":     {"2001:4860:4860::8888", 15169, "US"},
		"ovh":           {"213.186.33.5", 16276, "FR"},
		"ovh-v6":        {"2001:41d0:1::1", 16276, "FR"},
		"renater-v6":    {"2001:660:3003::1", 2200, "FR"},
		"free":          {"212.27.48.10", 12322, "FR"},
		"private":       {"10.1.2.3", 0, ""},
		"private-172":   {"172.16.0.1", 0, ""},
		"loopback":      {"127.0.0.1", 0, ""},
		"link-local":    {"169.254.1.1", 0, ""},
		"carrier-grade": {"100.64.0.1", 0, ""},
		"documentation": {"192.0.2.1", 0, ""},
		"multicast":     {"224.0.0.1", 0, ""},
		"first":         {"0.0.0.0", 0, ""},
		"last":          {"255.255.255.255", 0, ""},
		"unique-local":  {"fd00::1", 0, ""},
		"v6-loopback":   {"::1", 0, ""},
		"v6-last":       {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			asn, as, country := table.Locate(netip.MustParseAddr(test.address))
			if asn != test.asn || country != test.country {
				t.Errorf("Locate(%s) = AS%d %q, want AS%d %q", test.address, asn, country, test.asn, test.country)
			}
			if (as == "") != (asn == 0) {
				t.Errorf("Locate(%s) names AS%d %q", test.address, asn, as)
			}
		})
	}
	if asn, _, _ := table.Locate(netip.Addr{}); asn != 0 {
		t.Errorf("no address belongs to AS%d", asn)
	}
}

func TestEmbeddedTableIsSound(t *testing.T) {
	table := open(t)
	if len(table.V4) < 100_000 || len(table.V6) < 50_000 || table.Edition == "" {
		t.Fatalf("the table is too small: %d and %d ranges, edition %q", len(table.V4), len(table.V6), table.Edition)
	}
	if (table.Owners[0] != Owner{}) {
		t.Errorf("the first owner must be nobody, it is %+v", table.Owners[0])
	}
	for i, o := range table.Owners[1:] {
		if o.ASN == 0 || o.ASN < table.Owners[i].ASN || len(o.Country) != 2 && o.Country != "" {
			t.Fatalf("owner %d is not sound: %+v after %+v", i+1, o, table.Owners[i])
		}
	}
	sound(t, table.V4, math.MaxUint32)
	sound(t, table.V6, math.MaxUint64)
}

// sound checks that ranges are sorted, which makes them disjoint, and joined.
func sound(t *testing.T, ranges []Range, most uint64) {
	t.Helper()
	for i := 1; i < len(ranges); i++ {
		if ranges[i].Start <= ranges[i-1].Start || ranges[i].Start > most+1 && most != math.MaxUint64 {
			t.Fatalf("range %d begins at %d after %d", i, ranges[i].Start, ranges[i-1].Start)
		}
		if ranges[i].Owner == ranges[i-1].Owner {
			t.Fatalf("range %d has the owner of the one before", i)
		}
	}
}

func TestBuilderLaysSetsOverEachOther(t *testing.T) {
	b := NewBuilder("test")
	b.AddV4([]Row[Network]{
		{10, 19, Network{64501, "Second"}},
		{20, 29, Network{64500, "First"}},
		{40, 49, Network{64500, "First again"}},
	}, []Row[string]{{0, 14, "FR"}, {15, 24, "DE"}, {40, 49, "FR"}})
	want := &Table{
		Edition: "test",
		Owners:  []Owner{{}, {64500, "", "First"}, {64500, "DE", "First"}, {64500, "FR", "First"}, {64501, "DE", "Second"}, {64501, "FR", "Second"}},
		V4:      []Range{{10, 5}, {15, 4}, {20, 2}, {25, 1}, {30, 0}, {40, 3}, {50, 0}},
		V6:      []Range{},
	}
	if diff := cmp.Diff(want, b.Table()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestEncodeThenDecode(t *testing.T) {
	want := small()
	var file bytes.Buffer
	if err := Encode(&file, want); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func small() *Table {
	return &Table{
		Edition: "test 2026-01-01",
		Owners:  []Owner{{}, {64500, "FR", "Exemple"}, {64500, "DE", "Exemple"}, {4200000000, "", "Autre"}},
		V4:      []Range{{0, 1}, {256, 2}, {math.MaxUint32, 0}},
		V6:      []Range{{0x2001_0db8_0000_0000, 3}, {math.MaxUint64, 0}},
	}
}

func FuzzDecode(f *testing.F) {
	var file bytes.Buffer
	if err := Encode(&file, small()); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add(file.Bytes()[:20])
	f.Add([]byte("not zstd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		// Whatever was accepted can be searched.
		table.Locate(netip.MustParseAddr("8.8.8.8"))
		table.Locate(netip.MustParseAddr("2001:4860::1"))
	})
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/scanner/probes/hosting/geo"
)

// sources writes the four files of the data sets and returns their folder.
func sources(t *testing.T, networks string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"asn-ipv4.csv":         networks,
		"asn-ipv6.csv":         "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64501,Second\n2001:db8:1::,2001:db8:1::ff,64502,Finer than a /64\n",
		"asn-country-ipv4.csv": "192.0.2.0,192.0.2.255,FR\n",
		"asn-country-ipv6.csv": "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,DE\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestCompile(t *testing.T) {
	folder := sources(t, "192.0.2.0,192.0.2.127,64500,\"First, quoted\"\n")
	out := filepath.Join(folder, "networks.zst")
	if err := compile(folder, folder, "2026-06-17", out); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	table, err := geo.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]geo.Owner{
		"192.0.2.127":   {ASN: 64500, Country: "FR", Name: "First, quoted"},
		"192.0.2.128":   {},
		"2001:db8::1":   {ASN: 64501, Country: "DE", Name: "Second"},
		"2001:db8:1::1": {},
	} {
		asn, name, country := table.Locate(netip.MustParseAddr(address))
		if got := (geo.Owner{ASN: asn, Country: country, Name: name}); got != want {
			t.Errorf("Locate(%s) = %+v, want %+v", address, got, want)
		}
	}
	if !strings.Contains(table.About(), "2026-06-17") {
		t.Errorf("edition %q does not tell the date of the data", table.About())
	}
}

func TestCompileRefusesBrokenRows(t *testing.T) {
	for name, line := range map[string]string{
		"short":        "192.0.2.0,192.0.2.127,64500\n",
		"not-a-number": "192.0.2.0,192.0.2.127,AS1,First\n",
		"not-an-end":   "192.0.2.0,192.0.2,64500,First\n",
	} {
		t.Run(name, func(t *testing.T) {
			folder := sources(t, line)
			if err := compile(folder, folder, "2026-06-17", filepath.Join(folder, "networks.zst")); err == nil {
				t.Error("no error")
			}
		})
	}
}

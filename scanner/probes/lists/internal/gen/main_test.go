// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"carescan/scanner/probes/lists"
)

const published = `{
  "title": "Catalog", "dateReleased": "2026-01-02T03:04:05Z", "count": 1,
  "vulnerabilities": [{
    "cveID": "CVE-2026-1234", "vendorProject": "Maker", "product": "Thing", "dateAdded": "2026-01-02",
    "shortDescription": "long", "cwes": ["CWE-1"], "knownRansomwareCampaignUse": "Unknown"
  }]
}`

func TestReducedListIsReadAlike(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kev.json")
	if err := os.WriteFile(file, []byte(published), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := reduce([]string{file}, &out); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte("shortDescription")) || bytes.Contains(out.Bytes(), []byte("cwes")) {
		t.Errorf("kept too much: %s", out.Bytes())
	}
	list, err := lists.ParseKEV(out.Bytes())
	if err != nil || list.Name() != "CISA KEV 2026-01-02" {
		t.Errorf("read as %q, %v", list.Name(), err)
	}
}

func TestReduceNeedsOneList(t *testing.T) {
	for _, args := range [][]string{nil, {"a", "b"}, {"/nonexistent"}, {"main.go"}} {
		if err := reduce(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/scanner"
)

// TestChecksListTellsThePublicLists holds that both lists stand below the checks, with
// their day and their digest, whatever becomes of the configuration.
func TestChecksListTellsThePublicLists(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	const kev = `{"dateReleased":"2020-01-02T17:00:00Z","vulnerabilities":[{"cveID":"CVE-2020-0001","vendorProject":"a","product":"b","dateAdded":"2020-01-02"}]}`
	digest := strings.TrimPrefix(scanner.Digest([]byte(kev)), "sha256:")
	for name, text := range map[string]string{
		"kev.json": kev, "none.yaml": "{}", "file.yaml": "lists: {exploited: kev.json}", "absent.yaml": "lists: {exploited: absent.json}", "broken.yaml": "lists: [",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const own = "CISA KEV of 21 August 2026, 1674 entries, copy of the program (https://www.cisa.gov/known-exploited-vulnerabilities-catalog, SHA-256 "
	for config, want := range map[string][]string{
		"none.yaml":   {own, "endoflife of 22 August 2026, 464 entries, copy of the program (https://endoflife.date, SHA-256 "},
		"file.yaml":   {"CISA KEV of 2 January 2020, 1 entry, file of the establishment (", "SHA-256 " + digest + "); it is ", "days old, more than 90"},
		"absent.yaml": {"a public list that is declared cannot be used", "lists.exploited", own},
		"broken.yaml": {"the configuration cannot be used", own},
	} {
		t.Run(config, func(t *testing.T) {
			code, said := invoke(t, "checks", "list", "--lang", "en", "--config", config)
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			for _, text := range want {
				if !strings.Contains(said, text) {
					t.Errorf("%q is not said in:\n%s", text, said)
				}
			}
		})
	}
	t.Run("json", func(t *testing.T) {
		_, said := invoke(t, "checks", "list", "--format", "json", "--config", "file.yaml")
		var list []listedCheck
		if err := json.Unmarshal([]byte(said), &list); err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if (len(c.Lists) == 2) != (c.Fact == "products") || len(c.Lists) == 2 && c.Lists[0].SHA256 != digest {
				t.Errorf("%s: lists %+v", c.ID, c.Lists)
			}
		}
	})
}

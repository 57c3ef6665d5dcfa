// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"encoding/json"
	"fmt"
)

// affected are the versions of a product that a vulnerability affects, where an
// advisory of the vendor states them plainly. KEV does not. The same
// vulnerability may affect other versions of another product.
type affected map[flawOf][]span

type flawOf struct{ cve, product string }

// span is a range of versions, both ends included.
type span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type affectedFile struct {
	Entries []struct {
		CVE      string `json:"cve"`
		Product  string `json:"product"`
		Advisory string `json:"advisory"`
		Affected []span `json:"affected"`
	} `json:"entries"`
}

func parseAffected(data []byte) (affected, error) {
	var file affectedFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read affected versions: %w", err)
	}
	all := affected{}
	for _, e := range file.Entries {
		if !cveID.MatchString(e.CVE) || e.Advisory == "" || e.Product == "" || len(e.Affected) == 0 {
			return nil, fmt.Errorf("read affected versions: entry %.20q is not one", e.CVE)
		}
		all[flawOf{e.CVE, e.Product}] = e.Affected
	}
	return all, nil
}

// holds says whether a version is stated to be affected.
func (a affected) holds(flaw flawOf, version string) bool {
	if version == "" {
		return false
	}
	for _, s := range a[flaw] {
		if s.holds(version) {
			return true
		}
	}
	return false
}

func (s span) holds(version string) bool {
	return Compare(s.From, version) <= 0 && Compare(version, s.To) <= 0
}

// spares says whether affected versions are stated and this one is not among
// them.
func (a affected) spares(flaw flawOf, version string) bool {
	return version != "" && len(a[flaw]) > 0 && !a.holds(flaw, version)
}

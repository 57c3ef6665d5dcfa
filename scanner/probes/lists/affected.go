// SPDX-License-Identifier: Apache-2.0

package lists

import (
	"encoding/json"
	"fmt"
)

// affected are the versions a vulnerability affects, where an advisory of the
// vendor states them plainly. KEV does not.
type affected map[string][]span

// span is a range of versions, both ends included.
type span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type affectedFile struct {
	Entries []struct {
		CVE      string `json:"cve"`
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
		if !cveID.MatchString(e.CVE) || e.Advisory == "" || len(e.Affected) == 0 {
			return nil, fmt.Errorf("read affected versions: entry %.20q is not one", e.CVE)
		}
		all[e.CVE] = e.Affected
	}
	return all, nil
}

// holds says whether a version is stated to be affected.
func (a affected) holds(cve, version string) bool {
	if version == "" {
		return false
	}
	for _, s := range a[cve] {
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
func (a affected) spares(cve, version string) bool {
	return version != "" && len(a[cve]) > 0 && !a.holds(cve, version)
}

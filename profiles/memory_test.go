// SPDX-License-Identifier: Apache-2.0

package profiles_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"carescan/profiles"
	"carescan/scanner/scannertest"
)

// TestHostileProfileTakesLittleMemory: a file of an operator is refused, and costs
// what its size costs.
func TestHostileProfileTakesLittleMemory(t *testing.T) {
	for name, content := range map[string]string{
		"items": "catalogs: [" + strings.Repeat("a,", 60_000),
		"keys":  "parameters: {" + strings.Repeat("a:,", 40_000),
		"huge":  strings.Repeat("# more\n", 64<<20/7),
	} {
		t.Run(name, func(t *testing.T) {
			scannertest.WithinMemory(t, func(t *testing.T) {
				operator := fstest.MapFS{"own.yaml": {Data: []byte(content)}}
				if _, err := profiles.Load(nil, operator); err == nil || !strings.Contains(err.Error(), "own.yaml") {
					t.Errorf("error = %v, want the file that is refused", err)
				}
			})
		})
	}
}

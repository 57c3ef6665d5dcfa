// SPDX-License-Identifier: Apache-2.0

package profiles

import "testing"

// FuzzParse shows that no file of an operator can crash the loader.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"etablissement.yaml", "catalogs/care-d1.yaml"} {
		raw, err := shipped.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := parse[Profile](raw); err == nil {
			_, _ = rawParams(p, "exposure.hsts")
		}
		if c, err := parse[Catalog](raw); err == nil {
			_ = c.validate(func(string) bool { return true })
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

// Package vectors opens the public vectors that tests of probes compare
// themselves with. They are not copied into the repository: each has a licence
// and a date of its own.
package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

// folder is where the vectors stand, beside the repository or beside a folder
// that holds it.
const folder = "shared/data"

// Read gives one file of the vectors. Where the folder is absent the test is
// skipped, and fails in continuous integration (CI=true), which must have it.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for above := here; ; above = filepath.Dir(above) {
		data, err := os.ReadFile(filepath.Join(above, folder, name))
		if err == nil {
			return data
		}
		if above == filepath.Dir(above) {
			break
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("the public vectors are absent: no %s/%s above %s", folder, name, here)
	}
	t.Skipf("the public vectors are absent: no %s/%s above %s", folder, name, here)
	return nil
}

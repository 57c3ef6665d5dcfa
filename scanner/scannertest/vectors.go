// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"os"
	"path/filepath"
	"testing"
)

// Vectors gives one file of the public vectors, which stand beside the repository
// or beside a folder that holds it. They are not copied into it: each has a
// licence and a date of its own. Where the folder is absent the test is skipped,
// and fails in continuous integration (CI=true), which must have it.
func Vectors(t testing.TB, name string) []byte {
	t.Helper()
	const folder = "shared/data"
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

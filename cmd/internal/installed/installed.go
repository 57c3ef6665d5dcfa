// SPDX-License-Identifier: Apache-2.0

// Package installed reads, for tests, what the programs are installed by and nothing
// compares with them: the Dockerfile, the systemd units, the guides.
package installed

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// File is a file of the repository, by its path from the top.
func File(t *testing.T, name string) string {
	t.Helper()
	above, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(above, "go.mod")); missing == nil {
			break
		}
		if above == filepath.Dir(above) {
			t.Fatal("no go.mod above the test")
		}
		above = filepath.Dir(above)
	}
	raw, err := os.ReadFile(filepath.Join(above, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// Only finds the one place where a text says something: the first group of a
// pattern.
func Only(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s is found %d times, want once", pattern, len(found))
	}
	return found[0][1]
}

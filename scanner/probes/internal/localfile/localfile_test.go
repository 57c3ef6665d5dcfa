// SPDX-License-Identifier: Apache-2.0

package localfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "marie.curie")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "export.csv")
	if err := os.WriteFile(file, []byte("login\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, info, err := Read(file, 6); err != nil || string(data) != "login\n" || info.Size() != 6 {
		t.Errorf("Read = %q, %v, %v", data, info, err)
	}
	for name, path := range map[string]string{"large": file, "absent": filepath.Join(folder, "none"), "folder": folder, "device": "/dev/zero"} {
		_, _, err := Read(path, 5)
		if err == nil || (name != "folder" && strings.Contains(err.Error(), "marie")) {
			t.Errorf("%s: %v, want an error that does not name the folder", name, err)
		}
	}
}

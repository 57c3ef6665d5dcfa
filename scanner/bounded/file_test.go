// SPDX-License-Identifier: Apache-2.0

package bounded_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/scanner/bounded"
)

func TestFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cases := map[string]struct {
		path, want string
		err        error
	}{
		"exactly": {write("four", "abcd"), "abcd", nil},
		"longer":  {write("five", "abcde"), "", bounded.ErrTooLarge},
		"folder":  {folder, "", bounded.ErrNotRegular},
		"device":  {os.DevNull, "", bounded.ErrNotRegular},
		"absent":  {filepath.Join(folder, "none"), "", fs.ErrNotExist},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			data, _, err := bounded.File(tt.path, 4)
			if string(data) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("File = %q, %v; want %q, %v", data, err, tt.want, tt.err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.path) {
				t.Errorf("%v does not name the file", err)
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestSavedByWindows(t *testing.T) {
	for name, test := range map[string]struct{ saved, want string }{
		"utf-8":           {"clé\r\n", "clé\r\n"},
		"mark":            {"\ufeffclé\r\n", "clé\r\n"},
		"utf-16-le":       {"\xff\xfec\x00l\x00\xe9\x00\r\x00\n\x00", "clé\r\n"},
		"utf-16-be":       {"\xfe\xff\x00c\x00l\x00\xe9", "clé"},
		"utf-16-no-mark":  {"c\x00l\x00\xe9\x00", "clé"},
		"utf-16-odd-byte": {"\xff\xfec\x00l", "c"},
		"utf-16-pair":     {"\xff\xfea\x00\x3d\xd8\x11\xdd", "a\U0001f511"},
		"windows-1252":    {"cl\xe9", "cl\xe9"},
		"empty":           {"", ""},
		"one-byte":        {"\xff", "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Saved([]byte(test.saved)); string(got) != test.want {
				t.Errorf("Saved = %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzSaved(f *testing.F) {
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("\ufeffa"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := Saved(data)
		if IsUTF16(data) && !utf8.Valid(got) {
			t.Errorf("Saved(%q) = %q, which is not UTF-8", data, got)
		}
		if !IsUTF16(data) && !bytes.HasSuffix(data, got) {
			t.Errorf("Saved(%q) = %q, which is another text", data, got)
		}
	})
}

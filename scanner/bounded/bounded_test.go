// SPDX-License-Identifier: Apache-2.0

package bounded_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"carescan/scanner/bounded"
)

func TestRead(t *testing.T) {
	broken := errors.New("reset")
	cases := map[string]struct {
		from  io.Reader
		data  string
		whole bool
		err   error
	}{
		"nothing":    {strings.NewReader(""), "", true, nil},
		"shorter":    {strings.NewReader("abc"), "abc", true, nil},
		"exactly":    {strings.NewReader("abcd"), "abcd", true, nil},
		"longer":     {strings.NewReader("abcde"), "abcd", false, nil},
		"by_bytes":   {iotest.OneByteReader(strings.NewReader("abcde")), "abcd", false, nil},
		"broken":     {io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), "ab", false, broken},
		"cut_before": {io.MultiReader(strings.NewReader("abcde"), iotest.ErrReader(broken)), "abcd", false, nil},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			data, whole, err := bounded.Read(tt.from, 4)
			if string(data) != tt.data || whole != tt.whole || !errors.Is(err, tt.err) {
				t.Errorf("Read = %q, %t, %v; want %q, %t, %v", data, whole, err, tt.data, tt.whole, tt.err)
			}
		})
	}
}

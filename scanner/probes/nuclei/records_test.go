// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bytes"
	"strings"
	"testing"
)

func TestRecords(t *testing.T) {
	hello := "\x16\x03\x01\x00\x03abc"
	for name, test := range map[string]struct {
		stream          string
		handshake, data bool
	}{
		"handshake-then-data": {hello + "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x01x", true, true},
		"handshake-alone":     {hello + hello, true, false},
		"alert":               {"\x15\x03\x01\x00\x02\x02\x46", false, false},
		"alert-after-hello":   {hello + "\x15\x03\x01\x00\x02\x02\x46", true, false},
		"clear":               {"GET / HTTP/1.1\r\n\r\n" + strings.Repeat("\x17", 100_000), false, false},
		"nothing":             {"", false, false},
		"data-inside":         {"\x16\x03\x01\x00\x04\x17\x17\x17\x17", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, len(test.stream) + 1} {
				var r records
				for stream := bytes.NewBufferString(test.stream); stream.Len() > 0; {
					if n, err := r.Write(stream.Next(size)); n == 0 || err != nil {
						t.Fatal(n, err)
					}
				}
				if r.handshake != test.handshake || r.data != test.data {
					t.Errorf("by %d bytes: handshake %v, data %v", size, r.handshake, r.data)
				}
			}
		})
	}
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x03abc\x17\x03\x03\x00\x01x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var whole, split records
		_, _ = whole.Write(raw)
		for i := range raw {
			_, _ = split.Write(raw[i : i+1])
		}
		if whole.handshake != split.handshake || whole.data != split.data || cap(split.head) > 8 {
			t.Errorf("%x is read otherwise by bytes", raw)
		}
	})
}

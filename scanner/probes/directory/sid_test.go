// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"strings"
	"testing"
)

// bytesOf writes a SID in binary.
func bytesOf(parts ...uint32) []byte {
	raw := []byte{1, byte(len(parts)), 0, 0, 0, 0, 0, 5}
	for _, part := range parts {
		raw = binary.LittleEndian.AppendUint32(raw, part)
	}
	return raw
}

// domainSID is the SID of an account or group of the domain of the tests.
func domainSID(rid uint32) []byte { return bytesOf(21, 1004336348, 1177238915, 682003330, rid) }

func builtinSID(rid uint32) []byte { return bytesOf(32, rid) }

func TestParseSID(t *testing.T) {
	for name, test := range map[string]struct {
		raw  []byte
		want string // empty: refused
	}{
		"domain-admins":  {domainSID(512), "S-1-5-21-1004336348-1177238915-682003330-512"},
		"administrators": {builtinSID(544), "S-1-5-32-544"},
		"everyone":       {[]byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, "S-1-1-0"},
		"wide-authority": {[]byte{1, 1, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0}, "S-1-1099511627776-7"},
		"empty":          {nil, ""},
		"revision-two":   {append([]byte{2}, builtinSID(544)[1:]...), ""},
		"no-part":        {[]byte{1, 0, 0, 0, 0, 0, 0, 5}, ""},
		"short":          {builtinSID(544)[:15], ""},
		"long":           {append(builtinSID(544), 0), ""},
		"too-many-parts": {bytesOf(make([]uint32, 16)...), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseSID(test.raw)
			if (err != nil) != (test.want == "") || err == nil && s.String() != test.want {
				t.Errorf("parseSID(%x) = %s, %v, want %q", test.raw, s, err, test.want)
			}
		})
	}
}

func TestPrivilegedGroupsAreKnownBySID(t *testing.T) {
	for name, test := range map[string]struct {
		raw  []byte
		want string
	}{
		"domain-admins":         {domainSID(512), "Domain Admins"},
		"administrators":        {builtinSID(544), "Administrators"},
		"domain-group-of-544":   {domainSID(544), ""},
		"builtin-group-of-512":  {builtinSID(512), ""},
		"other-authority":       {[]byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0}, ""},
		"ordinary-domain-group": {domainSID(1105), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parseSID(test.raw)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, g := range privilegedGroups() {
				if g.is(s) {
					got = g.name
				}
			}
			if got != test.want {
				t.Errorf("%s is %q, want %q", s, got, test.want)
			}
		})
	}
}

func FuzzParseSID(f *testing.F) {
	f.Add(domainSID(512))
	f.Add(builtinSID(544))
	f.Add([]byte{1, 255, 0, 0, 0, 0, 0, 5})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseSID(raw)
		if err != nil {
			return
		}
		if len(raw) != 8+4*len(s.parts) || !strings.HasPrefix(s.String(), "S-1-") || s.builtin() && s.domain() {
			t.Errorf("parseSID(%x) = %s", raw, s)
		}
	})
}

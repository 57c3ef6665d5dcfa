// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// sid is a security identifier of a Windows directory.
type sid struct {
	authority uint64
	parts     []uint32 // sub-authorities; the last one is the RID
}

// maxParts is the most sub-authorities of a SID (MS-DTYP section 2.4.2).
const maxParts = 15

// parseSID reads the binary form (MS-DTYP section 2.4.2.2): revision, count,
// six bytes of authority, big endian, then the parts, little endian.
func parseSID(raw []byte) (sid, error) {
	if len(raw) < 8 || raw[0] != 1 {
		return sid{}, errors.New("not a SID of revision 1")
	}
	count := int(raw[1])
	if count < 1 || count > maxParts || len(raw) != 8+4*count {
		return sid{}, fmt.Errorf("SID of %d bytes cannot hold %d parts", len(raw), count)
	}
	var s sid
	for _, b := range raw[2:8] {
		s.authority = s.authority<<8 | uint64(b)
	}
	for i := range count {
		s.parts = append(s.parts, binary.LittleEndian.Uint32(raw[8+4*i:]))
	}
	return s, nil
}

// rid is the last part, which tells accounts of one domain apart.
func (s sid) rid() uint32 {
	if len(s.parts) == 0 {
		return 0
	}
	return s.parts[len(s.parts)-1]
}

// builtin tells whether it belongs to S-1-5-32, the same in every domain.
func (s sid) builtin() bool { return s.authority == 5 && len(s.parts) == 2 && s.parts[0] == 32 }

// domain tells whether it belongs to a domain: S-1-5-21-x-y-z-rid.
func (s sid) domain() bool { return s.authority == 5 && len(s.parts) == 5 && s.parts[0] == 21 }

// String is the usual text form.
func (s sid) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "S-1-%d", s.authority)
	for _, part := range s.parts {
		fmt.Fprintf(&text, "-%d", part)
	}
	return text.String()
}

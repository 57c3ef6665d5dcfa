// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"bytes"
	"math"
	"testing"
)

func FuzzReadElement(f *testing.F) {
	f.Add(encode(tagSequence, encodeInteger(tagInteger, 300), encodeString("chu-exemple")))
	f.Add([]byte{tagSequence, 0x84, 0, 0, 0, 2, tagOctets, 0}) // as OpenLDAP writes lengths
	f.Add([]byte{tagSequence, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{tagSequence, 0x80, 0, 0}) // indefinite
	f.Add([]byte{0x1f, 0x81, 0x01, 0x00})  // long tag
	f.Fuzz(func(t *testing.T, raw []byte) {
		from := bytes.NewReader(raw)
		e, err := readElement(from, maxLDAPMessage)
		if err != nil {
			return
		}
		if again, err := readElement(bytes.NewReader(encode(e.tag, e.body)), maxLDAPMessage); err != nil || again.tag != e.tag || !bytes.Equal(again.body, e.body) {
			t.Errorf("%v reads back as %v, %v", e, again, err)
		}
		children, err := e.children()
		if err != nil {
			return
		}
		for _, child := range children {
			if len(child.body) > len(e.body) {
				t.Errorf("%v is greater than %v", child, e)
			}
		}
	})
}

// FuzzSearch reads the operation and the controls of a search, and asks the
// directory for it.
func FuzzSearch(f *testing.F) {
	filter := encode(filterAnd, encode(filterEqual, encodeString("objectCategory"), encodeString("person")), encode(filterPresent, []byte("cn")))
	f.Add(searchBytes(filter), pagingControl("12"))
	f.Add(searchBytes(encode(filterNot)), pagingControl("-1"))
	f.Add(searchBytes(nil), []byte{})
	server := &ldapServer{entries: containers()}
	f.Fuzz(func(t *testing.T, operation, controls []byte) {
		request, err := readSearch(element{opSearchRequest, operation}, []element{{tagControls, controls}})
		if err != nil {
			return
		}
		if request.page < 0 || request.from < 0 {
			t.Errorf("page %d from %d", request.page, request.from)
		}
		if found, code := server.find(request); code != resultSuccess && len(found) > 0 {
			t.Errorf("%d entries with code %d", len(found), code)
		}
	})
}

// searchBytes is the body of a search of the whole tree.
func searchBytes(filter []byte) []byte {
	return bytes.Join([][]byte{
		encodeString(baseDN), encodeInteger(tagEnumerated, 2), encodeInteger(tagEnumerated, 0),
		encodeInteger(tagInteger, 0), encodeInteger(tagInteger, 0), encode(tagBoolean, []byte{0}), filter, encode(tagSequence),
	}, nil)
}

func TestIntegersReadBack(t *testing.T) {
	for _, number := range []int{0, 1, 127, 128, 255, 256, 65535, math.MaxInt32, -1, -129} {
		e, err := readElement(bytes.NewReader(encodeInteger(tagInteger, number)), 10)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.integer(); err != nil || got != number {
			t.Errorf("%d reads back as %d, %v", number, got, err)
		}
	}
}

func TestFiltersNestOnlySoFar(t *testing.T) {
	filter := element{filterPresent, []byte("objectClass")}
	for range maxFilterDepth + 1 {
		filter = element{filterNot, encode(filter.tag, filter.body)}
	}
	if _, err := containers()[0].matches(filter, 0); err == nil {
		t.Error("a filter nested too deep was read")
	}
}

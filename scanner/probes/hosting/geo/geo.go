// SPDX-License-Identifier: Apache-2.0

// Package geo tells which network announces an address and the country that
// network is registered in, from an embedded table and without a packet.
//
// It is an indicator, never a proof: an anycast front end answers from
// everywhere, and a country of registration is not a place of storage. Origin
// and licences of the data are in LICENSE-data.md.
package geo

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
)

//go:embed networks.zst
var embedded []byte

// Owner is who announces a range of addresses.
type Owner struct {
	ASN     uint32
	Country string // ISO 3166 code of registration; empty when the data do not say
	Name    string
}

// Range begins at Start and ends where the next one begins. Start holds an IPv4
// address, or the first 64 bits of an IPv6 one: nothing finer is routed on the
// internet. Owner is an index; 0 is nobody.
type Range struct {
	Start uint64
	Owner uint32
}

// Table finds the owner of an address.
type Table struct {
	Edition string  // data sets and date, for people
	Owners  []Owner // sorted by AS; the first one is nobody
	V4, V6  []Range // sorted by Start
}

// Open reads the embedded table.
func Open() (*Table, error) {
	table, err := Decode(bytes.NewReader(embedded))
	if err != nil {
		return nil, fmt.Errorf("read the embedded table of networks: %w", err)
	}
	return table, nil
}

// Locate returns the AS of an address, its name and the country of its
// registration; 0 and nothing when the table does not know. Private and special
// addresses belong to nobody.
func (t *Table) Locate(addr netip.Addr) (asn uint32, name, country string) {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return 0, "", ""
	}
	ranges := t.V6
	if addr.Is4() {
		ranges = t.V4
	}
	owner := t.Owners[find(ranges, Number(addr))]
	return owner.ASN, owner.Name, owner.Country
}

// About names the data sets behind the answers, with their date.
func (t *Table) About() string { return t.Edition }

func find(ranges []Range, n uint64) uint32 {
	after, exact := slices.BinarySearchFunc(ranges, n, func(r Range, n uint64) int {
		return cmp.Compare(r.Start, n)
	})
	switch {
	case exact:
		return ranges[after].Owner
	case after == 0:
		return 0
	}
	return ranges[after-1].Owner
}

// Number is the place of an address in the table: all of an IPv4 address, the
// first 64 bits of an IPv6 one.
func Number(addr netip.Addr) uint64 {
	var n uint64
	raw := addr.AsSlice()
	for _, b := range raw[:min(len(raw), 8)] {
		n = n<<8 | uint64(b)
	}
	return n
}

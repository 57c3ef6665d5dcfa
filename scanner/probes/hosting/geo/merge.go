// SPDX-License-Identifier: Apache-2.0

package geo

import (
	"cmp"
	"slices"
)

// Row is one range of a data set, both ends included, and what it says of it.
type Row[V any] struct {
	First, Last uint64
	Value       V
}

// Network is an AS and its name.
type Network struct {
	ASN  uint32
	Name string
}

// Builder lays two independent data sets over each other into one table.
type Builder struct {
	owners map[Owner]uint32
	names  map[uint32]string // one per AS
	table  Table
}

// NewBuilder begins a table.
func NewBuilder(edition string) *Builder {
	return &Builder{map[Owner]uint32{{}: 0}, map[uint32]string{}, Table{Edition: edition, Owners: []Owner{{}}}}
}

// Table ends the work: owners are sorted and numbered again.
func (b *Builder) Table() *Table {
	t := &Table{Edition: b.table.Edition, Owners: slices.Clone(b.table.Owners)}
	slices.SortFunc(t.Owners, func(x, y Owner) int {
		return cmp.Or(cmp.Compare(x.ASN, y.ASN), cmp.Compare(x.Country, y.Country))
	})
	sorted := make([]uint32, len(t.Owners))
	for i, o := range t.Owners {
		sorted[b.owners[o]] = uint32(i)
	}
	t.V4, t.V6 = renumber(b.table.V4, sorted), renumber(b.table.V6, sorted)
	return t
}

func renumber(ranges []Range, numbers []uint32) []Range {
	out := make([]Range, 0, len(ranges))
	for _, r := range ranges {
		out = append(out, Range{r.Start, numbers[r.Owner]})
	}
	return out
}

// AddV4 lays the IPv4 rows, each list sorted and without overlap.
func (b *Builder) AddV4(networks []Row[Network], countries []Row[string]) {
	b.table.V4 = b.merge(networks, countries)
}

// AddV6 does the same for IPv6.
func (b *Builder) AddV6(networks []Row[Network], countries []Row[string]) {
	b.table.V6 = b.merge(networks, countries)
}

func (b *Builder) merge(networks []Row[Network], countries []Row[string]) []Range {
	var ranges []Range
	last := uint32(0) // nobody, before the first range
	for _, start := range slices.Compact(slices.Sorted(slices.Values(append(bounds(networks), bounds(countries)...)))) {
		owner := b.owner(at(networks, start), at(countries, start))
		if owner != last {
			ranges = append(ranges, Range{start, owner})
		}
		last = owner
	}
	return ranges
}

// owner numbers an owner. A range that nobody announces belongs to nobody.
func (b *Builder) owner(n Network, country string) uint32 {
	if n.ASN == 0 {
		return 0
	}
	if _, named := b.names[n.ASN]; !named {
		b.names[n.ASN] = n.Name
	}
	owner := Owner{n.ASN, country, b.names[n.ASN]}
	index, known := b.owners[owner]
	if !known {
		index = uint32(len(b.table.Owners))
		b.owners[owner] = index
		b.table.Owners = append(b.table.Owners, owner)
	}
	return index
}

func bounds[V any](rows []Row[V]) []uint64 {
	var all []uint64
	for _, r := range rows {
		all = append(all, r.First, r.Last+1)
	}
	return all
}

func at[V any](rows []Row[V], n uint64) V {
	i, _ := slices.BinarySearchFunc(rows, n, func(r Row[V], n uint64) int { return cmp.Compare(r.Last, n) })
	if i < len(rows) && rows[i].First <= n {
		return rows[i].Value
	}
	var none V
	return none
}

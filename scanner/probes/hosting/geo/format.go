// SPDX-License-Identifier: Apache-2.0

package geo

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

// The file is a zstd stream: the magic, the edition, the owners (AS, country,
// name), then both lists of ranges, every column on its own because equals
// compress well side by side. Numbers are varints. AS numbers are differences,
// and an AS is named once. Starts are differences too, as a count of final zero
// bits and the bits before them, because most ranges are round.
const magic = "carescan-geo/1"

const (
	maxText = 1 << 10 // bytes of one text
	maxRows = 5 << 20 // owners, or ranges of one family
)

// Encode writes a table.
func Encode(w io.Writer, t *Table) error {
	compressor, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	out := appendText(appendText(nil, magic), t.Edition)
	out = appendOwners(out, t.Owners)
	out = appendRanges(appendRanges(out, t.V4), t.V6)
	if _, err := compressor.Write(out); err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	return compressor.Close()
}

func appendText(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

func appendOwners(out []byte, owners []Owner) []byte {
	out = binary.AppendUvarint(out, uint64(len(owners)))
	previous := uint32(0)
	for _, o := range owners {
		out = binary.AppendUvarint(out, uint64(o.ASN-previous))
		previous = o.ASN
	}
	for _, o := range owners {
		out = appendText(out, o.Country)
	}
	for i, o := range owners {
		if i == 0 || o.ASN != owners[i-1].ASN {
			out = appendText(out, o.Name)
		}
	}
	return out
}

func appendRanges(out []byte, ranges []Range) []byte {
	out = binary.AppendUvarint(out, uint64(len(ranges)))
	steps := stepsOf(ranges)
	for _, step := range steps {
		out = append(out, zeros(step))
	}
	for _, step := range steps {
		out = binary.AppendUvarint(out, step>>zeros(step))
	}
	for _, r := range ranges {
		out = binary.AppendUvarint(out, uint64(r.Owner))
	}
	return out
}

func stepsOf(ranges []Range) []uint64 {
	steps := make([]uint64, 0, len(ranges))
	previous := uint64(0)
	for _, r := range ranges {
		steps = append(steps, r.Start-previous)
		previous = r.Start
	}
	return steps
}

// zeros counts the final zero bits of a step; 0 has none worth naming.
func zeros(step uint64) byte {
	if step == 0 {
		return 0
	}
	return byte(bits.TrailingZeros64(step))
}

// Decode reads a table. What it accepts is sorted and refers to known owners.
func Decode(r io.Reader) (*Table, error) {
	expander, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, fmt.Errorf("expand: %w", err)
	}
	defer expander.Close()
	d := decoder{in: bufio.NewReader(io.LimitReader(expander, 64<<20))}
	if d.text() != magic && d.err == nil {
		return nil, errors.New("not a table of networks of this version")
	}
	t := &Table{Edition: d.text(), Owners: d.owners()}
	t.V4 = d.ranges(len(t.Owners))
	t.V6 = d.ranges(len(t.Owners))
	if d.err == nil && len(t.Owners) == 0 {
		d.err = errors.New("no owner")
	}
	return t, d.err
}

// decoder remembers its first error, and reads zeros after it.
type decoder struct {
	in  *bufio.Reader
	err error
}

func (d *decoder) number(most uint64) uint64 {
	if d.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(d.in)
	if err == nil && n > most {
		err = fmt.Errorf("number %d above %d", n, most)
	}
	if d.err = err; err != nil {
		return 0
	}
	return n
}

func (d *decoder) text() string {
	raw := make([]byte, d.number(maxText))
	if d.err == nil {
		_, d.err = io.ReadFull(d.in, raw)
	}
	return string(raw)
}

func (d *decoder) owners() []Owner {
	var owners []Owner
	asn := uint64(0)
	for range d.number(maxRows) {
		asn += d.number(1<<32 - 1 - asn)
		owners = append(owners, Owner{ASN: uint32(asn)})
		if d.err != nil {
			return nil
		}
	}
	for i := range owners {
		owners[i].Country = d.text()
	}
	for i := range owners {
		if i > 0 && owners[i].ASN == owners[i-1].ASN {
			owners[i].Name = owners[i-1].Name
			continue
		}
		owners[i].Name = d.text()
	}
	return owners
}

func (d *decoder) ranges(owners int) []Range {
	count := d.number(maxRows)
	zeros := make([]byte, count)
	if d.err == nil {
		_, d.err = io.ReadFull(d.in, zeros)
	}
	ranges := make([]Range, 0, count)
	start := uint64(0)
	for i := range zeros {
		start += d.step(zeros[i], start, i == 0)
		ranges = append(ranges, Range{Start: start})
	}
	for i := range ranges {
		ranges[i].Owner = uint32(d.number(uint64(max(owners, 1) - 1)))
	}
	return ranges
}

// step reads what leads from one start to the next one, which is beyond it.
func (d *decoder) step(zeros byte, start uint64, first bool) uint64 {
	room := 1<<64 - 1 - start
	step := d.number(room>>zeros) << zeros
	if step == 0 && !first && d.err == nil {
		d.err = errors.New("ranges out of order")
	}
	return step
}

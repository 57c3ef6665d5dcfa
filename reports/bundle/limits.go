// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"bytes"
	"cmp"
	"crypto"
	"errors"
	"fmt"

	"carescan/reports/bundle/envelope"
)

// ErrTooLarge is under every error that says a bundle is beyond a limit.
var ErrTooLarge = errors.New("too large")

// The limits of a bundle (aggregator.md section 9).
const (
	MaxBytes    = 2 << 20  // sealed
	MaxDecoded  = 32 << 20 // decompressed
	MaxRatio    = 50       // of decompressed to compressed
	MaxFindings = 20_000   // and entries of any other list
	maxDepth    = 16       // of JSON
	maxText     = 8 << 10  // bytes of a text
	maxFactText = 64 << 10 // bytes of a text in a fact: a DNS message holds no more
	maxValues   = 2 << 20  // JSON values in all
	maxWindow   = 8 << 20  // of zstd
	// ratioFloor is the decompressed size that is always harmless: short runs
	// repeat themselves a lot.
	ratioFloor = 4 << 20
)

// Options says how to open a bundle; zero limits mean the defaults.
type Options struct {
	Key        crypto.PublicKey // demanded; nil accepts the key in the bundle
	MaxBytes   int
	MaxDecoded int
	MaxRatio   int
}

func (o Options) withDefaults() Options {
	o.MaxBytes, o.MaxDecoded, o.MaxRatio = cmp.Or(o.MaxBytes, MaxBytes), cmp.Or(o.MaxDecoded, MaxDecoded), cmp.Or(o.MaxRatio, MaxRatio)
	return o
}

func tooLarge(part, format string, args ...any) error {
	return envelope.Wrong(part, "%w: %w", ErrTooLarge, fmt.Errorf(format, args...))
}

// shape bounds a JSON text before it is decoded, because a few bytes of JSON
// can cost hundreds once they are values.
type shape struct {
	text   int               // longest string allowed
	most   int               // longest string met
	depth  int               // current
	length [maxDepth + 1]int // entries so far of the open container at each depth
	values int
	names
}

// CheckText tells what makes a JSON text dangerous to decode, or lets two readers
// understand it in two ways. It is no validator: decoding is. maxText is the longest
// text allowed, in bytes.
func CheckText(raw []byte, maxText int) error {
	_, err := checkText(raw, maxText)
	return err
}

// checkText is CheckText, and tells how many bytes the longest text has.
func checkText(raw []byte, maxText int) (longest int, err error) {
	s := shape{text: maxText}
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end := stringEnd(raw[i+1:])
			if end > s.text {
				return 0, fmt.Errorf("%w: a text has more than %d bytes", ErrTooLarge, s.text)
			}
			s.most = max(s.most, end)
			text := raw[i+1 : i+1+end]
			i += end + 1
			if isName(raw[min(i+1, len(raw)):]) {
				if err := s.name(text); err != nil {
					return 0, err
				}
			}
		case '{', '[', '}', ']', ',':
			if err := s.step(raw[i]); err != nil {
				return 0, err
			}
		}
	}
	return s.most, nil
}

// stringEnd is the place of the quote that closes a JSON string.
func stringEnd(raw []byte) int {
	for i := 0; i < len(raw); i++ {
		stop := bytes.IndexByte(raw[i:], '"')
		if stop < 0 {
			break
		}
		before := raw[i : i+stop]
		i += stop
		if slashes := len(before) - len(bytes.TrimRight(before, `\`)); slashes%2 == 0 {
			return i
		}
	}
	return len(raw)
}

// step takes in a sign that opens, closes or parts.
func (s *shape) step(c byte) error {
	switch c {
	case '{', '[':
		s.values++
		if s.depth++; s.depth > maxDepth {
			return fmt.Errorf("%w: nested deeper than %d", ErrTooLarge, maxDepth)
		}
		s.length[s.depth] = 1
		s.open(s.depth)
	case '}', ']':
		if err := s.close(s.depth); err != nil {
			return err
		}
		s.depth = max(0, s.depth-1)
	case ',':
		s.values++
		s.length[s.depth]++
	}
	if s.length[s.depth] > MaxFindings || s.values > maxValues {
		return fmt.Errorf("%w: more than %d entries in a list or %d values", ErrTooLarge, MaxFindings, maxValues)
	}
	return nil
}

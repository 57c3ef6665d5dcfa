// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"carescan/reports/bundle/envelope"
)

const partCompression = "compression"

func compress(raw []byte) ([]byte, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxWindow),
		zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, envelope.Wrong(partCompression, "start: %w", err)
	}
	defer encoder.Close()
	return encoder.EncodeAll(raw, nil), nil
}

// decompress reads one zstd frame. What it will cost is written in the head of
// the frame and is charged before a byte of it is spent.
func decompress(payload []byte, o Options) ([]byte, error) {
	size, err := checkFrame(payload)
	if err != nil {
		return nil, envelope.Wrong(partCompression, "%w", err)
	}
	if size > uint64(o.MaxDecoded) || size > ratioFloor && size > uint64(o.MaxRatio)*uint64(len(payload)) {
		return nil, tooLarge(partCompression, "%d bytes come out of %d", size, len(payload))
	}
	text, err := inflate(payload, size)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrFrameSizeExceeded) {
		return nil, tooLarge(partCompression, "more comes out than the frame says: %w", err)
	}
	if err != nil {
		return nil, envelope.Wrong(partCompression, "decompress: %w", err)
	}
	return text, nil
}

func inflate(payload []byte, size uint64) ([]byte, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(max(size, maxWindow)))
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(payload, make([]byte, 0, size))
}

// checkFrame demands one frame, of a stated size, up to the last byte, and
// returns the size that it states.
func checkFrame(payload []byte) (size uint64, err error) {
	var head zstd.Header
	if err := head.Decode(payload); err != nil {
		return 0, fmt.Errorf("read the head of the frame: %w", err)
	}
	switch {
	case head.Skippable || head.DictionaryID != 0:
		return 0, errors.New("the frame is not of the plain kind")
	case !head.HasFCS:
		// What nothing bounds is too large: a bomb need not say its size.
		return 0, fmt.Errorf("%w: the frame does not say how much comes out", ErrTooLarge)
	case !head.SingleSegment && head.WindowSize > maxWindow:
		return 0, fmt.Errorf("%w: its window is above %d bytes", ErrTooLarge, maxWindow)
	}
	end := frameEnd(payload, head)
	if end != len(payload) {
		return 0, fmt.Errorf("the frame ends at byte %d of %d", end, len(payload))
	}
	return head.FrameContentSize, nil
}

// frameEnd walks the blocks of a frame (RFC 8878 section 3.1.1.2) and returns
// where it ends, or -1 when it does not.
func frameEnd(payload []byte, head zstd.Header) int {
	at := head.HeaderSize
	for at+3 <= len(payload) {
		block := int(payload[at]) | int(payload[at+1])<<8 | int(payload[at+2])<<16
		size := block >> 3
		if block>>1&3 == 1 { // RLE: one byte stands for all
			size = 1
		}
		at += 3 + size
		if block&1 == 1 { // the last one
			if head.HasCheckSum {
				at += 4
			}
			return at
		}
	}
	return -1
}

// SPDX-License-Identifier: Apache-2.0

package hello

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"carescan/scanner"
)

// The types of record (RFC 8446 appendix B.1, RFC 6520 section 3).
const (
	RecordCipherSpec = 20
	RecordAlert      = 21
	RecordHandshake  = 22
	RecordData       = 23
	RecordHeartbeat  = 24
)

// The bounds of what is read of one server.
const (
	maxRecord   = 1<<14 + 2048 // RFC 5246 section 6.2.3
	maxFlight   = 256 << 10    // bytes of all messages
	maxRecords  = 1024
	maxMessages = 32
)

// The ways an answer is not one.
var (
	ErrOtherTalk = scanner.NotSeen(scanner.CauseNotTLS, nil, errors.New("the answer is not TLS"))
	ErrTooMuch   = scanner.NotSeen(scanner.CauseTooLarge, nil, errors.New("the answer is larger than is read"))
	ErrMalformed = scanner.NotSeen(scanner.CauseBadAnswer, nil, errors.New("the answer is not well formed"))
)

// Refused is the end of a handshake by an alert of the server.
func Refused(alert byte) error {
	values := scanner.Values{scanner.ValueCode: strconv.Itoa(int(alert))}
	return scanner.NotSeen(scanner.CauseTLSRefused, values, fmt.Errorf("refused by alert %d", alert))
}

// records reads records, within the bounds.
type records struct {
	stream *bufio.Reader
	count  int
	bytes  int
}

// next reads one record.
func (r *records) next() (kind byte, body []byte, err error) {
	header := make([]byte, 5)
	if n, err := io.ReadFull(r.stream, header); err != nil {
		if n > 0 && !plausible(header[:n], 0) { // a few bytes are enough to tell
			return 0, nil, r.strange()
		}
		return 0, nil, fmt.Errorf("read a record: %w", err)
	}
	length := int(binary.BigEndian.Uint16(header[3:]))
	if !plausible(header, length) {
		return 0, nil, r.strange()
	}
	r.count++
	r.bytes += length
	if r.count > maxRecords || r.bytes > maxFlight {
		return 0, nil, ErrTooMuch
	}
	body = make([]byte, length)
	if _, err := io.ReadFull(r.stream, body); err != nil {
		return 0, nil, fmt.Errorf("read a record: %w", err)
	}
	return header[0], body, nil
}

// plausible tells whether these may be the first bytes of a record.
func plausible(header []byte, length int) bool {
	return header[0] >= RecordCipherSpec && header[0] <= RecordHeartbeat && (len(header) < 2 || header[1] == 3) && length <= maxRecord
}

// strange is what bytes that are no record mean: another protocol at the
// beginning, a broken one later.
func (r *records) strange() error {
	if r.count == 0 {
		return ErrOtherTalk
	}
	return ErrMalformed
}

// SPDX-License-Identifier: Apache-2.0

// Package bounded reads what a stranger sends, up to a length and no further.
package bounded

import "io"

// Read reads to the end, or to so many bytes. It returns what came, whatever
// happened, and whether that is the whole; a reader that failed is never whole.
func Read(r io.Reader, most int) (data []byte, whole bool, err error) {
	// One byte more than wanted tells an end from a cut.
	data, err = io.ReadAll(io.LimitReader(r, int64(most)+1))
	return data[:min(len(data), most)], err == nil && len(data) <= most, err
}

// SPDX-License-Identifier: Apache-2.0

package wire

import "time"

const (
	// slowestLine is the pace, in bytes a second, that an upload is waited for at:
	// half of the 100 kbit/s that the worst line of a small establishment is
	// promised to do with.
	slowestLine = 50_000 / 8
	// aroundUpload is for what stands around the bytes: the handshake, the opening
	// of the bundle, the receipt.
	aroundUpload = time.Minute
)

// UploadTime is the most time that sending so many bytes may take, from the
// connection to the answer. Both sides wait that long, so that neither gives up
// on a line that the other still believes in.
func UploadTime(bytes int64) time.Duration {
	return aroundUpload + time.Duration(bytes)*time.Second/slowestLine
}

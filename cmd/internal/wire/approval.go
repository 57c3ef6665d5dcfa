// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"crypto/sha256"
	"encoding/base32"
)

// approvalLetters are letters and digits without I, O, 0 and 1: the code is read aloud
// over a telephone.
var approvalLetters = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// ApprovalCode is what both sides show of the key of an agent that waits for approval, so
// that two people compare it by telephone: 40 bits of its digest, in two groups. Whoever
// enrolled with a stolen token has another key, and would have to find one with the same
// code without having seen the first.
func ApprovalCode(keyID string) string {
	sum := sha256.Sum256([]byte("carescan-approval/1\n" + keyID))
	code := approvalLetters.EncodeToString(sum[:5])
	return code[:4] + "-" + code[4:]
}

// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
)

// Pseudonyms replaces names by keyed pseudonyms. The key stays in the
// establishment, so that only it can find the person again.
type Pseudonyms struct{ key []byte }

// NewPseudonyms makes pseudonyms from a secret key of 32 bytes.
func NewPseudonyms(key []byte) Pseudonyms { return Pseudonyms{key} }

// Of returns the pseudonym of an account in a source: HMAC-SHA256 of both,
// cut to 64 bits.
func (p Pseudonyms) Of(source, account string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(source + "\x00" + account))
	return "p-" + hex.EncodeToString(mac.Sum(nil)[:8])
}

// Shown returns at most so many pseudonyms of a list of people, in their own
// order, which tells nothing of the people, and the names behind those only.
func Shown(names map[string]string, most int) (pseudonyms []string, kept map[string]string) {
	pseudonyms = slices.Sorted(maps.Keys(names))
	pseudonyms = pseudonyms[:min(len(pseudonyms), most)]
	kept = map[string]string{}
	for _, p := range pseudonyms {
		kept[p] = names[p]
	}
	return pseudonyms, kept
}

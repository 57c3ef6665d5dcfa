// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"carescan/scanner"
)

// FuzzIdentify compares the identifier of an observation with the digest of what
// encoding/json writes, whatever its texts and however its fact is written.
func FuzzIdentify(f *testing.F) {
	for _, fact := range []string{
		``, `null`, `0`, `{}`, `{"a":"b"}`, `{"a": "b"}`, "{\"a\":\"b c\"}\n", `{"a":"<"}`, `{"a":"x & y"}`, "{\"a\":\"\u2028\"}",
		`{"a":"\" \\"}`, `{"a":"\\"}`, `{"a\\":[1, 2]}`, `["\u003c",-1.5e3,true]`, `,"fact":0`,
	} {
		f.Add("text", fact)
		f.Add(`,"fact":0`, fact)
	}
	f.Fuzz(func(t *testing.T, text, fact string) {
		if fact != "" && !json.Valid([]byte(fact)) {
			return // no text of ours: refused before
		}
		o := scanner.Observation{
			Kind: text, Target: scanner.DomainTarget(text), At: time.Unix(0, 0).UTC(), Error: text, Fact: json.RawMessage(fact),
			Artifacts: []scanner.ArtifactRef{{Name: text}},
		}
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		if got, want := o.Identify().ID, "obs-"+hex.EncodeToString(sum[:12]); got != want {
			t.Errorf("%s has the identifier %s, not %s", raw, got, want)
		}
	})
}

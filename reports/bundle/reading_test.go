// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzReading compares the reader of documents with encoding/json: both take the same
// texts, among those that come so far, and understand the same.
func FuzzReading(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `[]`, ` {"header":{}} `, `{"header":null,"run":null,"artifacts":null}`, `{"header":{"seq":1.0}}`, `{"header":{"seq":1e2}}`,
		`{"header":{"seq":-1}}`, `{"header":{"seq":18446744073709551616}}`, `{"header":{"seq":"1"}}`, `{"header":{"id":1}}`,
		`{"header":{"unknown":[{"a":{}}]}} x`, `{"header":{"sealed_at":"2026-11-22T10:00:00Z"}}`, `{"header":{"sealed_at":"2026-11-22T10:00:00.1+01:00"}}`,
		`{"header":{"sealed_at":"2026-11-22t10:00:00z"}}`, `{"header":{"sealed_at":"2026-11-22T1:00:00Z"}}`, `{"header":{"sealed_at":"2026-11-22T10:00:00,5Z"}}`,
		`{"header":{"sealed_at":"2026-11-22T10:00:00+24:00"}}`, `{"header":{"sealed_at":null}}`, `{"header":{"sealed_at":0}}`,
		`{"artifacts":[{"ref":{"size":1},"data":"aGk="}]}`, `{"artifacts":[{"data":"aGk"}]}`, `{"artifacts":[{"data":"aG\nk="}]}`, `{"artifacts":[{"data":[104]}]}`,
		`{"artifacts":[{"data":"aG k="}]}`, `{"artifacts":[{"data":null},null]}`,
		`{"run":{"findings":[{"values":{"a":"b"},"parameters":{"x": 1},"observations":["a",null]},null]}}`, `{"run":{"findings":[{"values":{"a":null}}]}}`,
		`{"run":{"findings":{"0":{}}}}`, `{"run":{"findings":[{"values":{"a":1}}]}}`, `{"run":{"findings":[{"parameters":null}]}}`,
		`{"run":{"observations":[{"fact":null},{"fact":{"a" : "\u00e9\ud800"}},{"fact":1,"unread":[{"part":"x","causes":[{"code":"y","values":{"z":"w"}}]}]}]}}`,
		`{"run":{"controls":[{"catalog":"care-d1","checks":[],"findings":null}],"lists":[{}],"caveats":[{"what":{"FR":"a"}}]}}`, `{"run":{"schema":"\ud83d\ude00\/"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) || CheckText(text, MaxDecoded) != nil {
			return // no text of ours: refused before
		}
		var want, got document
		wrong, refused := json.Unmarshal(text, &want), jsonv1.Unmarshal(text, &got)
		if (wrong == nil) != (refused == nil) {
			t.Fatalf("encoding/json says %v, the reader %v", wrong, refused)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(document{})); wrong == nil && diff != "" {
			t.Errorf("(-encoding/json +reader):\n%s", diff)
		}
	})
}

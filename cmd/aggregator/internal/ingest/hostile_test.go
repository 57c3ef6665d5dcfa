// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner/scannertest"
)

// dense seals, as an agent that lies would, a text that costs much more once it is
// values: as many empty entries as are read at all. Noise makes it a large bundle.
func dense(t *testing.T, a *regiontest.Agent, list string, noise int) []byte {
	t.Helper()
	data := make([]byte, noise)
	_, _ = rand.Read(data)
	text := `{"run":{` + list + `},"artifacts":[{"data":"` + base64.StdEncoding.EncodeToString(data) + `"}]}`
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)) // what seals counts too
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	raw, err := envelope.Seal(bundle.PayloadType, w.EncodeAll([]byte(text), nil), a.Key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// lists of a run, of as many entries as are read.
func lists() map[string]string {
	empty := "[" + strings.Repeat("{},", 19_999) + "{}]"
	of := func(list, entry string, times int) string {
		return `"` + list + `":[` + strings.Repeat(entry+",", times) + "{}]"
	}
	return map[string]string{
		"artifacts": of("observations", `{"artifacts":`+empty+`}`, 51),
		"causes":    of("observations", `{"causes":`+empty+`}`, 51),
		"unread":    of("observations", `{"unread":`+empty+`}`, 51),
	}
}

// TestDenseBundlesTakeLittleMemory: agents of one will send at once what costs most to
// open.
func TestDenseBundlesTakeLittleMemory(t *testing.T) {
	for name, list := range lists() {
		for size, noise := range map[string]int{"small": 0, "large": 400 << 10} {
			t.Run(name+"_"+size, func(t *testing.T) {
				scannertest.WithinMemory(t, func(t *testing.T) {
					r := newRegion(t)
					var group sync.WaitGroup
					for range 6 {
						a := r.Enrol(siteA)
						raw := dense(t, a, list, noise)
						group.Go(func() {
							answer := a.Put(uuid.NewString(), raw)
							want(t, answer, http.StatusUnprocessableEntity)
						})
					}
					group.Wait()
				})
			})
		}
	}
}

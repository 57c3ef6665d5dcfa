// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"

	"carescan/scanner/scannertest"
)

// TestDenseBundlesTakeLittleMemory: agents of one will send at once what costs most to
// open, in small bundles and in large ones.
func TestDenseBundlesTakeLittleMemory(t *testing.T) {
	for _, entries := range []string{"artifacts", "causes", "unread"} {
		for size, noise := range map[string]int{"small": 0, "large": 400 << 10} {
			t.Run(entries+"_"+size, func(t *testing.T) {
				scannertest.WithinMemory(t, func(t *testing.T) {
					r := newRegion(t)
					var group sync.WaitGroup
					for range 6 {
						a := r.Enrol(siteA)
						raw := a.SealDense(entries, noise)
						group.Go(func() { want(t, a.Put(uuid.NewString(), raw), http.StatusUnprocessableEntity) })
					}
					group.Wait()
				})
			})
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestOneSiteMoreWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := newWorkshop(Options{}, nil)
		for range sitesAtOnce {
			if err := shop.take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		over, end := context.WithCancel(t.Context())
		gone, waits := make(chan error, 1), make(chan error, 1)
		go func() { gone <- shop.take(over) }()
		synctest.Wait()
		end()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("one site too many: %v", err)
		}
		go func() { waits <- shop.take(t.Context()) }()
		synctest.Wait()
		shop.give()
		if err := <-waits; err != nil || len(shop.places) != sitesAtOnce {
			t.Errorf("%d sites under way, %v", len(shop.places), err)
		}
	})
}

// What a worker says of a site that nobody waits for any more goes to nobody, and is no
// word out of place until it said that the site is done.
func TestLateWords(t *testing.T) {
	w := &worker{stop: func() {}, words: make(chan []byte, 1), jobs: map[int]*job{}}
	over, end := context.WithCancel(t.Context())
	end()
	j, err := w.look(over, Order{Templates: []string{"a", "b"}})
	if err != nil || j.batch.problem != "the look was stopped: it was cancelled" || j.lost {
		t.Fatalf("got %+v, %v", j, err)
	}
	const engine, result, done = `{"engine":"x"}` + "\n", `{"site":1,"result":{"id":"a","ran":true}}` + "\n", `{"site":1,"done":true}` + "\n"
	for _, line := range []string{engine, result, done} {
		if _, err := w.Write([]byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if len(j.batch.results) > 0 || len(j.batch.raw) > 0 || len(w.jobs) > 0 {
		t.Errorf("kept %v, %q and %d sites", j.batch.results, j.batch.raw, len(w.jobs))
	}
	if _, err := w.Write([]byte(result)); err == nil {
		t.Error("a site that is done is spoken of again")
	}
}

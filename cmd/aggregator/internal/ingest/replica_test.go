// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestReplicasReceiveAtOnce has four agents of two establishments send each of their
// bundles to two replicas at the same moment: each is stored once, with one receipt, and
// what the pages show is what follows from the bundles in the order they came.
func TestReplicasReceiveAtOnce(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		const nights = 8
		r := regiontest.NewJudging(t)
		replicas := []*regiontest.Region{r, regiontest.Reopen(t, r.Place, r.Judge)}
		var agents []*regiontest.Agent
		for _, site := range []scanner.FINESS{siteA, "690000021"} {
			r.Establishment(site, "CH "+string(site))
			agents = append(agents, r.Enrol(site), r.Enrol(site))
		}
		start := time.Now().UTC().AddDate(0, 0, -nights-1)
		results := []fact.TransferResult{fact.TransferDelivered, fact.TransferRefused}
		var group sync.WaitGroup
		for n, a := range agents {
			group.Go(func() {
				place := []scanner.Vantage{scanner.VantageInternet, scanner.VantageInside}[n%2]
				for night := range nights {
					h := a.Header()
					raw := a.Seal(h, regiontest.Looked(t, a.Site, start.AddDate(0, 0, night), place, results[night/2%2]))
					checkOnce(t, h.ID, raw, a.At(replicas[0]), a.At(replicas[1]))
				}
			})
		}
		group.Wait()
		for _, a := range agents[:1] {
			bundles, err := replicas[1].Store.Bundles(t.Context(), store.Region(), a.Site.FINESS, 100)
			if err != nil || len(bundles) != 2*nights {
				t.Errorf("%d bundles of %s, want %d: %v", len(bundles), a.Site.FINESS, 2*nights, err)
			}
		}
		if err := r.Store.Sessions().CommitCtx(t.Context(), "token", []byte("content"), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, found, err := replicas[1].Store.Sessions().FindCtx(t.Context(), "token"); !found || err != nil {
			t.Errorf("who signed in at one replica is unknown to the other: %v", err)
		}
		before := r.Rows(regiontest.Projections()...)
		if n, err := ingest.Rebuild(t.Context(), replicas[1].Store, r.Judge); n != len(agents)*nights || err != nil {
			t.Fatal(n, err)
		}
		if diff := cmp.Diff(before, r.Rows(regiontest.Projections()...)); diff != "" {
			t.Errorf("projections (-arrived +rebuilt):\n%s", diff)
		}
	})
}

// checkOnce sends a bundle to each replica at once: one stores it, both give its receipt.
func checkOnce(t *testing.T, id string, raw []byte, at ...*regiontest.Agent) {
	t.Helper()
	answers := make([]regiontest.Answer, len(at))
	var group sync.WaitGroup
	for i, a := range at {
		group.Go(func() { answers[i] = a.Put(id, raw) })
	}
	group.Wait()
	created := 0
	for _, answer := range answers {
		switch answer.Status {
		case http.StatusCreated:
			created++
		case http.StatusOK:
		default:
			t.Errorf("bundle %s: status %d, %s", id, answer.Status, answer.Body)
		}
		if !bytes.Equal(answer.Body, answers[0].Body) {
			t.Errorf("bundle %s has two receipts", id)
		}
	}
	if created != 1 {
		t.Errorf("bundle %s was stored %d times", id, created)
	}
}

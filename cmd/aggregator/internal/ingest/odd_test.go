// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/reports/bundle"
	"carescan/scanner"
)

// looks is a run that ended at a moment and completed some looks, by a version of a
// catalog.
func looks(t *testing.T, a *regiontest.Agent, ended time.Time, completed int, version string) scanner.Run {
	t.Helper()
	var said []regiontest.Said
	for n := range 20 {
		s := regiontest.Said{
			Check: "exposure.spf-record", Target: scanner.DomainTarget(fmt.Sprintf("chu%d.test", n)), Outcome: scanner.Inconclusive,
			Severity: scanner.High, Look: scanner.StatusError,
		}
		if n < completed {
			s.Outcome, s.Look = scanner.Pass, scanner.StatusCompleted
		}
		said = append(said, s)
	}
	run := regiontest.Run(t, a.Site, ended, said...)
	run.Profile.Catalogs = []scanner.CatalogRef{{ID: "care-d1", Version: version}}
	return run
}

// TestOddAgents has agents do what none that is well does. Each bundle is kept, and told
// on arrival, in the journal, and still after a rebuild.
func TestOddAgents(t *testing.T) { storetest.Each(t, testOddAgents) }

func testOddAgents(t *testing.T) {
	now := time.Now().UTC()
	cases := map[string]struct {
		do   func(t *testing.T, a *regiontest.Agent)
		want []store.OddKind
		says string
	}{
		"well": {do: func(t *testing.T, a *regiontest.Agent) {
			for n := range 4 {
				sendOdd(t, a, looks(t, a, now.Add(time.Duration(n-9)*time.Hour), 20-3*n, fmt.Sprintf("2026-%d", n+9)), nil)
			}
		}},
		"well-out-of-order": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-3*time.Hour), 20, "1"), nil)
			second := a.Header()
			second.SealedAt = now.Add(-2 * time.Hour)
			raw := a.Seal(second, looks(t, a, now.Add(-2*time.Hour), 20, "1"))
			sendAs(t, a, a.Header(), looks(t, a, now.Add(-time.Hour), 20, "1"))
			want(t, a.Put(second.ID, raw), http.StatusCreated)
		}},
		"previous-of-nothing": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "1"), nil)
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "1"), func(h *bundle.Header) { h.Previous = scanner.Digest([]byte("nothing")) })
		}, want: []store.OddKind{store.OddPrevious}, says: "n° 2 désigne"},
		"previous-left-out": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "1"), nil)
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "1"), func(h *bundle.Header) { h.Previous = "" })
		}, want: []store.OddKind{store.OddPrevious}, says: "n° 1 est ici"},
		"previous-known-false-later": {do: func(t *testing.T, a *regiontest.Agent) {
			first := a.Header()
			raw := a.Seal(first, looks(t, a, now.Add(-2*time.Hour), 20, "1"))
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "1"), func(h *bundle.Header) { h.Previous = scanner.Digest([]byte("nothing")) })
			want(t, a.Put(first.ID, raw), http.StatusCreated)
		}, want: []store.OddKind{store.OddPrevious}, says: "n° 2 désigne"},
		"number-back": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "1"), func(h *bundle.Header) { h.Seq, h.SealedAt = 3, now.Add(-time.Hour) })
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "1"), func(h *bundle.Header) { h.Seq = 1 })
		}, want: []store.OddKind{store.OddBack}, says: "n° 1 a été scellé après le n° 3"},
		"half-the-looks": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "1"), nil)
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 10, "1"), nil)
		}, want: []store.OddKind{store.OddCoverage}, says: "contre 20"},
		"older-catalog": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "2026-11"), nil)
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "2026-9"), nil)
		}, want: []store.OddKind{store.OddCatalog}, says: "care-d1 2026-9"},
		"two-addresses": {do: func(t *testing.T, a *regiontest.Agent) {
			sendOdd(t, a, looks(t, a, now.Add(-2*time.Hour), 20, "1"), nil)
			from(a, "127.0.0.2")
			sendOdd(t, a, looks(t, a, now.Add(-time.Hour), 20, "1"), nil)
		}, want: []store.OddKind{store.OddAddresses}, says: "127.0.0.2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newRegion(t)
			a := r.Enrol(siteA)
			c.do(t, a)
			told := oddOf(t, r)
			if diff := cmp.Diff(c.want, kindsOf(told)); diff != "" {
				t.Fatalf("odd (-want +got):\n%s", diff)
			}
			for _, o := range told {
				if said := o.Sentence(); !strings.Contains(said.FR, strings.ReplaceAll(c.says, " ?", "\u00a0?")) || strings.ContainsAny(said.FR+said.EN, "{}") {
					t.Errorf("it says %q", said.FR)
				}
				deeds, err := r.Store.Deeds(t.Context(), store.Region(), 50)
				if err != nil || !slices.ContainsFunc(deeds, func(d store.Deed) bool { return d.Action == string(o.Kind) }) {
					t.Errorf("the journal does not tell %s: %v", o.Kind, err)
				}
			}
			if _, err := ingest.Rebuild(t.Context(), r.Store, r.Judge); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(told, oddOf(t, r)); diff != "" {
				t.Errorf("after a rebuild (-arrival +rebuild):\n%s", diff)
			}
		})
	}
}

func sendOdd(t *testing.T, a *regiontest.Agent, run scanner.Run, change func(*bundle.Header)) {
	t.Helper()
	h := a.Header()
	if change != nil {
		change(&h)
	}
	sendAs(t, a, h, run)
}

func sendAs(t *testing.T, a *regiontest.Agent, h bundle.Header, run scanner.Run) {
	t.Helper()
	want(t, a.Put(h.ID, a.Seal(h, run)), http.StatusCreated)
}

// from has an agent speak from another address of this machine.
func from(a *regiontest.Agent, address string) {
	transport := a.Client.Transport.(*http.Transport)
	transport.CloseIdleConnections()
	transport.DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext
}

func oddOf(t *testing.T, r *regiontest.Region) []store.Oddity {
	t.Helper()
	list, err := r.Store.Oddities(t.Context(), store.Region(), "", time.Time{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func kindsOf(list []store.Oddity) (kinds []store.OddKind) {
	for _, o := range list {
		kinds = append(kinds, o.Kind)
	}
	return kinds
}

// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// route is one that a stranger does not meet.
type route struct{ method, path string }

// routes are those of the pages: a new one is tried without being named here.
func (s *site) routes() (list []route) {
	for _, r := range s.Pages.Routes() {
		if method, path, ok := strings.Cut(r.Pattern, " "); ok {
			list = append(list, route{method, path})
		}
	}
	// Who signed out is held by other means.
	slices.SortStableFunc(list, func(a, b route) int { return strings.Count(a.path, "sign-out") - strings.Count(b.path, "sign-out") })
	return list
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// TestIsolationOfRoutes tries every route with the identity of another establishment,
// held by the predicates of the store alone, by row security alone, and by both.
func TestIsolationOfRoutes(t *testing.T) {
	for name, c := range map[string]struct {
		weaken func(s *site)
		who    func(s *site) *visitor
	}{
		"sqlite":   {func(*site) {}, otherReader},
		"postgres": {func(*site) {}, otherReader},
		"postgres/without-row-security": {
			func(s *site) { storetest.NoRowSecurity(s.t, s.Place) }, otherReader,
		},
		// Whoever may see the region is held by nothing but row security.
		"postgres/by-row-security-alone": {
			func(s *site) { storetest.RowSecurityAlone(s.t, s.Place, siteB) }, func(s *site) *visitor { return s.signIn(administrator()) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.Establishment(siteB, "CH de la Vallée")
			agent := s.Enrol(s.Establishment(siteA, "CHU de la Montagne").FINESS)
			run := regiontest.Looked(t, agent.Site, time.Now().UTC().Add(-time.Hour), scanner.VantageInternet, fact.TransferDelivered)
			bundle := agent.Deliver(run)
			found := run.Findings[slices.IndexFunc(run.Findings, func(f scanner.Finding) bool { return len(f.Observations) > 0 })]
			s.Token(siteA)
			waiting, err := s.Store.WaitingTokens(t.Context(), store.Region(), time.Now())
			if err != nil || len(waiting) != 1 {
				t.Fatal(waiting, err)
			}
			values := map[string][]string{
				"finess": {string(siteA)}, "fingerprint": {found.Fingerprint}, "observation": {found.Observations[0]},
				"id": {bundle, agent.ID, waiting[0].ID}, "code": {"none"}, "role": {"none"},
			}
			who := c.who(s)
			checkSeen(t, s.signIn(holder("Dominique", "dominique@arnase.test", access.Analyst, store.PlaceRegion, "")), values)
			secrets := []string{"CHU de la Montagne", agent.ID, bundle, found.Fingerprint, run.Observations[0].Target.ID}
			c.weaken(s)
			for _, r := range s.routes() {
				for _, path := range filled(t, r.path, values) {
					who.send(r.method, path, url.Values{"finess": {string(siteA)}, "establishment": {string(siteA)}},
						http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
					for _, secret := range secrets {
						if strings.Contains(who.body, secret) && !strings.Contains(path, secret) { // pages repeat the address asked for
							t.Errorf("%s %s shows %q", r.method, path, secret)
						}
					}
					if strings.Contains(r.path, "{finess}") && who.last.StatusCode != http.StatusNotFound {
						t.Errorf("%s %s answers %d", r.method, path, who.last.StatusCode)
					}
				}
			}
			agents, err := s.Store.Agents(t.Context(), store.Region())
			if err == nil && len(agents) == 1 && agents[0].State != store.AgentActive {
				t.Error("its agent was suspended or revoked")
			}
			tokens, err := s.Store.EnrolTokens(t.Context(), store.Region(), 9)
			if err == nil && slices.ContainsFunc(tokens, func(t store.EnrolToken) bool { return !t.CancelledAt.IsZero() }) {
				t.Error("its token was cancelled")
			}
		})
	}
}

// checkSeen has somebody of the region see all that the others must not.
func checkSeen(t *testing.T, v *visitor, values map[string][]string) {
	t.Helper()
	for _, r := range v.routes() {
		if r.method != http.MethodGet || !strings.Contains(r.path, "{finess}") {
			continue
		}
		seen := 0
		for _, path := range filled(t, r.path, values) {
			if v.get(path).last.StatusCode == http.StatusOK {
				seen++
			}
		}
		if seen == 0 {
			t.Errorf("nobody sees %s: there is nothing to try with", r.path)
		}
	}
}

func otherReader(s *site) *visitor {
	return s.signIn(holder("Lecteur", "lecteur@vallee.test", access.Reader, store.PlaceSite, string(siteB)))
}

// filled puts values in the places of a path, every one that a place may have.
func filled(t *testing.T, path string, values map[string][]string) (list []string) {
	t.Helper()
	place := placeholder.FindStringSubmatch(path)
	if place == nil {
		return []string{strings.ReplaceAll(path, "{$}", "")}
	}
	known, ok := values[place[1]]
	if !ok {
		t.Fatalf("route %s has a place that this test has no value for", path)
	}
	for _, value := range known {
		list = append(list, filled(t, strings.Replace(path, place[0], url.PathEscape(value), 1), values)...)
	}
	return list
}

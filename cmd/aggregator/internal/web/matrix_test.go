// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/aggregator/internal/web"
	"carescan/scanner"
)

var update = flag.Bool("update", false, "write the golden files again")

const matrixFile = "testdata/matrix.txt"

// places is where roles are held in the matrix: all around establishment A, then another
// one, then A until a moment that is past.
var places = []struct {
	name    string
	kind    store.PlaceKind
	place   string
	expired bool
}{
	{"region", store.PlaceRegion, "", false},
	{"ght", store.PlaceGHT, "Montagne", false},
	{"legal", store.PlaceLegal, "690781810", false},
	{"site", store.PlaceSite, string(siteA), false},
	{"other", store.PlaceSite, string(siteB), false},
	{"expired", store.PlaceSite, string(siteA), true},
	{"expired-region", store.PlaceRegion, "", true},
}

// TestMatrix asks every route, as the holder of every role at every place it may be held,
// for something of establishment A. What a holder may do is computed from the tables, and
// the whole is kept in a file for people to read.
func TestMatrix(t *testing.T) { storetest.Each(t, tryMatrix) }

func tryMatrix(t *testing.T) {
	m := newMatrix(t)
	var out strings.Builder
	fmt.Fprintf(&out, "# Who may do what to establishment A: yes, no (403), hidden (404).\n# expired is a role at A that has ended, other is a role at another establishment.\n")
	for _, route := range m.Pages.Routes() {
		if !slices.Contains(append(access.Capabilities(), web.Anyone, web.SignedIn), route.Needs) {
			t.Errorf("%s says nothing of what it needs", route.Pattern)
		}
		if route.Needs == web.Anyone {
			continue
		}
		method, path, form := m.request(route.Pattern)
		if v := m.visitor(); v.send(method, path, form, nil).last.Request.URL.Path != "/sign-in" {
			t.Errorf("%s led a stranger to %s", route.Pattern, v.last.Request.URL.Path)
		}
		if route.Needs == web.SignedIn {
			continue // whatever their roles
		}
		fmt.Fprintf(&out, "\n%s needs %s\n", route.Pattern, route.Needs)
		for _, role := range access.Roles() {
			fmt.Fprintf(&out, "  %-14s", role)
			for _, p := range places {
				if answer := m.try(route, role, p.kind, p.place, p.expired); answer != "" {
					fmt.Fprintf(&out, " %s=%s", p.name, answer)
				}
			}
			fmt.Fprintln(&out)
		}
	}
	if *update {
		if err := os.WriteFile(matrixFile, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the matrix moved (-want +got); -update writes it again:\n%s", diff)
	}
}

// matrix is a region with one asker, whose roles are changed under their feet.
type matrix struct {
	*site
	asker               *visitor
	id                  string // of the asker
	fingerprint, bundle string
	observation         string
	made                int
	agents              map[store.Move]string // by what is asked of them
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	s := newSite(t)
	m := &matrix{site: s, agents: map[store.Move]string{}}
	m.fingerprint, m.bundle = s.fill()
	for finess, ght := range map[scanner.FINESS]string{siteA: "Montagne", siteB: "Vallée"} {
		legal := scanner.FINESS("690781810")
		if finess == siteB {
			legal = "690782222"
		}
		if err := s.Store.PlaceEstablishment(t.Context(), finess, legal, ght); err != nil {
			t.Fatal(err)
		}
	}
	m.asker = s.signIn(administrator())
	m.asker.get("/establishments/" + string(siteA) + "/findings/" + m.fingerprint)
	_, rest, _ := strings.Cut(m.asker.body, "/facts/")
	m.observation, _, _ = strings.Cut(rest, `"`)
	m.asker.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	u, err := s.Store.UserByEmail(t.Context(), administrator().Email)
	if err != nil {
		t.Fatal(err)
	}
	m.id = u.ID
	bindings, err := s.Store.Bindings(t.Context(), m.id, time.Now())
	if err != nil || len(bindings) != 1 {
		t.Fatal(bindings, err)
	}
	if err := s.Store.Withdraw(t.Context(), bindings[0].ID); err != nil {
		t.Fatal(err)
	}
	return m
}

// try gives the asker one role and asks for one route; empty when the role is not held
// at such a place.
func (m *matrix) try(route web.Route, role access.Role, kind store.PlaceKind, place string, expired bool) string {
	m.t.Helper()
	b := store.Binding{
		ID: "matrix", UserID: m.id, Role: string(role), Kind: kind, Place: place, Origin: store.ByGroup,
		GrantedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	}
	if access.Check(b) != nil {
		return ""
	}
	if expired {
		b.ExpiresAt = time.Now().Add(-time.Second)
	}
	if err := m.Store.RegroupUser(m.t.Context(), m.id, []store.Binding{b}); err != nil {
		m.t.Fatal(err)
	}
	now, err := m.Store.Bindings(m.t.Context(), m.id, time.Now())
	if err != nil {
		m.t.Fatal(err)
	}
	rights := access.Of(now)
	method, path, form := m.request(route.Pattern)
	answer := m.ask(method, path, form)
	if want := expectation(route, rights, path); answer != want {
		m.t.Errorf("%s for %s at %s %s (expired %v): %s (%d), want %s", route.Pattern, role, kind, place, expired, answer, m.asker.last.StatusCode, want)
	}
	if !rights[access.Read].Sees(siteA) && !rights.May(access.People) && strings.Contains(m.asker.body, "Montagne") {
		m.t.Errorf("%s shows establishment A to %s at %s %s", route.Pattern, role, kind, place)
	}
	return answer
}

// expectation is what the tables say.
func expectation(route web.Route, rights access.Rights, path string) string {
	switch {
	case !rights.May(route.Needs):
		return "no"
	case !rights[route.Needs].Sees(siteA) && (strings.Contains(path, string(siteA)) || strings.HasPrefix(path, "/agents/") || path == "/tokens" || strings.HasSuffix(path, "/cancel")):
		return "hidden"
	}
	return "yes"
}

func (m *matrix) ask(method, path string, form url.Values) string {
	m.t.Helper()
	v := m.asker
	if method == http.MethodPost {
		v.post(path, form)
	} else {
		v.get(path)
	}
	switch {
	case v.last.StatusCode == http.StatusForbidden:
		return "no"
	case v.last.StatusCode == http.StatusNotFound:
		return "hidden"
	case v.last.StatusCode == http.StatusOK:
		return "yes"
	case v.last.StatusCode == http.StatusSeeOther && !strings.HasPrefix(v.last.Header.Get("Location"), "/sign-in"):
		return "yes"
	}
	return fmt.Sprintf("%d to %q", v.last.StatusCode, v.last.Header.Get("Location"))
}

// request fills a pattern with names of establishment A, made for this request when the
// route uses them up.
func (m *matrix) request(pattern string) (method, path string, form url.Values) {
	m.t.Helper()
	method, path, _ = strings.Cut(pattern, " ")
	form = url.Values{}
	m.made++
	email := fmt.Sprintf("person%d@chu.test", m.made)
	fill := map[string]string{"{$}": "", "{finess}": string(siteA), "{fingerprint}": m.fingerprint, "{observation}": m.observation}
	switch {
	case strings.Contains(path, "/bundles/"):
		fill["{id}"] = m.bundle
	case strings.HasPrefix(path, "/agents/"):
		fill["{id}"] = m.agentFor(path)
	case strings.HasPrefix(path, "/tokens/{"):
		m.Token(siteA)
		waiting, err := m.Store.WaitingTokens(m.t.Context(), store.Only(siteA), time.Now())
		if err != nil || len(waiting) == 0 {
			m.t.Fatal(waiting, err)
		}
		fill["{id}"] = waiting[0].ID
	case strings.HasPrefix(path, "/people/{"):
		m.invite(holder("Quelqu’un", email, access.Reader, store.PlaceSite, string(siteA)))
		u, err := m.Store.UserByEmail(m.t.Context(), email)
		if err != nil {
			m.t.Fatal(err)
		}
		roles, err := m.Store.Bindings(m.t.Context(), u.ID, time.Now())
		if err != nil {
			m.t.Fatal(err)
		}
		fill["{id}"], fill["{role}"] = u.ID, roles[0].ID
		form = url.Values{"role": {"reader"}, "at": {"site:" + string(siteA)}}
	case pattern == "POST /people":
		form = url.Values{"name": {"Ada"}, "email": {email}, "role": {"reader"}, "at": {"site:" + string(siteA)}}
	case pattern == "POST /tokens":
		form = url.Values{"finess": {string(siteA)}}
	case pattern == "POST /places":
		form = url.Values{"finess": {string(siteA)}, "legal": {"690781810"}, "ght": {"Montagne"}}
	}
	for name, value := range fill {
		path = strings.ReplaceAll(path, name, url.PathEscape(value))
	}
	return method, path, form
}

// agentFor is an agent of establishment A in a state that a route starts from: one that an
// earlier request left so, for enrolments of one address are counted.
func (m *matrix) agentFor(path string) string {
	m.t.Helper()
	move := store.Move(path[strings.LastIndex(path, "/")+1:])
	if known, err := m.Store.Agent(m.t.Context(), store.Region(), m.agents[move]); err == nil && (move.From() == nil || slices.Contains(move.From(), known.State)) {
		return known.ID
	}
	agent := m.Enrol
	if move == store.Approve {
		agent = m.EnrolToApprove
	}
	id := agent(siteA).ID
	if move == store.Resume {
		if _, err := m.Store.MoveAgent(m.t.Context(), store.Region(), id, store.Suspend, time.Now()); err != nil {
			m.t.Fatal(err)
		}
	}
	m.agents[move] = id
	return id
}

// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

func inAMonth() string { return time.Now().AddDate(0, 1, 0).Format(time.DateOnly) }

// token makes a token of a person and reads it from its page.
func (v *visitor) token(name, at string) string {
	v.t.Helper()
	v.post("/account/tokens", url.Values{"name": {name}, "at": {at}, "until": {inAMonth()}}).sees(http.StatusOK, "Copiez-le maintenant")
	_, rest, _ := strings.Cut(v.body, `id="token" tabindex="0">`)
	token, _, _ := strings.Cut(rest, "<")
	return token
}

// TestTokenOfAProgram reads what its person may read, inside its place, until either ends.
func TestTokenOfAProgram(t *testing.T) { storetest.Each(t, tryTokenOfAProgram) }

func tryTokenOfAProgram(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	_, bundle := s.fill()
	officer := s.signIn(holder("Ada", "ada@chu.test", access.Analyst, store.PlaceRegion, ""))
	here, elsewhere := officer.token("SIEM", "site:"+string(siteA)), officer.token("autre", "site:"+string(siteB))
	officer.get("/account/tokens/new").sees(http.StatusOK, "SIEM", "autre").hides(here)
	file := "/establishments/" + string(siteA) + "/bundles/" + bundle
	ask := func(token, path string) *visitor {
		return s.visitor().send(http.MethodGet, path, nil, http.Header{"Authorization": {"bearer " + token}})
	}
	if got := ask(here, file).sees(http.StatusOK).last.Header.Get("Content-Disposition"); !strings.Contains(got, bundle) {
		t.Errorf("Content-Disposition %q", got)
	}
	ask(elsewhere, file).sees(http.StatusNotFound)
	ask("csa_unknown", file).sees(http.StatusUnauthorized, "n’est pas connu")
	ask(here, "/").sees(http.StatusOK, "Mot de passe") // pages are for people
	admin.get("/audit").sees(http.StatusOK, "ada@chu.test (SIEM)", "jeton d’accès créé")
	for _, row := range s.Rows("api_token")["api_token"] {
		if strings.Contains(row, here) || strings.Contains(row, strings.TrimPrefix(here, "csa_")) {
			t.Error("the store keeps the token itself")
		}
	}

	tokens, err := s.Store.APITokens(t.Context(), s.user("ada@chu.test").ID)
	if err != nil || len(tokens) != 2 || tokens[0].UsedAt.IsZero() {
		t.Fatalf("tokens %+v: %v", tokens, err)
	}
	officer.post("/account/tokens/"+tokens[1].ID+"/revoke", nil).sees(http.StatusOK)
	ask(elsewhere, "/establishments/"+string(siteB)+"/bundles/x").sees(http.StatusUnauthorized)
	fast := 0
	for range 70 {
		if ask(here, file).last.StatusCode == http.StatusTooManyRequests {
			fast++
		}
	}
	if fast == 0 {
		t.Error("a token has no pace")
	}
	// It ends with its person.
	admin.post(admin.personOf("ada@chu.test")+"/disable", nil).sees(http.StatusOK)
	if got := ask(here, file).last.StatusCode; got != http.StatusUnauthorized && got != http.StatusTooManyRequests {
		t.Errorf("the token of somebody kept out got %d", got)
	}
}

func TestTokensThatAreNotMade(t *testing.T) {
	s := newSite(t)
	s.fill()
	v := s.signIn(reader(siteA))
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"no_name":   {url.Values{"at": {"site:" + string(siteA)}, "until": {inAMonth()}}, "un nom et un dernier jour"},
		"no_end":    {url.Values{"name": {"x"}, "at": {"site:" + string(siteA)}}, "un nom et un dernier jour"},
		"too_long":  {url.Values{"name": {"x"}, "at": {"site:" + string(siteA)}, "until": {"2090-01-01"}}, "un nom et un dernier jour"},
		"past":      {url.Values{"name": {"x"}, "at": {"site:" + string(siteA)}, "until": {"2020-01-01"}}, "un nom et un dernier jour"},
		"no_place":  {url.Values{"name": {"x"}, "at": {"là"}, "until": {inAMonth()}}, "n’existe pas dans la région"},
		"not_mine":  {url.Values{"name": {"x"}, "at": {"site:" + string(siteB)}, "until": {inAMonth()}}, "plus que ce qu’il détient"},
		"no_region": {url.Values{"name": {"x"}, "at": {"region"}, "until": {inAMonth()}}, "plus que ce qu’il détient"},
	} {
		t.Run(name, func(t *testing.T) {
			v.post("/account/tokens", c.form).sees(http.StatusUnprocessableEntity, c.want)
		})
	}
}

// TestRefusedSignInsAreRecorded of whom they name, and a stranger who guesses on and on
// fills no journal.
func TestRefusedSignInsAreRecorded(t *testing.T) { storetest.Each(t, tryRefusedSignInsAreRecorded) }

func tryRefusedSignInsAreRecorded(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	guess := func(email string) {
		s.visitor().post("/sign-in", url.Values{"email": {email}, "password": {"mot de passe saisi"}, "code": {"000000"}})
	}
	for range 8 {
		guess(administrator().Email)
		guess("nobody@arnase.test")
	}
	deeds, err := s.Store.Deeds(t.Context(), store.Region(), 100)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int{}
	for _, d := range deeds {
		if d.Action == "sign-in-refused" {
			of[d.Actor]++
			if strings.Contains(d.Object+d.Actor, "nobody") {
				t.Errorf("what a stranger wrote is in the journal: %+v", d)
			}
		}
	}
	if of[administrator().Email] != 3 || of["?"] != 3 {
		t.Errorf("recorded %v, want three of each", of)
	}
	admin.get("/audit").sees(http.StatusOK, "connexion refusée", "inconnu", "Camille Administratrice")
}

// TestEmergencyAccountIsLoud: each use of it is told.
func TestEmergencyAccountIsLoud(t *testing.T) {
	s := newSite(t)
	p := administrator()
	p.Emergency = true
	s.signIn(p).get("/audit").sees(http.StatusOK, "USAGE DU COMPTE DE SECOURS")
}

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

// personOf is where the page of a person is.
func (v *visitor) personOf(email string) string {
	v.t.Helper()
	return "/people/" + v.user(email).ID
}

func (s *site) user(email string) store.User {
	s.t.Helper()
	u, err := s.Store.UserByEmail(s.t.Context(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// TestRemovalEndsSessionsAtOnce keeps somebody out, lets them in again, and forgets them.
func TestRemovalEndsSessionsAtOnce(t *testing.T) { storetest.Each(t, tryRemovalEndsSessionsAtOnce) }

func tryRemovalEndsSessionsAtOnce(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	for name, deed := range map[string]string{"disabled": "disable", "removed": "remove"} {
		t.Run(name, func(t *testing.T) {
			email := name + "@chu.test"
			reader := s.signIn(holder("Lectrice", email, access.Reader, store.PlaceSite, string(siteA)))
			reader.get("/agents").sees(http.StatusOK, "Agents connus")
			admin.post(admin.personOf(email)+"/"+deed, nil).sees(http.StatusOK)
			reader.get("/agents").sees(http.StatusOK, "Mot de passe").hides("Agents connus")
			reader.post("/sign-in", url.Values{"email": {email}, "password": {password}, "code": {reader.code(reader.secretOf, 1)}}).sees(http.StatusUnauthorized)
		})
	}
	admin.post(admin.personOf("disabled@chu.test")+"/enable", nil).sees(http.StatusOK)
	admin.get("/people").sees(http.StatusOK, "disabled@chu.test").hides("removed@chu.test")
	admin.get("/audit").sees(http.StatusOK, "personne oubliée", "removed@chu.test", "connexion interdite à une personne")
}

// TestNobodyChangesThemselves nor gives what they do not hold.
func TestNobodyChangesThemselves(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	me := admin.personOf(administrator().Email)
	admin.get(me).sees(http.StatusOK, "Nul ne change ses propres rôles").hides("/remove")
	for _, deed := range []string{"/remove", "/disable", "/reset", "/roles"} {
		admin.post(me+deed, url.Values{"role": {"auditor"}, "at": {"region"}}).sees(http.StatusUnprocessableEntity, "Nul ne change ses propres rôles")
	}
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"place":  {url.Values{"role": {"reader"}, "at": {"ght:Nulle part"}}, "n’existe pas dans la région"},
		"words":  {url.Values{"role": {"reader"}, "at": {"partout"}}, "n’existe pas dans la région"},
		"held":   {url.Values{"role": {"viewer"}, "at": {"site:" + string(siteA)}}, "ne peut pas être tenu"},
		"end":    {url.Values{"role": {"auditor"}, "at": {"region"}}, "toujours un dernier jour"},
		"day":    {url.Values{"role": {"auditor"}, "at": {"region"}, "until": {"demain"}}, "Ce jour n’existe pas"},
		"nobody": {url.Values{"role": {"reader"}, "at": {"site:" + string(siteA)}, "email": {"Ada <ada@chu.test>"}}, "n’est pas valable"},
		"known":  {url.Values{"role": {"reader"}, "at": {"site:" + string(siteA)}, "email": {administrator().Email}}, "déjà celle"},
	} {
		t.Run(name, func(t *testing.T) {
			c.form.Set("name", "Ada")
			if !c.form.Has("email") {
				c.form.Set("email", "ada@chu.test")
			}
			admin.post("/people", c.form).sees(http.StatusUnprocessableEntity, c.want)
		})
	}
}

// TestGrantedRoleHoldsAtOnce has somebody see more, then less, within one session.
func TestGrantedRoleHoldsAtOnce(t *testing.T) { storetest.Each(t, tryGrantedRoleHoldsAtOnce) }

func tryGrantedRoleHoldsAtOnce(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	admin.post("/places", url.Values{"finess": {string(siteB)}, "legal": {"690782222"}, "ght": {"Vallée"}}).sees(http.StatusOK, "690782222")
	reader := s.signIn(reader(siteA))
	reader.get("/").sees(http.StatusOK, "CHU de la Montagne").hides("CH de la Vallée")
	at := admin.personOf("690000013@chu.test")
	admin.post(at+"/roles", url.Values{"role": {"rssi"}, "at": {"ght:Vallée"}, "until": {"2090-01-01"}}).sees(http.StatusOK, "GHT Vallée")
	reader.get("/").sees(http.StatusOK, "CHU de la Montagne", "CH de la Vallée")
	u, err := s.Store.UserByEmail(t.Context(), "690000013@chu.test")
	if err != nil {
		t.Fatal(err)
	}
	roles, err := s.Store.Bindings(t.Context(), u.ID, time.Now())
	if err != nil || len(roles) != 2 {
		t.Fatal(roles, err)
	}
	admin.post(at+"/roles/"+roles[1].ID+"/withdraw", nil).sees(http.StatusOK).hides("GHT Vallée")
	reader.get("/").sees(http.StatusOK).hides("CH de la Vallée")
	admin.get("/audit").sees(http.StatusOK, "rôle donné", "rôle retiré", "690000013@chu.test, rssi, ght:Vallée")
}

// TestGraveDeedsAskAgain: after a while, the second factor is proven once more.
func TestGraveDeedsAskAgain(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	s.Pages.Later(11 * time.Minute)
	admin.post("/agents/"+agent.ID+"/revoke", nil).sees(http.StatusOK, "Confirmez que c’est vous")
	if got := admin.last.Request.URL.RequestURI(); got != "/confirm?next=%2Fagents%2F"+agent.ID {
		t.Errorf("led to %s", got)
	}
	admin.post("/confirm", url.Values{"code": {"000000"}, "next": {"/agents/" + agent.ID}}).sees(http.StatusUnauthorized, "Code refusé")
	admin.post("/confirm", url.Values{"code": {admin.code(admin.secretOf, 1)}, "next": {"/agents/" + agent.ID}}).sees(http.StatusOK, "agent 1")
	admin.post("/agents/"+agent.ID+"/revoke", nil).sees(http.StatusOK, "révoqué")
	for range 4 {
		admin.post("/confirm", url.Values{"code": {"000000"}}).sees(http.StatusUnauthorized)
	}
	admin.post("/confirm", url.Values{"code": {"000000"}}).sees(http.StatusTooManyRequests)
}

// TestInvitedThroughThePage hands a link that works, once.
func TestInvitedThroughThePage(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	admin.post("/people", url.Values{"name": {"Ada"}, "email": {"ada@chu.test"}, "role": {"rssi"}, "at": {"site:" + string(siteA)}}).sees(http.StatusOK)
	_, rest, _ := strings.Cut(admin.body, "https://")
	link, _, _ := strings.Cut(rest, "<")
	_, path, _ := strings.Cut(link, "/")
	s.visitor().get("/"+path).sees(http.StatusOK, "Ada")
	admin.get("/people/link").sees(http.StatusOK, "Personnes connues").hides(path)
	admin.post(admin.personOf("ada@chu.test")+"/reset", nil).sees(http.StatusOK, "/welcome/")
	s.visitor().get("/" + path).sees(http.StatusNotFound)
}

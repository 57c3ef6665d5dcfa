// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/internal/wire"
)

// firstAgent is the only agent of the region.
func (s *site) firstAgent() store.Agent {
	s.t.Helper()
	agents, err := s.Store.Agents(s.t.Context(), store.Region())
	if err != nil || len(agents) != 1 {
		s.t.Fatal(agents, err)
	}
	return agents[0]
}

// TestLifeOfAnAgentOnItsPage suspends an agent, lets it in again and revokes it: each step
// is effective at its next request, shown on its page and told by name in the journal.
func TestLifeOfAnAgentOnItsPage(t *testing.T) { storetest.Each(t, testLifeOfAnAgentOnItsPage) }

func testLifeOfAnAgentOnItsPage(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	page := "/agents/" + agent.ID
	run := func() { agent.Deliver(regiontest.Run(t, agent.Site, time.Now().UTC().Add(-time.Minute))) }
	run()
	admin.get(page).sees(http.StatusOK, "actif</span>", "Rien n’a été refusé", "en vigueur").hides("À approuver", page+"/resume")

	admin.post(page+"/suspend", nil).sees(http.StatusOK, "suspendu</span>", page+"/resume").hides(page + "/suspend\"")
	if answer := agent.Put("x", nil); answer.Status != http.StatusForbidden {
		t.Errorf("suspended agent got %d", answer.Status)
	}
	admin.get(page).sees(http.StatusOK, "agent suspendu</th>")
	admin.post(page+"/resume", nil).sees(http.StatusOK, "actif</span>")
	run()
	admin.post(page+"/resume", nil).sees(http.StatusNotFound)

	admin.post(page+"/revoke", nil).sees(http.StatusOK, "révoqué</span>").hides(page + "/")
	if answer := agent.Put("x", nil); answer.Status != http.StatusUnauthorized {
		t.Errorf("revoked agent got %d", answer.Status)
	}
	admin.post(page+"/revoke", nil).sees(http.StatusNotFound)
	admin.get("/audit").sees(http.StatusOK, "suspension d’un agent", "reprise d’un agent suspendu", "révocation d’un agent", "refus\u00a0: agent suspendu", "agent 1, CHU (690000013)").
		hides(agent.ID)
}

// TestApprovalOnThePage shows the code of the agent's key, and lets it in once approved.
func TestApprovalOnThePage(t *testing.T) { storetest.Each(t, testApprovalOnThePage) }

func testApprovalOnThePage(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.Establishment(siteA, "CHU")
	admin.post("/tokens", url.Values{"finess": {string(siteA)}, "approve": {"yes"}}).sees(http.StatusOK, "le centre régional vous appelle pour le comparer")
	token, err := wire.ParseToken(tokenOnPage.FindStringSubmatch(admin.body)[1])
	if err != nil {
		t.Fatal(err)
	}
	key := regiontest.NewKey(s.Region)
	csr := regiontest.Request(s.Region, key)
	raw, err := json.Marshal(wire.EnrolRequest{Secret: token.Secret, CSR: csr, Software: regiontest.Software})
	if err != nil {
		t.Fatal(err)
	}
	if answer := regiontest.Send(s.Region, s.Client(nil), http.MethodPost, wire.PathEnrol, wire.MediaJSON, raw); answer.Status != http.StatusCreated {
		t.Fatalf("enrol: %d, %s", answer.Status, answer.Body)
	}
	request, err := authority.ParseRequest(csr)
	if err != nil {
		t.Fatal(err)
	}
	page := "/agents/" + s.firstAgent().ID
	admin.get("/agents").sees(http.StatusOK, "à approuver</span>")
	admin.get(page).sees(http.StatusOK, wire.ApprovalCode(request.KeyID), "À approuver", page+"/approve").hides(page + "/suspend")
	admin.post(page+"/approve", nil).sees(http.StatusOK, "actif</span>").hides(wire.ApprovalCode(request.KeyID))
	admin.get("/audit").sees(http.StatusOK, "approbation d’un agent")
}

var tokenOnPage = regexp.MustCompile(`id="token"[^>]*>(cst1\.[\w-]+)<`)

// TestPulseOnThePage shows what an agent says of itself, and flags a clock that is wrong
// and an agent that missed its moments.
func TestPulseOnThePage(t *testing.T) { storetest.Each(t, testPulseOnThePage) }

func testPulseOnThePage(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	page, now := "/agents/"+agent.ID, time.Now().UTC()
	admin.get(page).sees(http.StatusOK, "n’a encore rien dit")
	hear := func(p store.Pulse) {
		if err := s.Store.Hear(t.Context(), store.Region(), agent.ID, regiontest.Software, p); err != nil {
			t.Fatal(err)
		}
	}
	hear(store.Pulse{HeardAt: now, NextRun: now.Add(time.Hour), LateAt: now.Add(3 * time.Hour), Waiting: 2, WaitingSince: now.Add(-time.Hour), ClockOffset: 4 * time.Minute})
	admin.get(page).sees(http.StatusOK, "dossiers\u00a0: 2", "à l’heure").hides("en avance", "silencieux")
	hear(store.Pulse{HeardAt: now.Add(-4 * time.Hour), NextRun: now.Add(-3 * time.Hour), LateAt: now.Add(-time.Hour), ClockOffset: -6 * time.Minute})
	admin.get(page).sees(http.StatusOK, "en retard de 6m0s", "silencieux")
	admin.get("/agents").sees(http.StatusOK, "silencieux")
	admin.get(page+"?lang=en").sees(http.StatusOK, "slow by 6m0s")
}

// TestTokensOnThePage lists what waits, and cancels one.
func TestTokensOnThePage(t *testing.T) { storetest.Each(t, testTokensOnThePage) }

func testTokensOnThePage(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.Establishment(siteA, "CHU")
	s.Token(siteA)
	admin.get("/agents").sees(http.StatusOK, "Jetons en attente", "Annuler ce jeton")
	path := regexp.MustCompile(`/tokens/[0-9a-f-]+/cancel`).FindString(admin.body)
	admin.post(path, nil).sees(http.StatusOK).hides("Jetons en attente")
	admin.post(path, nil).sees(http.StatusNotFound)
	admin.get("/audit").sees(http.StatusOK, "annulation d’un jeton")
}

// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
)

// route is one thing that may be asked for: what its asker must be allowed to do, and who
// answers. A route that needs nothing does not exist.
type route struct {
	pattern string
	needs   access.Capability
	// from is the page that a deed is done on, when the person must have proven their
	// second factor anew within freshFor.
	from string
	do   func(*visit) error
}

// What a route needs that no role gives.
const (
	anyone   access.Capability = "anyone"
	signedIn access.Capability = "signed-in"
)

// routes is every route on one page.
func (s *Server) routes() []route {
	return []route{
		// Signing in.
		{"GET /sign-in", anyone, "", s.sessionNew},
		{"POST /sign-in", anyone, "", s.sessionCreate},
		{"GET /welcome/{code}", anyone, "", s.welcomeShow},
		{"GET /welcome/{code}/qr.png", anyone, "", s.welcomePicture},
		{"POST /welcome/{code}", anyone, "", s.welcomeAccept},
		{"GET /sign-in/oidc", anyone, "", s.providerAsk},
		{"GET /sign-in/oidc/back", anyone, "", s.providerBack},

		// The region and what it holds: within the scope of the reader.
		{"GET /{$}", access.Aggregates, "", s.overviewShow},
		{"GET /establishments/{finess}", access.Read, "", s.establishmentShow},
		{"GET /establishments/{finess}/findings/{fingerprint}", access.Read, "", s.findingShow},
		{"GET /establishments/{finess}/findings/{fingerprint}/facts/{observation}", access.Evidence, "", s.factDownload},
		{"GET /establishments/{finess}/bundles/{id}", access.Evidence, "", s.bundleDownload},
		{"GET /agents", access.Read, "", s.agentList},
		{"GET /agents/{id}", access.Read, "", s.agentShow},

		// Letting agents in, and cutting them off.
		{"POST /tokens", access.Agents, "", s.tokenCreate},
		{"GET /tokens/new", access.Agents, "", s.tokenShow},
		{"POST /tokens/{id}/cancel", access.Agents, "", s.tokenCancel},
		{"POST /agents/{id}/approve", access.Agents, "/agents/{id}", s.agentMove(store.Approve)},
		{"POST /agents/{id}/suspend", access.Agents, "", s.agentMove(store.Suspend)},
		{"POST /agents/{id}/resume", access.Agents, "", s.agentMove(store.Resume)},
		{"POST /agents/{id}/revoke", access.Agents, "/agents/{id}", s.agentMove(store.Revoke)},

		// People, what they may do, and where.
		{"GET /people", access.People, "", s.personList},
		{"POST /people", access.People, "/people", s.personInvite},
		{"GET /people/link", access.People, "", s.personLink},
		{"GET /people/{id}", access.People, "", s.personShow},
		{"POST /people/{id}/roles", access.People, "/people/{id}", s.roleGrant},
		{"POST /people/{id}/roles/{role}/withdraw", access.People, "/people/{id}", s.roleWithdraw},
		{"POST /people/{id}/reset", access.People, "/people/{id}", s.personReset},
		{"POST /people/{id}/disable", access.People, "/people/{id}", s.personDisable},
		{"POST /people/{id}/enable", access.People, "/people/{id}", s.personEnable},
		{"POST /people/{id}/remove", access.People, "/people/{id}", s.personRemove},
		{"GET /places", access.Establishments, "", s.placeList},
		{"POST /places", access.Establishments, "", s.placeSet},
		{"GET /audit", access.Journal, "", s.auditList},
		{"GET /rounds", access.Upkeep, "", s.roundList},

		// Oneself.
		{"GET /account", signedIn, "", s.accountShow},
		{"POST /account/passkeys", signedIn, "/account", s.passkeyAdd},
		{"POST /account/passkeys/{id}/remove", signedIn, "/account", s.passkeyRemove},
		{"POST /account/tokens", signedIn, "/account", s.apiTokenCreate},
		{"GET /account/tokens/new", signedIn, "", s.apiTokenShow},
		{"POST /account/tokens/{id}/revoke", signedIn, "/account", s.apiTokenRevoke},
		{"POST /account/recovery", signedIn, "/account", s.recoveryRenew},
		{"GET /account/recovery", signedIn, "", s.recoveryShow},
		{"GET /confirm", signedIn, "", s.confirmShow},
		{"POST /confirm", signedIn, "", s.confirmAccept},
		{"POST /sign-out", signedIn, "", s.sessionDelete},

		{"/", anyone, "", func(*visit) error { return errNotFound }},
	}
}

// Handler answers every route.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, s.serve(r))
	}
	root := http.NewServeMux()
	root.HandleFunc("GET /static/{hash}/{name}", s.assetShow)
	root.Handle("/", s.sessions.LoadAndSave(mux))
	return protect(compress(root))
}

// serve lets in whom a route is for.
func (s *Server) serve(r route) http.Handler {
	return s.open(func(v *visit) error {
		if r.needs == anyone {
			return r.do(v)
		}
		if token := bearer(v.Request); token != "" && r.needs == access.Evidence { // what programs may read
			if err := v.comeInWith(token, r.needs); err != nil {
				return err
			}
		} else if in, err := v.comeIn(); err != nil || !in {
			return err
		}
		if r.needs != signedIn && !v.rights.May(r.needs) {
			return errForbidden
		}
		v.held = v.rights[r.needs]
		if r.from != "" && !v.isFresh() {
			return v.askAgain(r.from)
		}
		return r.do(v)
	})
}

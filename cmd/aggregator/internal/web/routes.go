// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"carescan/cmd/aggregator/internal/store"
)

// Handler shows every route on one page.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()

	// Signing in: open to all.
	mux.Handle("GET /sign-in", s.open(s.sessionNew))
	mux.Handle("POST /sign-in", s.open(s.sessionCreate))
	mux.Handle("GET /welcome/{code}", s.open(s.welcomeShow))
	mux.Handle("GET /welcome/{code}/qr.png", s.open(s.welcomePicture))
	mux.Handle("POST /welcome/{code}", s.open(s.welcomeAccept))

	// The region and what it holds: within the scope of the reader.
	mux.Handle("GET /{$}", s.signedIn(s.overviewShow))
	mux.Handle("GET /establishments/{finess}", s.signedIn(s.establishmentShow))
	mux.Handle("GET /establishments/{finess}/findings/{fingerprint}", s.signedIn(s.findingShow))
	mux.Handle("GET /establishments/{finess}/findings/{fingerprint}/facts/{observation}", s.signedIn(s.factDownload))
	mux.Handle("GET /establishments/{finess}/bundles/{id}", s.signedIn(s.bundleDownload))
	mux.Handle("GET /agents", s.signedIn(s.agentList))
	mux.Handle("GET /agents/{id}", s.signedIn(s.agentShow))
	mux.Handle("POST /sign-out", s.signedIn(s.sessionDelete))

	// The administration of the region: administrators only.
	mux.Handle("POST /tokens", s.admin(s.tokenCreate))
	mux.Handle("GET /tokens/new", s.admin(s.tokenShow))
	mux.Handle("POST /tokens/{id}/cancel", s.admin(s.tokenCancel))
	mux.Handle("POST /agents/{id}/approve", s.admin(s.agentMove(store.Approve)))
	mux.Handle("POST /agents/{id}/suspend", s.admin(s.agentMove(store.Suspend)))
	mux.Handle("POST /agents/{id}/resume", s.admin(s.agentMove(store.Resume)))
	mux.Handle("POST /agents/{id}/revoke", s.admin(s.agentMove(store.Revoke)))
	mux.Handle("GET /audit", s.admin(s.auditList))
	mux.Handle("GET /rounds", s.admin(s.roundList))

	mux.Handle("/", s.open(func(*visit) error { return errNotFound }))

	root := http.NewServeMux()
	root.HandleFunc("GET /static/{hash}/{name}", s.assetShow)
	root.Handle("/", s.sessions.LoadAndSave(mux))
	return protect(compress(root))
}

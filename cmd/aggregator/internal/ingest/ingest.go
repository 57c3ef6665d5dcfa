// SPDX-License-Identifier: Apache-2.0

// Package ingest is the interface that agents speak to: it enrols them, renews
// their certificates, hears how they are, verifies their bundles and has each stored exactly once
// before it acknowledges (aggregator.md section 2).
//
// Every step is ordered cheapest first, and every limit holds before the
// memory it protects is taken.
package ingest

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/evidence"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// The limits of the interface.
const (
	maxHeader    = 16 << 10
	maxMessage   = 16 << 10         // of an enrolment or a renewal
	maxInFlight  = 64 << 20         // bytes of bundles being received at once
	openingWait  = 20 * time.Second // for a turn, and for a place to open a bundle in
	readTimeout  = 15 * time.Second // of all but a bundle, whose time follows its size: a message comes at 1 KiB a second at least
	maxSkew      = 5 * time.Minute  // of an agent's clock
	retryAfter   = 30 * time.Second
	maxStreams   = 16  // requests at once of one connection
	agentPerHour = 600 // requests of one agent
	agentBurst   = 60
	// Enrolments of one address, behind which may be all the establishments of a region.
	doorPerHour = 600
	doorBurst   = 60
	// Tries of one token, which serves once.
	tokenPerHour = 60
	tokenBurst   = 10
	// Refusals of strangers that the journal tells of: of one origin, and of all of them.
	strangerPerHour    = 1
	allStrangerPerHour = 12
	allStrangerBurst   = 6
)

// Guard puts the gate of agents before a listener. An agent has one connection, or two
// when one was cut. Those of one address count until they proved who they are, a matter
// of a second: many establishments behind one proxy need no more than one.
func Guard(listener net.Listener) net.Listener {
	return gate.New(listener, gate.Limits{All: 512, Origin: 64, Party: 8, First: 10 * time.Second})
}

// Judge concludes from the facts of a run, by the profile that the region gives the
// establishment; empty stands for the one that the run names.
type Judge interface {
	Judge(run scanner.Run, profile string) (store.Judged, error)
}

// Server answers agents.
type Server struct {
	store     *store.Store
	judge     Judge
	authority *authority.Authority
	evidence  *evidence.Log
	log       *slog.Logger
	inFlight  *budget
	turns     *turns
	room      *Room
	agents    *limiters
	door      *limiters // of addresses
	tokens    *limiters
	// strangers and allStrangers bound what the journal says of those who prove nothing.
	strangers, allStrangers *limiters
	settings                Settings
}

// Settings is what a region decides about its agents.
type Settings struct {
	// Approve has every agent that enrols wait until a person approves it.
	Approve bool
	// External is another PKI, whose certificates enrol without a token; nil for none.
	External *authority.External
}

// New makes the interface of a store.
func New(s *store.Store, a *authority.Authority, j Judge, log *slog.Logger, settings Settings) *Server {
	return &Server{
		store: s, authority: a, judge: j, log: log, settings: settings,
		evidence: evidence.New(s, a, nil, log),
		inFlight: &budget{left: maxInFlight},
		turns:    &turns{of: map[string]*turn{}},
		room:     NewRoom(openingWait),
		agents:   newLimiters(agentPerHour, agentBurst),
		door:     newLimiters(doorPerHour, doorBurst),
		tokens:   newLimiters(tokenPerHour, tokenBurst),

		strangers: newLimiters(strangerPerHour, 1), allStrangers: newLimiters(allStrangerPerHour, allStrangerBurst),
	}
}

// Handler routes the requests of the protocol.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+wire.PathEnrol, s.answer(s.enrol))
	mux.Handle("POST "+wire.PathRenew, s.answer(s.renew))
	mux.Handle("POST "+wire.PathHeartbeat, s.answer(s.heartbeat))
	mux.Handle("PUT "+wire.PathBundles+"/{id}", s.answer(s.putBundle))
	mux.Handle("POST "+wire.PathLog, s.answer(s.proveLog))
	mux.Handle("GET "+wire.PathCheckpoint, s.answer(s.showCheckpoint))
	mux.Handle("/", s.answer(func(http.ResponseWriter, *http.Request) error { return notFound() }))
	return mux
}

// HTTP makes the server of the listener. A client certificate is asked for and
// verified by identify, not by the handshake: an enrolment has none yet, and a
// renewal may come just after the end of the old one.
func (s *Server) HTTP(certificate *authority.ServerCertificate) *http.Server {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + openingWait,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS13,
			ClientAuth:     tls.RequestClientCert,
			GetCertificate: certificate.Get,
		},
	}
	gate.Attend(server)
	return server
}

// SPDX-License-Identifier: Apache-2.0

// Package ingest is the interface that agents speak to: it enrols them, renews
// their certificates, verifies their bundles and has each stored exactly once
// before it acknowledges (aggregator.md section 2).
//
// Every step is ordered cheapest first, and every limit holds before the
// memory it protects is taken.
package ingest

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// The limits of the interface.
const (
	maxHeader    = 16 << 10
	maxMessage   = 16 << 10 // of an enrolment or a renewal
	maxInFlight  = 64 << 20 // bytes of bundles being received at once
	maxOpening   = 2        // bundles being opened and judged at once: each may cost its decoded size several times
	openingWait  = 20 * time.Second
	readTimeout  = time.Minute     // of all but a bundle, whose time follows its size
	readStall    = time.Minute     // of a bundle that nothing comes of any more
	maxSkew      = 5 * time.Minute // of an agent's clock
	retryAfter   = 30 * time.Second
	agentPerHour = 600 // requests of one agent
	agentBurst   = 60
	doorPerHour  = 3600 // enrolments, all senders together
	doorBurst    = 60
)

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
	log       *slog.Logger
	inFlight  *budget
	opening   chan struct{}
	agents    *limiters
	door      *rate.Limiter
}

// New makes the interface of a store.
func New(s *store.Store, a *authority.Authority, j Judge, log *slog.Logger) *Server {
	return &Server{
		store: s, authority: a, judge: j, log: log,
		inFlight: &budget{left: maxInFlight},
		opening:  make(chan struct{}, maxOpening),
		agents:   newLimiters(),
		door:     rate.NewLimiter(perHour(doorPerHour), doorBurst),
	}
}

// Handler routes the three requests of the protocol.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+wire.PathEnrol, s.answer(s.enrol))
	mux.Handle("POST "+wire.PathRenew, s.answer(s.renew))
	mux.Handle("PUT "+wire.PathBundles+"/{id}", s.answer(s.putBundle))
	mux.Handle("/", s.answer(func(http.ResponseWriter, *http.Request) error { return notFound() }))
	return mux
}

// HTTP makes the server of the listener. A client certificate is asked for and
// verified by identify, not by the handshake: an enrolment has none yet, and a
// renewal may come just after the end of the old one.
func (s *Server) HTTP(certificate *authority.ServerCertificate) *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + openingWait,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS13,
			ClientAuth:     tls.RequestClientCert,
			GetCertificate: certificate.Get,
		},
	}
}

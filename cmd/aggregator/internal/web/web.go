// SPDX-License-Identifier: Apache-2.0

// Package web is what people see of a region: pages rendered on the server,
// readable without a script, in French and English.
package web

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/time/rate"

	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/federation"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// Settings is what the pages need to know of their surroundings.
type Settings struct {
	Region      string
	Language    scanner.Lang // of a first visit
	SilentAfter time.Duration
	AgentURL    string               // that a token carries
	Origin      string               // that browsers reach the pages by
	Provider    *federation.Provider // nil where there is none
	Approve     bool                 // every agent waits until a person approves it
	// Paper explains a check, Family names a family of checks, Catalog a framework.
	// All come in as values.
	Paper   func(check string) (scanner.Papers, bool)
	Family  func(name string) (scanner.Text, bool)
	Catalog func(id string) (scanner.Text, bool)
	// Rounds is what the region does without being asked.
	Rounds []jobs.Round
}

// Server shows the pages.
type Server struct {
	store     *store.Store
	authority *authority.Authority
	accounts  *account.Accounts
	passkeys  *account.Passkeys // nil where none can be made
	log       *slog.Logger
	settings  Settings
	sessions  *scs.SessionManager
	pages     pages
	assets    assets
	room      *ingest.Room     // where evidence is opened again
	pace      *pace            // of programs
	now       func() time.Time // by which a proof of the second factor gets old
}

// New makes the pages of a store; a template that does not parse is an error.
func New(s *store.Store, a *authority.Authority, people *account.Accounts, log *slog.Logger, settings Settings) (*Server, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	all, err := loadPages(files)
	if err != nil {
		return nil, err
	}
	passkeys, err := account.NewPasskeys(people, settings.Origin)
	if err != nil {
		return nil, err
	}
	return &Server{s, a, people, passkeys, log, settings, newSessions(s), all, files, ingest.NewRoom(evidenceWait), &pace{of: map[string]*rate.Limiter{}}, time.Now}, nil
}

// Guard puts the gate of the pages before a listener. A browser has one connection, or
// six of the older HTTP; a proxy before the pages shares its own among its readers.
func Guard(listener net.Listener) net.Listener {
	return gate.New(listener, gate.Limits{All: 256, Origin: 64, Party: 32, First: 10 * time.Second})
}

// evidenceWait is how long a person waits to see evidence before they are told to come
// again.
const evidenceWait = 5 * time.Second

// maxStreams is how many requests one connection may have at once.
const maxStreams = 32

const (
	sessionLife = 12 * time.Hour
	sessionIdle = 30 * time.Minute
)

// newSessions keeps sessions on the server, under the hash of their token. The
// prefix __Host- has browsers refuse the cookie from anywhere but here
// (RFC 6265bis section 4.1.3.2).
func newSessions(s *store.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = s.Sessions()
	m.Lifetime = sessionLife
	m.IdleTimeout = sessionIdle
	m.HashTokenInStore = true
	m.Cookie.Name = "__Host-carescan"
	m.Cookie.Secure = true
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	return m
}

// HTTP makes the server of the listener.
func (s *Server) HTTP(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *http.Server {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate},
	}
	gate.Attend(server)
	return server
}

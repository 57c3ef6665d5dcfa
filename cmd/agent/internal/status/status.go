// SPDX-License-Identifier: Apache-2.0

// Package status is the local page of the daemon: what it did, what waits, what
// is wrong, for the people on site and nobody else.
package status

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"time"

	"carescan/scanner"
	"carescan/scanner/engine"
)

// State is what the page shows.
type State struct {
	Establishment string
	Enrolled      bool
	Now           *Now        // nil when no run is under way
	Run           scanner.Run // the last one; its Ended is zero when none yet
	Next          time.Time
	Unsealed      int // runs that the disk has not taken yet
	Waiting       int // bundles not acknowledged
	Rejected      int // bundles refused for good
	Problems      []Problem
}

// Now is a run under way.
type Now struct {
	engine.Progress
	Names []string // some of the looks under way, in a form that may be shown
	More  int      // looks under way that are not named
}

// Problem is what somebody has to correct.
type Problem struct {
	What   scanner.Text
	Hint   scanner.Text
	Detail string // what a library or the system answered, in its own English words
}

// Page is the page being served.
type Page struct {
	server *http.Server
	url    string
}

//go:embed status.html
var source string

// Serve shows the state on a loopback address, and refuses any other: the page
// has no sign-in.
func Serve(address string, state func() State) (*Page, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("status page at %q: a loopback address and port are needed", address)
	}
	page, err := template.New("status").Funcs(template.FuncMap{"moment": moment, "clock": clock, "minutes": minutes}).Parse(source)
	if err != nil {
		return nil, fmt.Errorf("read status page: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open status page: %w", err)
	}
	server := &http.Server{Handler: show(page, state), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends at Close
	return &Page{server, "http://" + listener.Addr().String()}, nil
}

// stillKey, in the query of the page, keeps it from being loaded again by itself.
const stillKey = "fixe"

// view is the state as one reader sees it.
type view struct {
	State
	Still bool
	At    time.Time
}

// Reload is after how many seconds the page is loaded again.
func (v view) Reload() int {
	if v.Now != nil {
		return 5
	}
	return 60
}

func show(page *template.Template, state func() State) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		// A page of another site must not read this one through a name that it
		// points at loopback.
		if host, err := netip.ParseAddrPort(r.Host); err != nil || !host.Addr().IsLoopback() {
			http.Error(w, "open this page by its address", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		// Whoever reads slowly, or aloud, may keep the page from changing under them
		// (WCAG 2.2, success criteria 2.2.1 and 2.2.2).
		still := r.URL.Query().Has(stillKey)
		_ = page.Execute(w, view{state(), still, time.Now()}) // a reader who left is no error
	})
	return mux
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.Local().Format("02/01/2006 15:04")
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// minutes is a duration in whole minutes, at least one.
func minutes(d time.Duration) int { return max(1, int(d.Round(time.Minute).Minutes())) }

// URL is where the page is.
func (p *Page) URL() string { return p.url }

// Close ends the page.
func (p *Page) Close() error {
	if err := p.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("close status page: %w", err)
	}
	return nil
}

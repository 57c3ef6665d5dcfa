// SPDX-License-Identifier: Apache-2.0

// Package monitoring tells the machines that watch an aggregator how it is: alive,
// ready, and in numbers. It names nobody: no establishment, agent, person or address is
// in what it says.
package monitoring

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	readyWait  = 2 * time.Second  // after which a database is said not to answer
	scrapeWait = 10 * time.Second // for all the numbers
)

// Monitor holds what is counted and what is asked of the region when somebody reads.
type Monitor struct {
	registry *prometheus.Registry
	answers  *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	received *prometheus.CounterVec
	ready    func(context.Context) error
	token    string
	log      *slog.Logger
}

// New makes the monitor of a region. Ready tells why it could not serve now; counts are
// read at each scrape. With a token, the numbers are for those who send it.
func New(version, token string, ready func(context.Context) error, counts Counts, log *slog.Logger) *Monitor {
	m := &Monitor{
		registry: prometheus.NewRegistry(), ready: ready, token: token, log: log,
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carescan_answers_total", Help: "Requests answered, by interface, request and HTTP status.",
		}, []string{"interface", "request", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "carescan_answer_seconds", Help: "Time from the head of a request to its answer.",
			Buckets: []float64{.005, .02, .05, .1, .2, .5, 1, 2, 5, 15, 60},
		}, []string{"interface", "request"}),
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carescan_received_bytes_total", Help: "Bytes that requests announced, by interface.",
		}, []string{"interface"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "carescan_build_info", Help: "The program that answers.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.answers, m.seconds, m.received, build, &census{counts: counts, log: log},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers /health while the program runs, /ready while it can serve, and
// /metrics in the form of Prometheus. The first two say nothing a connection does not.
func (m *Monitor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /ready", m.tellReady)
	mux.Handle("GET /metrics", m.guarded(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 2, Timeout: scrapeWait,
	})))
	return mux
}

func (m *Monitor) tellReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	if err := m.ready(ctx); err != nil {
		m.log.Error("the region is not ready to serve", "error", err)
		say(w, http.StatusServiceUnavailable, "not ready: the log of the aggregator says why")
		return
	}
	say(w, http.StatusOK, "ready")
}

func say(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}

// guarded lets through who bears the token, if there is one. Digests are compared, so
// that neither the content nor the length of the token shows in the time it takes.
func (m *Monitor) guarded(next http.Handler) http.Handler {
	if m.token == "" {
		return next
	}
	wanted := sha256.Sum256([]byte(m.token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if digest := sha256.Sum256([]byte(given)); subtle.ConstantTimeCompare(digest[:], wanted[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			say(w, http.StatusUnauthorized, "the token of the settings is needed")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// HTTP makes the server of the handler: what is read there is short.
func (m *Monitor) HTTP() *http.Server {
	return &http.Server{
		Handler: m.Handler(), ReadTimeout: 5 * time.Second, WriteTimeout: scrapeWait + readyWait, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelDebug),
	}
}

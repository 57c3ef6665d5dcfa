// SPDX-License-Identifier: Apache-2.0

package monitoring

import (
	"net/http"
	"strconv"
	"time"
)

// Watch counts what an interface answers. Requests go by the pattern of their route,
// never by their path: paths name establishments and agents, and a stranger may send any
// number of them.
func (m *Monitor) Watch(service string, next http.Handler) http.Handler {
	received := m.received.WithLabelValues(service)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		m.answers.WithLabelValues(service, r.Pattern, strconv.Itoa(seen.status)).Inc()
		m.seconds.WithLabelValues(service, r.Pattern).Observe(time.Since(begun).Seconds())
		received.Add(float64(max(0, r.ContentLength)))
	})
}

// answer remembers the status of what is written.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status; those below 200 announce another one.
func (a *answer) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the deadlines of the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"carescan/cmd/aggregator/internal/access"
)

// Route is a route as tests walk them.
type Route struct {
	Pattern string
	Needs   access.Capability
	From    string
}

// Routes lists every route.
func (s *Server) Routes() (list []Route) {
	for _, r := range s.routes() {
		list = append(list, Route{r.pattern, r.needs, r.from})
	}
	return list
}

// What a route needs that no role gives.
const (
	Anyone   = anyone
	SignedIn = signedIn
)

// Later has proofs of the second factor get older.
func (s *Server) Later(by time.Duration) { s.now = func() time.Time { return time.Now().Add(by) } }

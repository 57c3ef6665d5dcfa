// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// turns lets the bundles of each agent in one after the other: what one agent may hold
// of what is received at once is one bundle.
type turns struct {
	mutex sync.Mutex
	of    map[string]*turn
}

// turn is that of one agent.
type turn struct {
	free chan struct{}
	here int // the one whose turn it is, and those behind
}

// maxWaiting is how many bundles of one agent may be announced at once.
const maxWaiting = 8

// take waits for the turn of an agent; done gives it to the next one.
func (t *turns) take(ctx context.Context, agent string) (done func(), err error) {
	mine := t.join(agent)
	if mine == nil {
		return nil, shed(http.StatusTooManyRequests, "too many bundles of this agent at once")
	}
	ctx, cancel := context.WithTimeout(ctx, openingWait)
	defer cancel()
	select {
	case mine.free <- struct{}{}:
		return func() { <-mine.free; t.leave(agent, mine) }, nil
	case <-ctx.Done():
		t.leave(agent, mine)
		return nil, shed(http.StatusServiceUnavailable, "another bundle of this agent is still coming")
	}
}

func (t *turns) join(agent string) *turn {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	mine := t.of[agent]
	if mine == nil {
		mine = &turn{free: make(chan struct{}, 1)}
		t.of[agent] = mine
	}
	if mine.here == maxWaiting {
		return nil
	}
	mine.here++
	return mine
}

func (t *turns) leave(agent string, mine *turn) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if mine.here--; mine.here == 0 {
		delete(t.of, agent)
	}
}

// awaitTurn waits for the turn of an agent before anything of its bundle is read. The
// body is given the time that this takes.
func (s *Server) awaitTurn(w http.ResponseWriter, r *http.Request, agent string) (done func(), err error) {
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(2 * openingWait)); err != nil {
		return nil, fmt.Errorf("give the upload its time: %w", err)
	}
	return s.turns.take(r.Context(), agent)
}

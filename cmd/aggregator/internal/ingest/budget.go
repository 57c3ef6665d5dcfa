// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync"

	"golang.org/x/time/rate"
)

// budget is what may be held at once, charged before it is held.
type budget struct {
	mutex sync.Mutex
	left  int64
}

func (b *budget) take(n int64) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if n > b.left {
		return false
	}
	b.left -= n
	return true
}

func (b *budget) give(n int64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.left += n
}

// limiters bounds the rhythm of each agent. Only agents that proved who they
// are get one, so there are never more than agents.
type limiters struct {
	mutex sync.Mutex
	limit rate.Limit
	of    map[string]*rate.Limiter
}

func newLimiters() *limiters {
	return &limiters{limit: perHour(agentPerHour), of: map[string]*rate.Limiter{}}
}

func (l *limiters) allow(agent string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.of[agent] == nil {
		l.of[agent] = rate.NewLimiter(l.limit, agentBurst)
	}
	return l.of[agent].Allow()
}

func perHour(n float64) rate.Limit { return rate.Limit(n / 3600) }

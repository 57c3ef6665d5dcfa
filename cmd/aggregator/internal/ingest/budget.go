// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"maps"
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

// limiters bounds the rhythm of each of many: agents, addresses, tokens.
type limiters struct {
	mutex sync.Mutex
	limit rate.Limit
	burst int
	of    map[string]*rate.Limiter
}

// maxLimiters is how many are remembered. Strangers choose their addresses and their
// tokens, so that there is no end to them; agents are never that many.
const maxLimiters = 20_000

func newLimiters(perHour float64, burst int) *limiters {
	return &limiters{limit: rate.Limit(perHour / 3600), burst: burst, of: map[string]*rate.Limiter{}}
}

func (l *limiters) allow(who string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.of[who] == nil {
		l.forget()
		l.of[who] = rate.NewLimiter(l.limit, l.burst)
	}
	return l.of[who].Allow()
}

// forget makes room for one more: those who have all their tries again are as unknown
// ones; when nobody has, any of them goes.
func (l *limiters) forget() {
	if len(l.of) < maxLimiters {
		return
	}
	maps.DeleteFunc(l.of, func(_ string, known *rate.Limiter) bool { return known.Tokens() >= float64(l.burst) })
	for who := range l.of {
		if len(l.of) < maxLimiters {
			return
		}
		delete(l.of, who)
	}
}

// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"sync"
	"time"
)

// WithPatience bounds how long a target may take over what follows: it is
// context.WithTimeout, save that the clock stands still while the network door
// keeps us waiting for our own courtesy (Hold). A probe bounds an exchange or a
// look by it, so that nothing is said of a target for the length of a queue that
// we made ourselves.
//
// The deadline of the context is that of the one it was made from: nobody knows
// when this one ends.
func WithPatience(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	p := &patience{Context: ctx, done: make(chan struct{}), left: most, since: time.Now()}
	p.outer, _ = ctx.Value(patienceKey{}).(*patience)
	p.mu.Lock()
	p.timer = time.AfterFunc(most, func() { p.end(context.DeadlineExceeded) })
	p.mu.Unlock()
	if err := ctx.Err(); err != nil {
		p.end(err)
	}
	forget := context.AfterFunc(ctx, func() { p.end(ctx.Err()) })
	return p, func() {
		forget()
		p.end(context.Canceled)
	}
}

// TimeLeft is how long what follows may take at most, by every clock of WithPatience
// and every deadline around it; false when there is none.
func TimeLeft(ctx context.Context) (least time.Duration, bounded bool) {
	if deadline, known := ctx.Deadline(); known {
		least, bounded = time.Until(deadline), true
	}
	innermost, _ := ctx.Value(patienceKey{}).(*patience)
	for p := innermost; p != nil; p = p.outer {
		if left := p.remaining(); !bounded || left < least {
			least, bounded = left, true
		}
	}
	return least, bounded
}

// Hold stops the clocks of a context until the function it returns is called. The
// network door does so for as long as a connection, a request or a packet waits for
// its turn or its place.
func Hold(ctx context.Context) (resume func()) {
	innermost, _ := ctx.Value(patienceKey{}).(*patience)
	for p := innermost; p != nil; p = p.outer {
		p.hold()
	}
	return func() {
		for p := innermost; p != nil; p = p.outer {
			p.resume()
		}
	}
}

type patienceKey struct{}

// patience is a context that ends when its own clock has run for so long.
type patience struct {
	context.Context           // the one it was made from
	outer           *patience // the next clock outwards; nil when there is none
	done            chan struct{}

	mu    sync.Mutex // guards what follows
	err   error      // once it is over
	left  time.Duration
	since time.Time // left was counted
	holds int       // while there are any, the clock stands still
	timer *time.Timer
}

// Done is closed when the clock has run out, or the outer context is over.
func (p *patience) Done() <-chan struct{} { return p.done }

// Err is that of a time-out when the clock has run out.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Value finds the clock itself, for Hold, beside what the outer context holds.
func (p *patience) Value(key any) any {
	if key == (patienceKey{}) {
		return p
	}
	return p.Context.Value(key)
}

func (p *patience) remaining() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds > 0 {
		return p.left
	}
	return p.left - time.Since(p.since)
}

func (p *patience) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
		p.timer.Stop()
		close(p.done)
	}
}

func (p *patience) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds++; p.holds == 1 && p.timer.Stop() {
		p.left -= time.Since(p.since)
	}
}

func (p *patience) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds--; p.holds == 0 && p.err == nil {
		p.since = time.Now()
		p.timer.Reset(p.left)
	}
}

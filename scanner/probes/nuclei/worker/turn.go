// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"sync"
)

// turn is the right of one site to have its answer read, among a number of places that
// all sites share.
type turn struct {
	places chan struct{}
	mu     sync.Mutex
	held   bool
}

// take waits for a place, unless the site has one or the context is over.
func (t *turn) take(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held || ctx.Err() != nil {
		return
	}
	select {
	case t.places <- struct{}{}:
		t.held = true
	case <-ctx.Done():
	}
}

// give lets another site go.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		<-t.places
		t.held = false
	}
}

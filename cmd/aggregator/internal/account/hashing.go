// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"sync"
	"time"
)

// The bounds of what passwords cost: 19 MiB and some 50 ms of a processor each.
const (
	maxHashing = 2 // at once
	maxQueued  = 16
	// reservedPlaces of the queue are for those who come from where they usually do: a
	// crowd of strangers does not fill it.
	reservedPlaces = 12
	hashingWait    = 10 * time.Second
)

// hashing is where passwords are hashed, a few at once, and where as many wait as can be
// served in time.
type hashing struct {
	mutex  sync.Mutex
	here   int // at work or waiting
	places chan struct{}
}

func newHashing() *hashing { return &hashing{places: make(chan struct{}, maxHashing)} }

// join takes a place in the queue, ErrBusy when it is full. Whoever has none costs
// nothing more: neither the database nor a processor.
func (h *hashing) join(usual bool) (leave func(), err error) {
	most := maxHashing + maxQueued
	if !usual {
		most -= reservedPlaces
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.here >= most {
		return nil, ErrBusy
	}
	h.here++
	return h.part, nil
}

func (h *hashing) part() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.here--
}

// begin waits until a password may be hashed for somebody of the queue, ErrBusy when it
// does not move.
func (h *hashing) begin(ctx context.Context) (end func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, hashingWait)
	defer cancel()
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	case <-ctx.Done():
		return nil, ErrBusy
	}
}

// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"time"
)

// Room is where bundles are opened: few at once, because an open one takes several
// times its decoded size. The large ones have a place of their own, so that the others
// do not wait for them.
type Room struct {
	small chan struct{}
	large chan struct{}
}

// ErrCrowded says that there was no place to open a bundle in.
var ErrCrowded = errors.New("too many bundles are open")

const (
	smallPlaces = 4
	largePlaces = 1
	// smallBundle is the sealed size up to which a bundle is small: about 700 findings;
	// by the ratio that is accepted, it decodes to 4 MiB at most.
	smallBundle = 64 << 10
)

// NewRoom makes an empty room.
func NewRoom() *Room {
	return &Room{make(chan struct{}, smallPlaces), make(chan struct{}, largePlaces)}
}

// Enter waits for a place for a bundle of so many sealed bytes, ErrCrowded when none is
// free in time. Nothing of the bundle may be kept once the place is left.
func (r *Room) Enter(ctx context.Context, size int) (leave func(), err error) {
	places := r.small
	if size > smallBundle {
		places = r.large
	}
	timer := time.NewTimer(openingWait)
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-timer.C:
		return nil, ErrCrowded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

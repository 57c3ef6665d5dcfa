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
	small   chan struct{}
	large   chan struct{}
	wait    time.Duration
	carried *budget
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

// maxCarried is how many bytes may be on their way out of a room at once.
const maxCarried = 64 << 20

// NewRoom makes an empty room, for a place in which somebody waits so long.
func NewRoom(wait time.Duration) *Room {
	return &Room{make(chan struct{}, smallPlaces), make(chan struct{}, largePlaces), wait, &budget{left: maxCarried}}
}

// Enter waits for a place for a bundle of so many sealed bytes, ErrCrowded when none is
// free in time. Nothing of the bundle may be kept once the place is left, but what is carried out.
func (r *Room) Enter(ctx context.Context, size int) (leave func(), err error) {
	places := r.small
	if size > smallBundle {
		places = r.large
	}
	timer := time.NewTimer(r.wait)
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

// Carry charges bytes that are kept until they are sent, ErrCrowded when there are too
// many already.
func (r *Room) Carry(bytes int) (put func(), err error) {
	if !r.carried.take(int64(bytes)) {
		return nil, ErrCrowded
	}
	return func() { r.carried.give(int64(bytes)) }, nil
}

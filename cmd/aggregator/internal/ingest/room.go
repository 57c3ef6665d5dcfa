// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"time"

	"carescan/reports/bundle"
)

// Room is where bundles are open: few at once, because an open one takes several times
// its decoded size. The large ones have a place of their own, so that the others do not
// wait for them. There is one table to open them on: a text of 3 MiB that an agent who
// lies fills with empty entries takes 100 MiB, before anybody sees that it means nothing.
type Room struct {
	small   chan struct{}
	large   chan struct{}
	table   chan struct{}
	wait    time.Duration
	carried *budget
}

// ErrCrowded says that there was no place to open a bundle in.
var ErrCrowded = errors.New("too many bundles are open")

const (
	smallPlaces = 4
	largePlaces = 1
	// smallBundle is the sealed size up to which a bundle is small: about 700 findings.
	smallBundle = 64 << 10
)

// maxCarried is how many bytes may be on their way out of a room at once.
const maxCarried = 64 << 20

// NewRoom makes an empty room, for a place in which somebody waits so long.
func NewRoom(wait time.Duration) *Room {
	return &Room{make(chan struct{}, smallPlaces), make(chan struct{}, largePlaces), make(chan struct{}, 1), wait, &budget{left: maxCarried}}
}

// Open opens a bundle of so many sealed bytes once it has a place, ErrCrowded when none
// is free in time. Nothing of it may be kept once the place is left, but what is carried
// out.
func (r *Room) Open(ctx context.Context, size int, open func() (*bundle.Opened, error)) (opened *bundle.Opened, leave func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.wait, ErrCrowded)
	defer cancel()
	places := r.small
	if size > smallBundle {
		places = r.large
	}
	if leave, err = enter(ctx, places); err != nil {
		return nil, nil, err
	}
	defer func() {
		if opened == nil { // not opened, or a panic
			leave()
		}
	}()
	opened, err = r.atTable(ctx, open)
	return opened, leave, err
}

func (r *Room) atTable(ctx context.Context, open func() (*bundle.Opened, error)) (*bundle.Opened, error) {
	rise, err := enter(ctx, r.table)
	if err != nil {
		return nil, err
	}
	defer rise()
	return open()
}

func enter(ctx context.Context, places chan struct{}) (leave func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
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

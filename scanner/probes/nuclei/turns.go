// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// turns let one site of an address be looked at after the other: they share its pace,
// so that together they would end no sooner, and each would hold one of the few
// connections that an address may have (exposure-checks.md section 1.2).
type turns struct {
	mu    sync.Mutex
	taken map[string]bool
	freed chan struct{} // closed, and made again, each time a place is free
}

func newTurns() *turns { return &turns{taken: map[string]bool{}, freed: make(chan struct{})} }

// take waits until all of some places are free, and takes them.
func (t *turns) take(ctx context.Context, places []string) error {
	for {
		freed, taken := t.tryTake(places)
		if taken {
			return nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *turns) tryTake(places []string) (freed chan struct{}, taken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slices.ContainsFunc(places, func(place string) bool { return t.taken[place] }) {
		return t.freed, false
	}
	for _, place := range places {
		t.taken[place] = true
	}
	return nil, true
}

func (t *turns) give(places []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, place := range places {
		delete(t.taken, place)
	}
	close(t.freed)
	t.freed = make(chan struct{})
}

// placesOf are the addresses of a host, or its name when they are not known.
func placesOf(ctx context.Context, network scanner.Network, host string) []string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []string{addr.Unmap().String()}
	}
	addresses, err := network.Lookup(ctx, host)
	if err != nil || len(addresses) == 0 { // the look will say why
		return []string{hostname.Canonical(host)}
	}
	var places []string
	for _, addr := range addresses {
		places = append(places, addr.Unmap().String())
	}
	return places
}

// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestSitesOfOneAddressTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		first := []string{"192.0.2.1", "192.0.2.2"}
		if err := turns.take(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		waits, gone := make(chan error, 1), make(chan error, 1)
		go func() { waits <- turns.take(t.Context(), []string{"192.0.2.2", "192.0.2.3"}) }()
		impatient, leave := context.WithCancel(t.Context())
		go func() { gone <- turns.take(impatient, []string{"192.0.2.1"}) }()
		synctest.Wait()
		if err := turns.take(t.Context(), []string{"192.0.2.3"}); err != nil {
			t.Errorf("an address that nobody looks at was not free: %v", err)
		}
		turns.give([]string{"192.0.2.3"})
		select {
		case err := <-waits:
			t.Fatalf("two looks at one address (%v)", err)
		default:
		}
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("a look that is over went on: %v", err)
		}
		turns.give(first)
		if err := <-waits; err != nil {
			t.Error(err)
		}
	})
}

// named is a network where a name has addresses.
type named struct {
	closedNetwork
	addresses []netip.Addr
	err       error
}

func (n named) Lookup(context.Context, string) ([]netip.Addr, error) { return n.addresses, n.err }

func TestPlacesOf(t *testing.T) {
	tests := map[string]struct {
		network named
		host    string
		want    []string
	}{
		"addresses":  {named{addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}, "www.chu.test", []string{"192.0.2.1", "2001:db8::1"}},
		"literal":    {named{err: errors.New("no name")}, "::ffff:192.0.2.1", []string{"192.0.2.1"}},
		"no-address": {named{}, "WWW.chu.test", []string{"www.chu.test"}},
		"no-answer":  {named{err: errors.New("late")}, "www.chu.test", []string{"www.chu.test"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, placesOf(t.Context(), test.network, test.host)); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"carescan/scanner"
)

// The bounds of a search for the places of excluded names.
const (
	searchTime = 10 * time.Second // for all of them together
	searchers  = 8                // names asked at once
	// searchAgain is after how long an excluded name is looked for anew.
	searchAgain = time.Minute
)

// exclusions knows the places that the excluded names lead to (docs/adr/0029). Its
// rules:
//
//   - Before anything is contacted, and once a minute from then on, the resolvers are
//     asked for the addresses of every excluded name that is not a pattern.
//   - Whatever was asked about, an answer that goes through an excluded name, those
//     below a pattern among them, tells its addresses too.
//   - A redirect of an excluded name tells its place: the whole address, or the
//     address and port on loopback, where a port is another machine's.
//   - What was found once stays excluded for the life of the guard.
//   - While the addresses of an excluded name have never been found out, nothing is
//     contacted but what redirects declare. A name proven to have none is found out.
type exclusions struct {
	searching chan struct{} // holds one search at a time
	mu        sync.Mutex    // guards what follows
	names     map[string]*excludedName
	addresses map[netip.Addr]string     // the excluded name that leads there
	places    map[netip.AddrPort]string // the same, for ports of loopback
}

// excludedName is what is known of one name without a star.
type excludedName struct {
	next  time.Time // when it is to be asked again
	found bool      // the resolvers have answered for it, or a redirect
	err   error     // of the last search
}

func (g *Guard) newExclusions() *exclusions {
	e := &exclusions{
		searching: make(chan struct{}, 1), names: map[string]*excludedName{},
		addresses: map[netip.Addr]string{}, places: map[netip.AddrPort]string{},
	}
	for _, entry := range g.config.Scope.ExcludedNames {
		if !strings.HasPrefix(entry, "*.") && len(g.config.Resolvers) > 0 {
			e.names[entry] = &excludedName{}
		}
	}
	for key, at := range g.redirects {
		host, _, _ := net.SplitHostPort(key) // as redirectKey joined them
		entry := g.config.Scope.NameExcludedBy(host)
		switch {
		case entry == "":
			continue
		case at.Addr().IsLoopback() && at.Port() != anyPort:
			e.places[at] = entry
		default:
			e.addresses[at.Addr()] = entry
		}
		if n := e.names[host]; n != nil {
			n.found = true
		}
	}
	return e
}

// learn notes where excluded names lead, from any answer about addresses.
func (g *Guard) learn(answer []resolved) {
	e := g.exclusions
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, found := range answer {
		for _, name := range found.names {
			if entry := g.config.Scope.NameExcludedBy(name); entry != "" {
				e.addresses[found.addr] = entry
			}
		}
	}
}

// findExcluded asks for the addresses of the excluded names that are due. An error
// is the end of the context: what could not be found out is told by judge.
func (g *Guard) findExcluded(ctx context.Context) error {
	if len(g.exclusions.due(g.config.Clock())) == 0 {
		return nil
	}
	select {
	case g.exclusions.searching <- struct{}{}:
		defer func() { <-g.exclusions.searching }()
	case <-ctx.Done():
		return ctx.Err()
	}
	search, cancel := context.WithTimeout(withinAge(scanner.Settled(ctx), searchAgain), searchTime)
	defer cancel()
	var group sync.WaitGroup
	places := make(chan struct{}, searchers)
	for _, name := range g.exclusions.due(g.config.Clock()) {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			_, err := g.resolver.lookup(search, name) // which tells learn
			if ctx.Err() == nil {
				g.exclusions.searched(name, g.config.Clock().Add(searchAgain), err)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

// due lists the names that are to be asked now, those never found out first: a long
// list makes progress however slow the resolvers are.
func (e *exclusions) due(now time.Time) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var missing, known []string
	for name, n := range e.names {
		switch {
		case now.Before(n.next):
		case n.found:
			known = append(known, name)
		default:
			missing = append(missing, name)
		}
	}
	return append(missing, known...)
}

func (e *exclusions) searched(name string, next time.Time, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.names[name]
	n.next, n.err, n.found = next, err, n.found || err == nil
}

// leadsTo is the excluded name that leads to a place; empty when none is known to.
func (e *exclusions) leadsTo(at netip.AddrPort) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if name := e.addresses[at.Addr()]; name != "" {
		return name
	}
	return e.places[at]
}

// unfound is a name whose addresses have never been found out, and why.
func (e *exclusions) unfound() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(e.names)) {
		if n := e.names[name]; !n.found {
			return name, n.err
		}
	}
	return "", nil
}

// excluded refuses what the scope excludes, by whatever road it was reached.
func (g *Guard) excluded(r route) error {
	scope := g.config.Scope
	if entry := scope.AddressExcludedBy(r.at.Addr()); entry.IsValid() {
		return refuseExcluded(r.describe(), entry.String(), "the address is excluded from the scope")
	}
	for _, name := range r.names {
		if entry := scope.NameExcludedBy(name); entry != "" {
			return refuseExcluded(r.describe(), entry, "it is reached through "+name+", which is excluded from the scope")
		}
	}
	if entry := g.exclusions.leadsTo(r.at); entry != "" {
		return refuseExcluded(r.describe(), entry, "the excluded name "+entry+" leads to the same address")
	}
	return nil
}

// perhapsExcluded refuses what may be the place of an excluded name that nobody can
// tell. What a redirect declares was looked at by whoever wrote it.
func (g *Guard) perhapsExcluded(r route) error {
	name, err := g.exclusions.unfound()
	if name == "" || r.declared {
		return nil
	}
	refusal := refuseExcluded(r.describe(), name, "the addresses of the excluded name "+name+" could not be found out")
	cause := scanner.Cause{Code: scanner.CauseExcluded}.At(r.describe()).With(scanner.ValueBy, name).With(scanner.ValueReason, scanner.ExcludedUnfound)
	return cause.Over(errors.Join(refusal, err))
}

// Exclusion is what is known of one excluded name.
type Exclusion struct {
	Name      string // as the scope has it
	Addresses []netip.Addr
	Err       error // why its addresses could not be found out
}

// Exclusions asks for the addresses of the excluded names, and tells what became of
// those that are not patterns.
func (g *Guard) Exclusions(ctx context.Context) ([]Exclusion, error) {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	if err := g.open("the resolvers"); err != nil {
		return nil, err
	}
	if err := g.findExcluded(ctx); err != nil {
		return nil, g.orStopped(err, "the resolvers")
	}
	e := g.exclusions
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []Exclusion
	for _, name := range slices.Sorted(maps.Keys(e.names)) {
		known := Exclusion{Name: name}
		if n := e.names[name]; !n.found {
			known.Err = n.err
		}
		for addr, by := range e.addresses {
			if by == name {
				known.Addresses = append(known.Addresses, addr)
			}
		}
		slices.SortFunc(known.Addresses, netip.Addr.Compare)
		list = append(list, known)
	}
	return list, nil
}

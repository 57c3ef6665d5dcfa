// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"carescan/scanner"
)

// place is where looks meet: the machine behind some addresses, a domain, or a source
// of the establishment's own. Few looks are made at one place at once, since the guard
// serves an address slowly, for all of them together; looks at other places never wait
// for these.
type place struct {
	room int // looks at once, at most
	// queues are the looks that wait for their turn, by urgency, each the longest first.
	queues [urgencies][]*job
	busy   map[string]bool // probes at work there
	load   int             // of what waits, in connections and requests
}

// urgency orders the looks of a place.
type urgency int

// The urgencies. What confirms at once comes first, being short and worth the less the
// longer it waits; what confirms later has waited ten minutes already.
const (
	urgencyAtOnce urgency = iota
	urgencyFirst
	urgencyLater
	urgencies = 3
)

// The rooms of places. The guard gives an address two connections and one request a
// second: while a long look waits for a slow answer, a second one uses what it leaves,
// and a third one would only wait. The looks at a domain ask resolvers, name servers, a
// registry and mail servers, which have little in common.
const (
	roomOfMachine = 2
	roomOfDomain  = 3
)

// add puts a look in line behind those that are as long. The longest begin first, so
// that the short ones pass beside them and none is left alone at the end.
func (p *place) add(j *job) {
	queue := p.queues[j.urgency()]
	i := slices.IndexFunc(queue, func(other *job) bool { return other.load < j.load })
	if i < 0 {
		i = len(queue)
	}
	p.queues[j.urgency()] = slices.Insert(queue, i, j)
	p.load += j.load
}

// next is the look whose turn it is, of those that may begin; nil when there is none.
// Two looks of one probe at one place would do the same, each at half the pace.
func (p *place) next(mayBegin func(*job) bool) *job {
	if len(p.busy) >= p.room {
		return nil
	}
	for _, queue := range p.queues {
		for _, j := range queue {
			if !p.busy[j.task.Probe] && mayBegin(j) {
				return j
			}
		}
	}
	return nil
}

func (p *place) take(j *job) {
	u := j.urgency()
	p.queues[u] = without(p.queues[u], j)
	p.load -= j.load
	p.busy[j.task.Probe] = true
}

func (p *place) leave(j *job) { delete(p.busy, j.task.Probe) }

func (p *place) waiting() int {
	n := 0
	for _, queue := range p.queues {
		n += len(queue)
	}
	return n
}

// meets tells whether a target is a machine, whose place follows from its addresses.
func meets(t scanner.Target) bool {
	switch t.Kind {
	case scanner.KindHost, scanner.KindService, scanner.KindSite:
		return t.Host() != ""
	case scanner.KindDomain, scanner.KindDirectory, scanner.KindApplication, scanner.KindRegister, scanner.KindEstablishment:
	}
	return false
}

// placesOf tells where each task of a plan looks. Names that share an address are one
// place, as they are for the guard.
func (e Engine) placesOf(ctx context.Context, tasks []scanner.Task) []*place {
	same := e.machines(ctx, tasks)
	known := map[string]*place{}
	list := make([]*place, len(tasks))
	for i, task := range tasks {
		key, room := task.Target.Key(), roomOfMachine
		if meets(task.Target) {
			key = same.root(task.Target.Host())
		}
		if task.Target.Kind == scanner.KindDomain {
			room = roomOfDomain
		}
		if known[key] == nil {
			known[key] = &place{room: room, busy: map[string]bool{}}
		}
		list[i] = known[key]
	}
	return list
}

const (
	// findTime is how long the addresses of all targets are looked for. A name whose
	// addresses are not known by then is a place of its own.
	findTime = 5 * time.Second
	// finders is how many names are asked about at once.
	finders = 16
)

// machines finds which of the hosts of some tasks are the same. Nothing is asked about
// one that may not be contacted, and what is found is what the looks will use: the guard
// keeps it.
func (e Engine) machines(ctx context.Context, tasks []scanner.Task) machines {
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	var hosts []string
	for _, task := range tasks {
		if host := task.Target.Host(); meets(task.Target) && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	found := make([][]string, len(hosts))
	next := make(chan int)
	var group sync.WaitGroup
	for range min(finders, len(hosts)) {
		group.Go(func() {
			for i := range next {
				found[i] = e.addresses(ctx, hosts[i])
			}
		})
	}
	for i := range hosts {
		next <- i
	}
	close(next)
	group.Wait()
	same := machines{}
	for i, host := range hosts {
		for _, address := range found[i] {
			same.join(host, address)
		}
	}
	return same
}

func (e Engine) addresses(ctx context.Context, host string) []string {
	if ctx.Err() != nil || e.Network.Permits(ctx, host) != nil {
		return nil
	}
	found, err := e.Network.Lookup(ctx, host)
	if err != nil {
		return nil // the looks will say so
	}
	var list []string
	for _, address := range found {
		list = append(list, address.String())
	}
	return list
}

// machines leads from a name or an address to another one of the same machine.
type machines map[string]string

// root is the one name or address that stands for the machine of another.
func (m machines) root(of string) string {
	for m[of] != "" {
		of = m[of]
	}
	return of
}

func (m machines) join(one, other string) {
	if one, other = m.root(one), m.root(other); one != other {
		m[one] = other
	}
}

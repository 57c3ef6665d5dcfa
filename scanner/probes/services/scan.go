// SPDX-License-Identifier: Apache-2.0

package services

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// maxLost is how many ports in a row that were open and no longer answer end
// the look (exposure-checks.md section 1.2).
const maxLost = 5

// connectTime is how long a port may stay silent: long enough for the kernel to
// ask again after one second.
const connectTime = 2 * time.Second

var errSilent = errors.New("the port stayed silent")

// scan is one look at one host.
type scan struct {
	probe *Probe
	net   scanner.Network
	host  string
	// addresses is how many the host has.
	addresses int
	ports     []fact.Port // the TCP ones first
	controls  []fact.Port // that nobody uses; none when nothing was suspect

	mu          sync.Mutex // guards what follows
	refusal     *scanner.Refusal
	ended       error
	lost        int // ports in a row that were open and no longer answer
	blocked     bool
	connections int
}

func (p *Probe) newScan(network scanner.Network, host string, addresses int) *scan {
	s := &scan{probe: p, net: network, host: host, addresses: addresses}
	for _, number := range p.options.Ports {
		port := fact.Port{Number: number, Transport: "tcp", Group: entryOf(number).group, State: fact.PortNotAsked}
		if d, ok := p.options.Declared[net.JoinHostPort(host, strconv.Itoa(number))]; ok {
			port.Declared = &d
		}
		s.ports = append(s.ports, port)
	}
	return s
}

// run asks every port, then tells what speaks behind the open ones.
func (s *scan) run(ctx context.Context) {
	s.askPorts(ctx)
	s.askControls(ctx)
	if s.artefact() {
		return
	}
	open := slices.DeleteFunc(s.open(), func(p *fact.Port) bool { return entryOf(p.Number).mute })
	if len(open) == 0 {
		s.blocked = s.blocked || s.keptOut(ctx)
		return
	}
	s.forEach(open, func(p *fact.Port) { s.identify(ctx, p) })
	// Fewer open ports than maxLost, and none of them answers any more.
	s.blocked = s.blocked || s.lost >= len(open)
}

// keptOut asks again the first port that refused, when none is open to tell
// whether we are still let in: the silence that came after would prove nothing.
func (s *scan) keptOut(ctx context.Context) bool {
	for _, p := range s.ports {
		if p.State == fact.PortClosed && p.Transport == "tcp" {
			s.connect(ctx, &p)
			return p.State == fact.PortFiltered
		}
	}
	return false
}

// askPorts leaves a quarter of the time given to identify what is open.
func (s *scan) askPorts(ctx context.Context) {
	first := ctx
	if left, bounded := scanner.TimeLeft(ctx); bounded {
		var cancel context.CancelFunc
		first, cancel = scanner.WithPatience(ctx, left*3/4)
		defer cancel()
	}
	s.each(s.ports, func(p *fact.Port) { s.connect(first, p) })
	s.askDatagrams(first)
	if ctx.Err() == nil {
		s.ended = nil // there is time left for what is open
	}
}

// each works on every port, a few at once.
func (s *scan) each(ports []fact.Port, work func(*fact.Port)) {
	all := make([]*fact.Port, len(ports))
	for i := range ports {
		all[i] = &ports[i]
	}
	s.forEach(all, work)
}

func (s *scan) forEach(ports []*fact.Port, work func(*fact.Port)) {
	queue := make(chan *fact.Port)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for p := range queue {
				work(p)
			}
		})
	}
	for _, p := range ports {
		queue <- p
	}
	close(queue)
	group.Wait()
}

// open lists the TCP ports that are.
func (s *scan) open() []*fact.Port {
	var open []*fact.Port
	for i := range s.ports {
		if p := &s.ports[i]; p.State == fact.PortOpen && p.Transport == "tcp" {
			open = append(open, p)
		}
	}
	return open
}

// controls are ports that nobody uses: not assigned by IANA, three below 1024,
// where filters answer first, one above, and one that is never assigned (RFC 6335
// section 6).
var controls = []int{14, 299, 940, 7140, 61234}

// askControls asks ports that nobody uses of a host that has suspiciously many
// open: what accepts these too answers for everything. Other hosts are spared them.
func (s *scan) askControls(ctx context.Context) {
	if len(s.open()) < suspect {
		return
	}
	for _, number := range controls {
		s.controls = append(s.controls, fact.Port{Number: number, Transport: "tcp", State: fact.PortNotAsked})
	}
	s.each(s.controls, func(p *fact.Port) { s.connectControl(ctx, p) })
}

// connectControl tells how a port that nobody uses answers. What keeps us from
// asking it keeps us from nothing else.
func (s *scan) connectControl(ctx context.Context, p *fact.Port) {
	if s.over() || ctx.Err() != nil {
		return
	}
	wait, end := s.waiting(ctx)
	defer end(nil)
	conn, err := s.dial(wait, p)
	if _, refused := errors.AsType[*scanner.Refusal](err); refused {
		return
	}
	p.State, p.Error = fact.PortOpen, ""
	if err != nil {
		p.State, p.Error = stateOf(err)
		return
	}
	conn.Close()
}

// artefact tells whether something on the way answers for every port.
func (s *scan) artefact() bool {
	open, asked, counted := len(s.open()), 0, s.counted()
	for _, p := range s.ports {
		if p.Transport == "tcp" && p.State != fact.PortNotAsked {
			asked++
		}
	}
	return open > maxOpen || asked >= fromHalf && 2*open > asked || counted.open >= minControls
}

// tally counts ports that were asked, and those of them that are open.
type tally struct{ asked, open int }

// counted are the control ports.
func (s *scan) counted() (t tally) {
	for _, p := range s.controls {
		if p.State != fact.PortNotAsked {
			t.asked++
		}
		if p.State == fact.PortOpen {
			t.open++
		}
	}
	return t
}

// connect tells how a port answers, and says nothing to it.
func (s *scan) connect(ctx context.Context, p *fact.Port) {
	if s.over() {
		return
	}
	wait, end := s.waiting(ctx)
	defer end(nil)
	conn, err := s.dial(wait, p)
	switch {
	case err == nil:
		p.State, p.Address = fact.PortOpen, place(conn, p)
		conn.Close()
	case errors.Is(context.Cause(wait), errSilent):
		p.State = fact.PortFiltered
	case !s.stopped(ctx, err):
		p.State, p.Error = stateOf(err)
	}
}

// place is the address that answered with the port that was asked: the one people
// know, wherever a redirect leads.
func place(conn net.Conn, p *fact.Port) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(p.Number))
}

// waiting bounds the wait for one port from the moment the kernel begins to
// connect. A time-out over the whole dial would count the wait for a place at
// the door, and take our own restraint for the silence of a port. A name with
// several addresses keeps the bound of the door, which is one per address.
func (s *scan) waiting(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, end := context.WithCancelCause(ctx)
	if s.addresses > 1 {
		return ctx, end
	}
	begin := func(string, string) { time.AfterFunc(connectTime, func() { end(errSilent) }) }
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectStart: begin}), end
}

// over tells whether there is no point in going on.
func (s *scan) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusal != nil || s.ended != nil || s.blocked
}

// dial opens one connection and counts it.
func (s *scan) dial(ctx context.Context, p *fact.Port) (net.Conn, error) {
	conn, err := s.net.DialContext(ctx, p.Transport, net.JoinHostPort(s.host, strconv.Itoa(p.Number)))
	if _, refused := errors.AsType[*scanner.Refusal](err); !refused {
		s.mu.Lock()
		s.connections++
		s.mu.Unlock()
	}
	return conn, err
}

// stateOf reads the failure of a connection. "Closed" needs an explicit refusal
// (exposure-checks.md section 1.1).
func stateOf(err error) (fact.PortState, string) {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fact.PortClosed, ""
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES): // ICMP of a filter
		return fact.PortFiltered, ""
	case errors.As(err, &timeout) && timeout.Timeout():
		return fact.PortFiltered, ""
	}
	return fact.PortUnknown, excerpt.Error(err, 200)
}

// found counts the ports in a row that were open and no longer answer.
func (s *scan) found(answers bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answers {
		s.lost = 0
		return
	}
	s.lost++
	s.blocked = s.blocked || s.lost >= maxLost
}

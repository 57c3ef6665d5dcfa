// SPDX-License-Identifier: Apache-2.0

package services

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxLost is how many ports in a row that were open and no longer answer end
// the look (exposure-checks.md section 1.2).
const maxLost = 5

// scan is one look at one host.
type scan struct {
	probe *Probe
	net   scanner.Network
	host  string
	ports []fact.Port // the TCP ones first

	mu          sync.Mutex // guards what follows
	refusal     *scanner.Refusal
	ended       error
	lost        int // ports in a row that were open and no longer answer
	blocked     bool
	connections int
}

func (p *Probe) newScan(network scanner.Network, host string) *scan {
	s := &scan{probe: p, net: network, host: host}
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
	s.each(s.ports, func(p *fact.Port) { s.connect(ctx, p) })
	s.askDatagrams(ctx)
	open := s.open()
	if s.artefact() || len(open) == 0 {
		return
	}
	s.forEach(open, func(p *fact.Port) { s.identify(ctx, p) })
	// Fewer open ports than maxLost, and none of them answers any more.
	s.blocked = s.blocked || s.lost >= len(open)
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

// artefact tells whether something on the way answers for every port.
func (s *scan) artefact() bool { return len(s.open()) > maxOpen }

// connect tells how a port answers, and says nothing to it.
func (s *scan) connect(ctx context.Context, p *fact.Port) {
	if s.over() {
		return
	}
	conn, err := s.dial(ctx, p)
	if err == nil {
		p.State, p.Address = fact.PortOpen, conn.RemoteAddr().String()
		conn.Close()
		return
	}
	if !s.stopped(ctx, err) {
		p.State, p.Error = stateOf(err)
	}
}

// over tells whether there is no point in going on.
func (s *scan) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusal != nil || s.ended != nil || s.blocked
}

// dial opens one connection. It has no time-out of its own: waiting for a place
// at the door must not look like the silence of a port. The door bounds each
// attempt.
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
	return fact.PortUnknown, bounded(err.Error(), 200)
}

// bounded cuts a text that comes from outside.
func bounded(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
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

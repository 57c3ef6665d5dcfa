// SPDX-License-Identifier: Apache-2.0

package delegation

import (
	"slices"
	"strings"

	"carescan/checks/internal/named"
	"carescan/scanner"
	"carescan/scanner/fact"
)

// sorted is every server, by what it answered, with its address.
type sorted struct {
	fine, lame       []string
	missing          []string // whose name is proven to have no address
	failing          []string // that answer, and only to say that they cannot
	silent, notAsked named.Doubts
	// unrouted are addresses that do not lead out of here, of servers that
	// answered at another one.
	unrouted             []string
	tcpClosed, tcpSilent []string // of those that answer over UDP
	// heard and tcpHeard tell that some server answered, and that one did over
	// TCP: without any, the way out of our own network may be closed.
	heard, tcpHeard bool
}

func sort(d fact.Delegation) sorted {
	var s sorted
	for _, server := range d.Servers {
		for _, at := range server.Addresses {
			s.tcpHeard = s.tcpHeard || answered(at.TCP.State)
			s.heard = s.heard || answered(at.UDP.State) || answered(at.TCP.State)
		}
	}
	for _, server := range d.Servers {
		s.server(server)
	}
	return s
}

func (s *sorted) server(server fact.NameServer) {
	switch {
	case len(server.Addresses) == 0 && server.Answer == fact.NoData:
		s.missing = append(s.missing, server.Host)
	case len(server.Addresses) == 0: // nobody knows where to ask
		s.notAsked.Add(server.Host, server.Cause, scanner.CauseDNSFailure)
	}
	reached := slices.ContainsFunc(server.Addresses, func(at fact.ServerAddress) bool {
		return at.UDP.State != fact.ServerNoRoute
	})
	for _, at := range server.Addresses {
		s.address(server.Host+" "+at.Address, at, reached)
	}
}

// address files one address of a server. What UDP says decides; a port closed to
// both transports counts too, when another server shows that ours are open.
func (s *sorted) address(name string, at fact.ServerAddress, reached bool) {
	closed := s.heard && at.UDP.State == fact.ServerClosed && slices.Contains(useless(), at.TCP.State)
	switch state := at.UDP.State; {
	case state == fact.ServerLame || closed:
		s.lame = append(s.lame, name)
	case state == fact.ServerAuthoritative:
		s.fine = append(s.fine, name)
		s.stream(name, at.TCP.State)
	case state == fact.ServerNoRoute && reached:
		s.unrouted = append(s.unrouted, name)
	case state == fact.ServerNoRoute:
		s.notAsked.Add(name, at.UDP.Cause, scanner.CauseUnreachable)
	case state == fact.ServerNotAsked:
		s.notAsked.Add(name, at.UDP.Cause, scanner.CauseOutOfScope)
	case state == fact.ServerFailing:
		s.failing = append(s.failing, name)
	case state == fact.ServerClosed:
		s.silent.Add(name, at.UDP.Cause, scanner.CauseRefused)
	default:
		s.silent.Add(name, at.UDP.Cause, scanner.CauseTimeout)
	}
}

func (s *sorted) stream(name string, state fact.ServerState) {
	switch state {
	case fact.ServerAuthoritative:
	case fact.ServerClosed, fact.ServerLame:
		s.tcpClosed = append(s.tcpClosed, name)
	case fact.ServerSilent, fact.ServerFailing, fact.ServerNotAsked, fact.ServerNoRoute:
		s.tcpSilent = append(s.tcpSilent, name)
	}
}

func answered(state fact.ServerState) bool {
	return state == fact.ServerAuthoritative || state == fact.ServerLame
}

// useless are the ends of a contact over TCP that brought no authority.
func useless() []fact.ServerState { return []fact.ServerState{fact.ServerClosed, fact.ServerLame} }

// telling is a set of name servers and who told it.
type telling struct{ by, text string }

// tellings lists the sets that the servers tell, or that of the resolvers when no
// server could be asked: theirs may be hours old.
func tellings(d fact.Delegation) []telling {
	var told []telling
	for _, server := range d.Servers {
		for _, at := range server.Addresses {
			if len(at.NS) > 0 {
				told = append(told, telling{server.Host + " " + at.Address, written(at.NS)})
			}
		}
	}
	if len(told) == 0 && knownWhole(d.Zone) {
		told = append(told, telling{d.Zone.Server, written(d.Zone.Values)})
	}
	return told
}

// knownWhole tells whether a set is known, to its last entry.
func knownWhole(set fact.RecordSet) bool {
	return set.Error == "" && (set.Answer == fact.Present || set.Answer.Absent())
}

func written(values []string) string {
	var hosts []string
	for _, value := range values {
		hosts = append(hosts, scanner.CanonicalName(value))
	}
	slices.Sort(hosts)
	if len(hosts) == 0 {
		return "—"
	}
	return strings.Join(slices.Compact(hosts), ", ")
}

// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
)

// server is somebody who may be asked.
type server struct {
	dnswire.Server
	recursive bool // a resolver; otherwise a server of the domain itself
}

// asker puts questions to servers within the bounds of one look, and keeps what
// they answered.
type asker struct {
	*dnswire.Asker
	net     scanner.Network
	journal journal
	// closed are the servers that offer no recursion, as each said when asked for the zone.
	closed map[dnswire.Server]fact.RecursionTry
}

func newAsker(net scanner.Network, timeout time.Duration) *asker {
	return &asker{Asker: dnswire.NewAsker(net, timeout, maxExchanges), net: net, closed: map[dnswire.Server]fact.RecursionTry{}}
}

// put asks a resolver, or a server of the domain.
func (a *asker) put(ctx context.Context, s server, name string, qtype uint16) (reply *dns.Msg, from string, err error) {
	if s.recursive {
		reply, from, _, err = a.Consult(ctx, s.Server, name, qtype)
		return reply, from, err //nolint:wrapcheck // it says which exchange failed
	}
	return a.Ask(ctx, s.Server, dnswire.NewQuery(name, qtype, false)) //nolint:wrapcheck // as above
}

var errNobody = scanner.NotSeen(scanner.CauseNoServer, nil, errors.New("no server left to ask"))

// ask puts one question to groups of servers, each in turn, until one really answers
// it.
func (a *asker) ask(ctx context.Context, name string, qtype uint16, groups ...[]server) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: dns.TypeToString[qtype], Answer: fact.NoAnswer}
	blame(&set, errNobody)
	var servers []server
	for _, group := range groups {
		servers = append(servers, dnswire.Turn(ctx, group)...)
	}
	for _, s := range servers {
		if a.Silent(s.Server) {
			if set.Cause.Code == scanner.CauseNoServer {
				blame(&set, dnswire.ErrSilent)
			}
			continue
		}
		reply, from, err := a.put(ctx, s, name, qtype)
		if err == nil {
			err = settle(&set, s, reply)
		}
		if err == nil {
			set.Server = from
			a.journal.answer(set, reply, a.Before())
			return set
		}
		blame(&set, fmt.Errorf("%s: %w", s.Address, err))
	}
	a.journal.silence(set)
	return set
}

// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"context"
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
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
}

// ask puts one question to the servers in turn, until one really answers it.
func (a *asker) ask(ctx context.Context, name string, qtype uint16, servers []server) fact.RecordSet {
	set := fact.RecordSet{Name: name, Type: dns.TypeToString[qtype], Answer: fact.NoAnswer, Error: "no server left to ask"}
	for _, s := range servers {
		if a.Silent(s.Server) {
			continue
		}
		reply, from, err := a.Ask(ctx, s.Server, dnswire.NewQuery(name, qtype, s.recursive))
		if err == nil {
			err = settle(&set, s, reply)
		}
		if err == nil {
			set.Server = from
			a.journal.answer(set, reply)
			return set
		}
		set.Error = excerpt.Of(fmt.Sprintf("%s: %v", s.Address, err), maxError)
	}
	a.journal.silence(set)
	return set
}

// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"
	"fmt"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/probes/internal/dnswire"
)

var errLarge = fmt.Errorf("the answer holds more than %d records", maxRecords)

// asker puts questions to servers within the bounds of one look, and keeps what
// they answered.
type asker struct {
	*dnswire.Asker
	net     scanner.Network
	journal journal
}

// ask puts one question to one server, and believes whatever it says.
func (a *asker) ask(ctx context.Context, server string, q *dns.Msg) (*dns.Msg, string, error) {
	reply, from, err := a.Ask(ctx, dnswire.Server{Address: server}, q)
	return a.heard(server, q, reply, from, err)
}

// consult puts one question to one resolver, and gets what it would not believe too.
func (a *asker) consult(ctx context.Context, resolver, name string, kind uint16) (*dns.Msg, string, error) {
	reply, from, _, err := a.Consult(ctx, dnswire.Server{Address: resolver}, name, kind)
	return a.heard(resolver, dnswire.NewQuery(name, kind, true), reply, from, err)
}

// heard keeps an answer as evidence.
func (a *asker) heard(server string, q, reply *dns.Msg, from string, err error) (*dns.Msg, string, error) {
	if err == nil && max(len(reply.Answer), len(reply.Ns)) > maxRecords {
		err = errLarge // part of a set is no set: its signature would seem wrong
	}
	if err != nil {
		a.journal.silence(q, server, err)
		return nil, "", err
	}
	a.journal.answer(q, from, reply, a.Before())
	return reply, from, nil
}

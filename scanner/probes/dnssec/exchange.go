// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/probes/internal/dnswire"
)

// asker puts questions to servers within the bounds of one look, and keeps what
// they answered.
type asker struct {
	*dnswire.Asker
	net     scanner.Network
	journal journal
}

// newQuery asks one question with signatures (RFC 3225). Told not to check, a
// resolver gives what it would not believe (RFC 4035 section 3.2.2).
func newQuery(name string, kind uint16, recursive, unchecked bool) *dns.Msg {
	q := dnswire.NewQuery(name, kind, recursive)
	q.CheckingDisabled = unchecked
	q.IsEdns0().SetDo()
	return q
}

// ask puts one question to one server.
func (a *asker) ask(ctx context.Context, server string, q *dns.Msg) (*dns.Msg, string, error) {
	reply, from, err := a.Ask(ctx, dnswire.Server{Address: server}, q)
	if err != nil {
		a.journal.silence(q, server, err)
		return nil, "", err //nolint:wrapcheck // it says which exchange failed
	}
	a.journal.answer(q, from, reply)
	return reply, from, nil
}

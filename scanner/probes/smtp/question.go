// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of one answer.
const (
	maxValues = 50
	maxValue  = 512
)

// answered is a set, the message it was read in, and what a resolver that checks
// signatures thinks of it.
type answered struct {
	fact.RecordSet
	reply    *dns.Msg // nil without an answer
	security fact.Security
}

// ask puts a question to the resolvers in turn, until one settles it.
func (l *look) ask(ctx context.Context, name, kind string) answered {
	ctx = aboutRecords(ctx)
	a := answered{RecordSet: fact.RecordSet{Name: name, Type: kind, Answer: fact.NoAnswer}, security: fact.Indeterminate}
	for _, at := range dnswire.Turn(ctx, l.resolvers) {
		reply, hidden, err := l.consult(ctx, at, name, dns.StringToType[kind])
		if err == nil {
			err = settle(&a.RecordSet, reply)
		}
		if err == nil {
			a.Server, a.Cause, a.Error = at.Address, scanner.Cause{}, ""
			a.reply, a.security = reply, l.security(ctx, at, reply, hidden)
			return a
		}
		a.Cause, _ = excerpt.Why(err, maxText)
		a.Error = clean(at.Address + ": " + scanner.Technical(err.Error()))
	}
	return a
}

// aboutRecords is asking for what the DNS says of the mail servers, as opposed to what
// they show.
func aboutRecords(ctx context.Context) context.Context {
	return scanner.About(ctx, fact.MailServers{}.FactKind(), fact.MailServerRecords)
}

// consult asks one resolver, and tells whether the answer was hidden until it was
// told not to check. One that says an answer is authentic checks signatures.
func (l *look) consult(ctx context.Context, at dnswire.Server, name string, qtype uint16) (reply *dns.Msg, hidden bool, err error) {
	reply, _, hidden, err = l.asker.Consult(ctx, at, name, qtype)
	if err == nil && reply.AuthenticatedData && !hidden {
		l.validators[at] = true
	}
	return reply, hidden, err //nolint:wrapcheck // it says which exchange failed
}

// security is what a resolver says of an answer. Of one that does not check
// signatures, nothing can be called insecure or bogus.
func (l *look) security(ctx context.Context, at dnswire.Server, reply *dns.Msg, hidden bool) fact.Security {
	switch {
	case reply.AuthenticatedData && !hidden:
		return fact.Secure
	case !l.validates(ctx, at):
		return fact.Indeterminate
	case hidden:
		return fact.Bogus
	}
	return fact.Insecure
}

// settle fills a set. Only a proper negative answer proves an absence.
func settle(set *fact.RecordSet, reply *dns.Msg) error {
	if err := dnswire.Resolved(reply); err != nil {
		return err //nolint:wrapcheck // it says what the resolver did
	}
	records, _ := dnswire.Records(reply, set.Name, dns.StringToType[set.Type])
	for _, rr := range records {
		if len(set.Values) < maxValues {
			set.Values = append(set.Values, value(rr))
		}
	}
	slices.Sort(set.Values)
	switch {
	case len(set.Values) > 0:
		set.Answer = fact.Present
	case reply.Rcode == dns.RcodeNameError:
		set.Answer = fact.NXDomain
	default:
		set.Answer = fact.NoData
	}
	return nil
}

func value(rr dns.RR) string {
	text := strings.TrimPrefix(rr.String(), rr.Header().String())
	if txt, ok := rr.(*dns.TXT); ok {
		text = strings.Join(txt.Txt, "")
	}
	return text[:min(len(text), maxValue)]
}

// validates tells whether a resolver checks signatures: the root is signed, and what
// it says of itself is marked as checked by whoever does. It is asked once, unless
// another answer has told it.
func (l *look) validates(ctx context.Context, at dnswire.Server) bool {
	known, asked := l.validators[at]
	if asked {
		return known
	}
	reply, _, err := l.asker.Ask(ctx, at, dnswire.NewQuery(".", dns.TypeNS, true))
	l.validators[at] = err == nil && dnswire.Resolved(reply) == nil && len(reply.Answer) > 0 && reply.AuthenticatedData
	return l.validators[at]
}

// validating tells whether one of the resolvers is known to check signatures.
func (l *look) validating(ctx context.Context) bool {
	ctx = aboutRecords(ctx)
	return slices.ContainsFunc(l.resolvers, func(at dnswire.Server) bool { return l.validates(ctx, at) })
}

// exchanger is a target of an MX record.
type exchanger struct {
	name       string
	preference int
}

// exchangersOf lists the targets once each, in the order senders try them.
func exchangersOf(records []dns.RR) []exchanger {
	var found []exchanger
	for _, rr := range records {
		mx, ok := rr.(*dns.MX)
		if !ok {
			continue
		}
		e := exchanger{scanner.CanonicalName(mx.Mx), int(mx.Preference)}
		if !slices.ContainsFunc(found, func(other exchanger) bool { return other.name == e.name }) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b exchanger) int {
		return cmp.Or(cmp.Compare(a.preference, b.preference), cmp.Compare(a.name, b.name))
	})
	return found
}

// isNull obeys RFC 7505 section 3: a single record whose target is the root.
func isNull(exchangers []exchanger) bool {
	return len(exchangers) == 1 && exchangers[0].name == ""
}

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

// question asks for a type of record with its signatures checked by the resolver
// (RFC 6840 section 5.7: DO asks for the AD bit too).
func question(name string, qtype uint16) *dns.Msg {
	q := dnswire.NewQuery(name, qtype, true)
	q.CheckingDisabled = false
	q.IsEdns0().SetDo()
	return q
}

// ask puts a question to the resolvers in turn, until one settles it.
func (l *look) ask(ctx context.Context, name, kind string) (fact.RecordSet, *dns.Msg) {
	set := fact.RecordSet{Name: name, Type: kind, Answer: fact.NoAnswer}
	for _, at := range l.resolvers {
		reply, _, err := l.asker.Ask(ctx, at, question(name, dns.StringToType[kind]))
		if err == nil {
			err = settle(&set, reply)
		}
		if err == nil {
			set.Server, set.Cause, set.Error = at.Address, scanner.Cause{}, ""
			return set, reply
		}
		set.Cause, _ = excerpt.Why(err, maxText)
		set.Error = clean(at.Address + ": " + scanner.Technical(err.Error()))
	}
	return set, nil
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

// validating tells whether a resolver checks signatures: the root is signed, and
// what it says of itself is marked as checked by whoever does.
func (l *look) validating(ctx context.Context) bool {
	set, reply := l.ask(ctx, ".", "NS")
	return set.Answer == fact.Present && reply.AuthenticatedData
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

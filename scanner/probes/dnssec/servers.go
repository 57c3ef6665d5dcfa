// SPDX-License-Identifier: Apache-2.0

package dnssecprobe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// maxParents is how many servers of the registry are asked.
const maxParents = 2

// maxListed is how many servers are listed, asked or not.
const maxListed = 32

// servers looks at the servers of the name, when they must serve signed records.
func (l *look) servers(ctx context.Context) {
	if l.fact.State != fact.Secure || len(l.prints) == 0 {
		return
	}
	random := strings.ToLower(rand.Text()) + "." + l.name
	asked := 0
	for _, host := range l.nameServers(ctx) {
		s := l.permitted(ctx, host, asked)
		if s.Contact == fact.ContactAsked {
			asked++
			l.serve(ctx, &s, net.JoinHostPort(host, "53"), random)
		}
		l.fact.Servers = append(l.fact.Servers, s)
	}
	if asked == 0 {
		l.fallBack(ctx, random)
	}
}

// permitted tells whether a server may be asked.
func (l *look) permitted(ctx context.Context, host string, asked int) fact.DNSSECServer {
	s := fact.DNSSECServer{Server: host, Contact: fact.ContactNotAsked}
	if addresses, err := l.asker.net.Lookup(scanner.Settled(ctx), host); err == nil && len(addresses) == 0 {
		s.Contact, s.Error = fact.ContactAbsent, "the name server has no address"
		return s
	}
	err := l.asker.net.Permits(ctx, host)
	if err == nil && asked >= maxServers {
		err = errManyServers
	}
	if err != nil {
		s.Error = excerpt.Error(err, maxError)
		return s
	}
	s.Contact = fact.ContactAsked
	return s
}

var errManyServers = errors.New("the domain has more servers than are asked")

// nameServers lists the servers of the name in a stable order. The list needs no
// proof: what they say does.
func (l *look) nameServers(ctx context.Context) []string {
	var hosts []string
	var link fact.DNSSECLink
	l.consult(scanner.Settled(ctx), &link, l.name, dns.TypeNS, func(reply *dns.Msg) verdict {
		for _, rr := range pick(reply.Answer, l.name, dns.TypeNS).records {
			if ns, ok := rr.(*dns.NS); ok {
				hosts = append(hosts, scanner.CanonicalName(ns.Ns))
			}
		}
		return secure()
	})
	if len(hosts) == 0 {
		hosts = l.delegatedTo(ctx)
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	return hosts[:min(len(hosts), maxListed)]
}

// delegatedTo asks the registry for the servers of the name, when the resolvers hide
// them: some fail on a badly signed zone even when they are told not to check.
func (l *look) delegatedTo(ctx context.Context) (hosts []string) {
	registry, err := l.asker.net.Parents(ctx, l.fact.Name)
	if err != nil {
		return nil // nobody knows: the resolvers stand for the servers
	}
	for _, at := range registry[:min(len(registry), maxParents)] {
		reply, _, silent := l.asker.ask(ctx, at.String(), dnswire.NewQuery(l.name, dns.TypeNS, false))
		if silent != nil {
			continue
		}
		for _, rr := range slices.Concat(reply.Answer, reply.Ns) {
			if ns, ok := rr.(*dns.NS); ok && dns.CanonicalName(ns.Hdr.Name) == l.name {
				hosts = append(hosts, scanner.CanonicalName(ns.Ns))
			}
		}
		if len(hosts) > 0 {
			break
		}
	}
	return hosts
}

// fallBack asks the resolvers for the records instead, until one has them whole:
// what one of them breaks is not the domain's fault.
func (l *look) fallBack(ctx context.Context, random string) {
	var s fact.DNSSECServer
	for _, resolver := range dnswire.Turn(ctx, l.resolvers) {
		s = fact.DNSSECServer{Server: resolver, Recursive: true, Contact: fact.ContactAsked}
		l.serve(ctx, &s, resolver, random)
		if !slices.ContainsFunc(s.Sets, func(set fact.SignedSet) bool {
			return set.State == fact.Bogus || set.State == fact.Indeterminate
		}) {
			break
		}
	}
	l.fact.Servers = append(l.fact.Servers, s)
}

// ownTypes are the sets of the top of a zone that are looked at, after its keys.
func ownTypes() []uint16 { return []uint16{dns.TypeSOA, dns.TypeNS, dns.TypeMX, dns.TypeA} }

// serve asks one server for the keys, then for the other sets, and judges these
// with the keys it gave: a server must be whole by itself.
func (l *look) serve(ctx context.Context, s *fact.DNSSECServer, address, random string) {
	var by authority
	var trust verdict
	s.Lame = !s.Recursive // until one answer says otherwise
	s.Sets = append(s.Sets, l.set(about(ctx, fact.DNSSECKeys), s, address, l.name, dns.TypeDNSKEY, func(reply *dns.Msg) finding {
		keys := pick(reply.Answer, l.name, dns.TypeDNSKEY)
		trust, by = l.validator.keys(keys, l.prints)
		s.Keys = describeKeys(keysOf(keys))
		return finding{verdict: trust, answer: answerOf(reply, keys), sigs: bounded(keys.sigs)}
	}))
	judge := func(name string, kind uint16) fact.SignedSet {
		return l.set(about(ctx, fact.DNSSECSets), s, address, name, kind, func(reply *dns.Msg) finding {
			return inherit(l.validator.validate(reply, name, kind, l.authority(by)), trust)
		})
	}
	for _, kind := range ownTypes() {
		s.Sets = append(s.Sets, judge(l.name, kind))
	}
	denial := judge(random, dns.TypeA)
	denial.Type = fact.TypeDenial
	s.Sets = append(s.Sets, denial)
}

// authority stands for keys that were not proven: nothing can be signed by none.
func (l *look) authority(by authority) authority {
	if by.zone == "" {
		return authority{zone: l.name}
	}
	return by
}

func answerOf(reply *dns.Msg, set signedSet) fact.Answer {
	switch {
	case len(set.records) > 0:
		return fact.Present
	case reply.Rcode == dns.RcodeNameError:
		return fact.NXDomain
	}
	return fact.NoData
}

// inherit gives the sets of a server whose keys are not proven the state of
// these keys. Missing and late signatures are still said as they are.
func inherit(f finding, keys verdict) finding {
	plain := f.reason == fact.SignatureMissing || f.reason == fact.SignatureExpired || f.reason == fact.SignatureEarly
	switch {
	case keys.state == fact.Secure || f.answer == fact.NoAnswer:
	case keys.state == "":
		f.verdict = unprovable(fact.NotAnswered)
	case keys.state != fact.Bogus:
		f.verdict = keys
	case !plain:
		f.verdict = bogus(fact.KeyNotTrusted)
	}
	return f
}

// set asks one question of one server.
func (l *look) set(ctx context.Context, s *fact.DNSSECServer, address, name string, kind uint16, judge func(*dns.Msg) finding) fact.SignedSet {
	set := fact.SignedSet{Type: dns.TypeToString[kind], Answer: fact.NoAnswer, State: fact.Indeterminate, Reason: fact.NotAnswered}
	reply, from, err := l.put(ctx, s, address, name, kind)
	if err == nil {
		s.Address = from
		err = entitled(s, reply)
	}
	s.Lame = s.Lame && (errors.Is(err, errDisowned) || errors.Is(err, errNotAuthoritative))
	if err != nil {
		set.Error = excerpt.Error(err, maxError)
		if errors.Is(err, errNotAuthoritative) {
			set.Reason = fact.NotAuthoritative
		}
		return set
	}
	f := judge(reply)
	set.Answer, set.State, set.Reason = f.answer, f.state, f.reason
	set.Wildcard, set.Denial, set.Signatures = f.wildcard, f.denial, describeSignatures(f.sigs)
	return set
}

// errDisowned is the answer of a server that does not hold the zone: the codes that
// the look at delegations takes for one.
var errDisowned = errors.New("the server answered")

// put asks a server of the name, or a resolver in its place. The servers are asked for
// their list over TCP, as whoever looks at the delegation asks them: that is one
// question for both.
func (l *look) put(ctx context.Context, s *fact.DNSSECServer, address, name string, kind uint16) (*dns.Msg, string, error) {
	if s.Recursive {
		return l.asker.consult(ctx, address, name, kind)
	}
	q := dnswire.NewQuery(name, kind, false)
	if kind == dns.TypeSOA {
		q = dnswire.NewStart(name) // as the delegation is asked for
	}
	if server := (dnswire.Server{Address: address}); kind == dns.TypeNS && !l.asker.Silent(server) {
		if reply, from, err := l.asker.Over(ctx, "tcp", server, q); err == nil {
			return l.asker.heard(address, q, reply, from, nil)
		}
	}
	return l.asker.ask(ctx, address, q)
}

// entitled tells whether a server may speak of the name. A referral is not an
// answer (RFC 2308 section 2.2.1).
func entitled(s *fact.DNSSECServer, reply *dns.Msg) error {
	switch {
	case s.Recursive:
		return dnswire.Resolved(reply) //nolint:wrapcheck // it says what the resolver did
	case reply.Rcode == dns.RcodeRefused || reply.Rcode == dns.RcodeNotAuth:
		return fmt.Errorf("%w %s", errDisowned, dnswire.CodeName(reply.Rcode))
	case !dnswire.IsConclusive(reply):
		return fmt.Errorf("the server answered %s", dnswire.CodeName(reply.Rcode))
	case !reply.Authoritative:
		return errNotAuthoritative
	}
	return nil
}

// describeSignatures keeps whose and of when. Dates are 32 bits of seconds, and
// are read near the present, as every validator does until 2106.
func describeSignatures(sigs []*dns.RRSIG) []fact.Signature {
	var described []fact.Signature
	for _, sig := range sigs {
		described = append(described, fact.Signature{
			Covers: dns.TypeToString[sig.TypeCovered], Tag: int(sig.KeyTag), Algorithm: int(sig.Algorithm),
			From: time.Unix(int64(sig.Inception), 0).UTC(), Until: time.Unix(int64(sig.Expiration), 0).UTC(),
		})
	}
	return described
}

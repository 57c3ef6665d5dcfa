// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// The bounds of one resolution.
const (
	maxAliases   = 8               // CNAME records followed from one name
	maxAddresses = 16              // addresses kept per family
	maxRecords   = 256             // records read in one answer
	askTimeout   = 3 * time.Second // one question to one resolver
	udpSize      = 1232            // EDNS buffer that no path fragments (DNS flag day 2020)
	maxCached    = 4096            // names in the cache
)

// keepNames is how long the addresses read in answers need not be read again.
const keepNames = time.Minute

// keepFor is how long an answer stands, whatever its TTL: a first look, and the one
// that confirms it ten minutes later, are told the same, and the address that was
// checked is the one that is dialled.
const keepFor = 15 * time.Minute

// resolver finds the addresses of names. Its rules:
//
//   - Names are asked as fully qualified, A first and then AAAA, of the declared
//     resolvers in order: UDP, then TCP when the answer is truncated. A resolver
//     that is silent, fails or answers another question hands over to the next;
//     NOERROR and NXDOMAIN end the search.
//   - Aliases are followed from the name asked, through CNAME records whose owner
//     is the name reached so far, at most 8 of them; records of other owners are
//     ignored. An answer that stops at an alias is asked again for that alias.
//   - Each address keeps the names that led to it. At most 16 are kept per family.
//   - A name is proven to have no address when both families say so, or when it
//     does not exist. When one family fails and the other brought addresses, these
//     stand; otherwise the failure is the answer.
//   - Questions are those of the probes, so that all share the answers. A resolver
//     that fails, perhaps on a signature, is told not to check (RFC 4035 section
//     3.2.2): whoever does not check reaches a badly signed name, and it is for the
//     probes to say that it is badly signed.
//   - What was found, or proven absent, stands for keepFor. Failures are not kept.
type resolver struct {
	servers []netip.AddrPort
	put     func(ctx context.Context, at netip.AddrPort, q *dns.Msg) (scanner.Heard, error)
	clock   func() time.Time
	// answered, when set, is told the addresses found and the names that led there,
	// before they are kept.
	answered func([]resolved)
	mu       sync.Mutex
	cache    map[string]cachedAnswer
}

// resolved is one address and the names that led to it, the one asked first.
type resolved struct {
	addr  netip.Addr
	names []string
}

type cachedAnswer struct {
	found []resolved
	until time.Time
}

func newResolver(
	servers []netip.AddrPort,
	put func(ctx context.Context, at netip.AddrPort, q *dns.Msg) (scanner.Heard, error),
	clock func() time.Time,
) *resolver {
	return &resolver{servers: servers, put: put, clock: clock, cache: map[string]cachedAnswer{}}
}

// lookup finds the addresses of a canonical name; none and no error means that
// it is proven to have none.
func (r *resolver) lookup(ctx context.Context, name string) ([]resolved, error) {
	if found, ok := r.cached(name); ok && !scanner.Afresh(ctx) && ageOf(ctx) == keepFor {
		return found, nil
	}
	if _, ok := dns.IsDomainName(name); !ok || name == "" || !isPlain(name) {
		return nil, scanner.NotSeen(scanner.CauseBadName, scanner.Values{scanner.ValueWhere: name}, &net.DNSError{Err: "not a domain name", Name: name})
	}
	found, err := r.follow(ctx, name, dns.TypeA)
	found6, err6 := r.follow(ctx, name, dns.TypeAAAA)
	found = append(found, found6...)
	if failed := errors.Join(err, err6); failed != nil && len(found) == 0 {
		return nil, fmt.Errorf("find the addresses of %s: %w", name, failed)
	}
	if r.answered != nil {
		r.answered(found)
	}
	r.keep(name, found)
	return found, nil
}

func (r *resolver) cached(name string) ([]resolved, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer, ok := r.cache[name]
	return answer.found, ok && r.clock().Before(answer.until)
}

func (r *resolver) keep(name string, found []resolved) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cache) >= maxCached {
		clear(r.cache)
	}
	r.cache[name] = cachedAnswer{found, r.clock().Add(keepNames)}
}

// follow asks for one family, from alias to alias.
func (r *resolver) follow(ctx context.Context, name string, qtype uint16) ([]resolved, error) {
	names := []string{name}
	for {
		reached := names[len(names)-1]
		answer, err := r.ask(ctx, reached, qtype)
		if err != nil {
			return nil, err
		}
		var addrs []netip.Addr
		names, addrs = walk(answer, names)
		switch {
		case len(names) > maxAliases+1:
			return nil, &net.DNSError{Err: fmt.Sprintf("more than %d aliases", maxAliases), Name: name}
		case slices.ContainsFunc(names, func(n string) bool { return !isPlain(n) }):
			return nil, &net.DNSError{Err: "an alias is not a host name", Name: name}
		case len(addrs) > 0, names[len(names)-1] == reached, answer.Rcode == dns.RcodeNameError:
			return withNames(addrs, names), nil
		}
	}
}

// walk goes from alias to alias inside one answer, and returns the names so far
// and the addresses of the last one.
func walk(answer *dns.Msg, names []string) ([]string, []netip.Addr) {
	records := answer.Answer[:min(len(answer.Answer), maxRecords)]
	for len(names) <= maxAliases+1 {
		owner := names[len(names)-1]
		addrs, alias := owned(records, owner, answer.Question[0].Qtype)
		if len(addrs) > 0 || alias == "" {
			return names, addrs
		}
		names = append(names, alias)
	}
	return names, nil
}

// owned reads the addresses and the alias of one owner.
func owned(records []dns.RR, owner string, qtype uint16) (addrs []netip.Addr, alias string) {
	for _, record := range records {
		if plainName(record.Header().Name) != owner {
			continue
		}
		if c, ok := record.(*dns.CNAME); ok {
			alias = plainName(c.Target)
		}
		if addr, ok := addressOf(record, qtype); ok && len(addrs) < maxAddresses && !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs, alias
}

func addressOf(record dns.RR, qtype uint16) (netip.Addr, bool) {
	var ip net.IP
	switch r := record.(type) {
	case *dns.A:
		ip = r.A
	case *dns.AAAA:
		ip = r.AAAA
	}
	addr, ok := netip.AddrFromSlice(ip)
	return addr.Unmap(), ok && record.Header().Rrtype == qtype
}

func withNames(addrs []netip.Addr, names []string) []resolved {
	found := make([]resolved, 0, len(addrs))
	for _, addr := range addrs {
		found = append(found, resolved{addr, names})
	}
	return found
}

// ask puts one question to the resolvers, in order, until one answers it.
func (r *resolver) ask(ctx context.Context, name string, qtype uint16) (*dns.Msg, error) {
	failed := scanner.NotSeen(scanner.CauseNoResolver, nil, &net.DNSError{Err: "no resolver is declared", Name: name})
	for _, server := range r.servers {
		answer, err := r.askServer(ctx, server, name, qtype)
		if err == nil {
			return answer, nil
		}
		failed = &net.DNSError{Err: err.Error(), Name: name, Server: server.String(), IsTemporary: true, UnwrapErr: err}
	}
	return nil, failed
}

func (r *resolver) askServer(ctx context.Context, server netip.AddrPort, name string, qtype uint16) (*dns.Msg, error) {
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype).SetEdns0(udpSize, true)
	answer, err := r.exchange(ctx, server, question)
	if err == nil && answer.Rcode == dns.RcodeServerFailure {
		question.CheckingDisabled = true
		answer, err = r.exchange(ctx, server, question)
	}
	if err != nil {
		return nil, err
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		code := dns.RcodeToString[answer.Rcode]
		return nil, scanner.NotSeen(scanner.CauseDNSFailure, scanner.Values{scanner.ValueCode: code}, errors.New("resolver answered "+code))
	}
	return answer, nil
}

func (r *resolver) exchange(ctx context.Context, server netip.AddrPort, question *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	heard, err := r.put(ctx, server, question)
	if err != nil {
		return nil, err
	}
	answer := new(dns.Msg)
	if err := answer.Unpack(heard.Message); err != nil {
		return nil, scanner.NotSeen(scanner.CauseBadAnswer, nil, fmt.Errorf("read the answer: %w", err))
	}
	return answer, nil
}

// isPlain tells that a name holds no escape and no byte beyond ASCII. Written down,
// the label "x.chu" below "test" would pass for a name below "chu.test", and raw
// UTF-8 for a name that is excluded by its A-label.
func isPlain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r == '\\' || r >= utf8.RuneSelf })
}

func plainName(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

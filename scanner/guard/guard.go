// SPDX-License-Identifier: Apache-2.0

// Package guard is the one door to the network: it holds everything that may
// refuse a packet (scope, dates, quiet hours, pace, budget, end of a look), and
// knows nothing of plans, probes or checks.
package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// Config says what a guard lets through.
type Config struct {
	Scope scanner.Scope
	// Resolvers are the recursive resolvers, asked in order. Without any, only
	// redirected names and literal addresses can be reached.
	Resolvers []netip.AddrPort
	// Redirects send "host:port" to "addr:port", or "host:*" to "addr" with the
	// port kept, for closed networks without a DNS. The name must be in the
	// scope and the address is checked like a resolved one.
	Redirects map[string]string
	// RatePerHost is how many times per second one address may be met, by whatever
	// probe, redirects included: a connection begun and a request sent are one time
	// each, and one together when the request needs the connection; 0 means 1
	// (exposure-checks.md section 1.2). UDP goes apart, at five packets for one time.
	RatePerHost float64
	// ConcurrentPerHost is how many connections may be open at once per
	// address; 0 means 2 (exposure-checks.md section 1.2). One more waits for a
	// place until its context ends.
	ConcurrentPerHost int
	// BudgetPerHost is how many connections one address may cost in the life of
	// the guard, which is one run; 0 means 2000: one address may serve dozens of
	// sites.
	BudgetPerHost int
	// Quiet are the hours during which no target is contacted, in Location; nil
	// means the local time zone.
	Quiet    []QuietHours
	Location *time.Location
	// Intrusive is the permission for looks of level P3 (exposure-checks.md
	// section 1.3), beside that of the scope; the zero value never allows one.
	Intrusive scanner.Authorisation
	// RootHints are the servers of the DNS root; without any, the registries of
	// domains are not found.
	RootHints []netip.AddrPort
	// Sources are the "host:port" of declared services that tell about targets and
	// are none: a registration service (RDAP), a log of certificates.
	Sources []string
	// Declared are the "host:port" of the services to look at. A page, a template or a
	// record leads to these, to 80 and to 443 only.
	Declared []string
	// Authorities lets the authorities that certificates name be asked about
	// revocation (DialAuthority).
	Authorities bool
	// From is the address connections leave from, when it is of their family;
	// zero leaves the choice to the system.
	From netip.Addr
	// UserAgent is what requests call themselves; empty means "CareScan". It
	// should carry a contact.
	UserAgent string
	Clock     func() time.Time // nil means time.Now
	// DialTimeout bounds one attempt to one address; 0 means five seconds.
	DialTimeout time.Duration
}

// Guard is the only door to the network (decision 4 of the architecture). It
// implements scanner.Network. Make one per run: its budgets and its cache of
// resolved names live as long as it does.
//
// A dial is decided in this order, and the first rule that says no wins:
//
//  1. A stopped guard and an authorisation that does not hold now refuse all.
//  2. The exact address and port of a declared resolver, of a server that Parents
//     has found, and the exact name and port of a declared source, are let through
//     by TCP and UDP, outside quiet hours, budgets and rates.
//  3. Only TCP and UDP to a numeric port are known; quiet hours refuse.
//     A port of scanner.MutePorts must be declared for the host, or asked by a look at
//     ports.
//  4. A literal address must be in Scope.Ranges. It never passes on a name.
//  5. A name must be in Scope.Names and not in Scope.ExcludedNames. A redirect
//     gives its address; otherwise the guard asks the declared resolvers itself
//     (the rules are at the type resolver), and the registry about a name server
//     that they cannot find. The hosts file, search domains and
//     the system's resolver are never used, nor proxies from the environment.
//  6. Each address found is judged on its own, with the names that led to it.
//     An address in Scope.Excluded, with a zone, reached through an excluded name,
//     or where an excluded name leads too (the rules are at the type exclusions)
//     never passes. When Scope.Ranges is not empty the address must be in
//     it, and the aliases on the way may then have any name. When it is empty
//     every name on the way must be in the scope, and the address must be
//     public unicast.
//  7. The addresses that pass are tried in order, IPv4 first, each within the
//     turns, the places and the budget of that address, which all looks share.
//     Nothing that failed here is ever sent a packet. Requests, of which one
//     connection may carry several, wait for their turn in Pace, among the
//     connections.
//  8. What the scope does not allow may be a declared provider's (Scope.Providers):
//     it is then dialled for the purpose of AsClient alone, and what is said is read
//     before it leaves (the rules are in provider.go).
//  9. At the moment the kernel is about to connect, the address it was given is
//     judged once more, with the clock of that moment.
//
// An authority that a certificate names is no target: DialAuthority has rules of
// its own, and refuses unless Config.Authorities is set.
//
// Check and connection use the same answer: the address that passed is dialled
// as a literal, so that a name server that changes its mind changes nothing.
type Guard struct {
	config    Config
	quiet     []quietSpan
	redirects map[string]netip.AddrPort // port 0 keeps the port asked for
	resolver  *resolver
	answers   *answers
	life      context.Context // ended by Stop
	end       context.CancelFunc
	mu        sync.Mutex
	live      map[*conn]struct{}
	hosts     map[netip.Addr]*host
	line      []*turn     // those who wait, first come first
	bell      *time.Timer // rings when one of them may begin
	// registered are the servers found by Parents, delegations what they say of each
	// domain.
	registered  map[netip.AddrPort]struct{}
	delegations map[string]delegation
	exclusions  *exclusions
	declared    map[string]bool // "host:port"
	// authorities are those asked so far; guarded by mu.
	authorities []string
	// clientOf are the addresses that names of declared providers led to.
	clientOf map[netip.Addr]struct{}
}

var _ scanner.Network = (*Guard)(nil)

// New closes a door around a scope. An authorisation that does not hold is
// no error here: it refuses each dial, and may begin to hold later.
func New(config Config) (*Guard, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("set up the scope guard: %w", err)
	}
	quiet, err := parseQuiet(config.Quiet)
	if err != nil {
		return nil, fmt.Errorf("set up the scope guard: %w", err)
	}
	redirects, err := parseRedirects(config.Redirects)
	if err != nil {
		return nil, fmt.Errorf("set up the scope guard: %w", err)
	}
	declared, err := declaredPlaces(config.Declared)
	if err != nil {
		return nil, fmt.Errorf("set up the scope guard: %w", err)
	}
	life, end := context.WithCancel(context.Background())
	g := &Guard{
		config: config, quiet: quiet, redirects: redirects, life: life, end: end,
		live: map[*conn]struct{}{}, hosts: map[netip.Addr]*host{}, registered: map[netip.AddrPort]struct{}{},
		delegations: map[string]delegation{}, declared: declared, clientOf: map[netip.Addr]struct{}{},
	}
	g.exclusions = g.newExclusions()
	g.answers = newAnswers(config.Clock)
	g.resolver = newResolver(config.Resolvers, g.putToResolver, config.Clock)
	g.resolver.answered = g.learn
	return g, nil
}

// DialContext connects to "host:port" by the rules of Guard. When several
// addresses pass and none answers, the error is that of the first one tried.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	conn, err := g.dial(ctx, network, address)
	return conn, g.orStopped(err, address)
}

// orStopped says of what failed after Stop that it was stopped.
func (g *Guard) orStopped(err error, address string) error {
	if err != nil && g.life.Err() != nil {
		return stopped(address)
	}
	return err
}

func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if at, err := netip.ParseAddrPort(address); err == nil && (g.isResolver(at) || g.isRegistry(at)) {
		return g.dialResolver(ctx, network, at)
	}
	if g.isSource(address) {
		return g.dialSource(ctx, network, address)
	}
	routes, err := g.wayTo(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return g.dialRoutes(ctx, network, routes)
}

// wayTo are the routes to "host:port" by which it may be dialled now.
func (g *Guard) wayTo(ctx context.Context, network, address string) ([]route, error) {
	if err := g.open(address); err != nil {
		return nil, err
	}
	host, port, err := splitEndpoint(network, address)
	if err != nil {
		return nil, err
	}
	if err := g.mayDial(ctx, host, port); err != nil {
		return nil, err
	}
	routes, err := g.ways(ctx, host, port)
	if err != nil {
		return nil, err
	}
	return ofFamily(routes, network), nil
}

var errNoFamily = errors.New("the name has no address of the wanted family")

func (g *Guard) dialRoutes(ctx context.Context, network string, routes []route) (net.Conn, error) {
	var first error
	for _, r := range routes {
		conn, err := g.dialRoute(ctx, network, r, g.judgeWay)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errNoFamily
	}
	return nil, first
}

// dialRoute connects by a route that was judged, within the pace of its address, and
// has it judged once more at the last moment.
func (g *Guard) dialRoute(ctx context.Context, network string, r route, judge func(route) error) (net.Conn, error) {
	h := g.host(r.at.Addr())
	covered := coversOf(ctx).take(r.at.Addr())
	if err := g.enter(ctx, h, transport(network), covered); err != nil {
		return nil, fmt.Errorf("wait for a place at %s: %w", r.at, err)
	}
	leave := func() { g.leave(h) }
	if err := g.findExcluded(ctx); err != nil { // the wait may have lasted
		leave()
		return nil, err
	}
	if err := g.spend(h, r); err != nil {
		leave()
		return nil, err
	}
	recheck := func() error { return errors.Join(g.open(r.asked), judge(r)) }
	conn, err := g.connect(ctx, network, r.at, recheck, leave)
	if err != nil {
		leave()
		return nil, err
	}
	restrict(conn, r.purpose, transport(network))
	g.spacePackets(conn, h, transport(network))
	if transport(network) == "tcp" {
		words := coversOf(ctx)
		if covered.IsZero() { // its turn was its own, and its first word may be a request
			words = &covers{words: requestWords}
		}
		guarded(conn).spoke = func() { g.postpone(&h.tcp, words) }
	}
	return conn, nil
}

// connect dials one address. The hook is the second lock: it sees the address
// the kernel is about to connect to.
func (g *Guard) connect(
	ctx context.Context, network string, at netip.AddrPort, recheck func() error, closed func(),
) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout:   g.config.DialTimeout,
		LocalAddr: g.from(network, at.Addr()),
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return secondLock(at, address, recheck)
		},
	}
	raw, err := dialer.DialContext(ctx, network, at.String())
	if err != nil {
		return nil, err
	}
	return g.adopt(raw, closed)
}

// from is the address a connection leaves from; nil leaves it to the system.
func (g *Guard) from(network string, to netip.Addr) net.Addr {
	if !g.config.From.IsValid() || g.config.From.Is4() != to.Is4() {
		return nil
	}
	if transport(network) == "udp" {
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(g.config.From, 0))
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(g.config.From, 0))
}

func secondLock(checked netip.AddrPort, address string, recheck func() error) error {
	if actual, err := netip.ParseAddrPort(address); err != nil || unmapped(actual) != checked {
		return refuse(scanner.RefusedOutOfScope, address, "the address is not the one that was checked")
	}
	return recheck()
}

func (g *Guard) isResolver(at netip.AddrPort) bool {
	for _, r := range g.config.Resolvers {
		if r == unmapped(at) {
			return true
		}
	}
	return false
}

func (g *Guard) dialResolver(ctx context.Context, network string, at netip.AddrPort) (net.Conn, error) {
	at = unmapped(at)
	if err := g.authorised(at.String()); err != nil {
		return nil, err
	}
	if transport(network) == "" {
		return nil, unknownNetwork(network, at.String())
	}
	recheck := func() error { return g.authorised(at.String()) }
	return g.connect(ctx, network, at, recheck, func() {})
}

// Permits tells whether a host may be contacted now, or whether a page, a template or
// a record may lead to a "host:port". A name whose addresses cannot be found out is
// refused, one that has none is not.
func (g *Guard) Permits(ctx context.Context, place string) error {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	if err := g.open(place); err != nil {
		return err
	}
	host, port, err := splitPlace(place)
	if err != nil {
		return err
	}
	if err := g.mayLead(host, port); port != anyPort && err != nil {
		return err
	}
	routes, err := g.ways(ctx, host, port)
	err = g.orStopped(err, host)
	var missing *net.DNSError
	var refusal *scanner.Refusal
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
		return nil
	case errors.As(err, &refusal):
		return refusal
	case err != nil:
		// The refusal is ours, and what caused it is not the scope.
		return scanner.CauseOf(err).Over(refuse(scanner.RefusedOutOfScope, host, "its addresses could not be found out: "+err.Error()))
	}
	return g.affords(routes)
}

// Lookup asks the resolvers for the addresses of a name, whatever its scope.
func (g *Guard) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := joined(ctx, g.life)
	defer cancel()
	if err := g.authorised(host); err != nil {
		return nil, err
	}
	if routes := g.redirected(hostname.Canonical(host), anyPort); len(routes) > 0 {
		return addresses(routes), nil
	}
	found, err := g.find(ctx, hostname.Canonical(host))
	if err != nil {
		return nil, g.orStopped(err, host)
	}
	return addresses(toRoutes(host, found, anyPort)), nil
}

// Resolvers lists the recursive resolvers that may be asked anything.
func (g *Guard) Resolvers() []netip.AddrPort {
	return append([]netip.AddrPort{}, g.config.Resolvers...)
}

// Intrusive allows looks of level P3 while their own authorisation holds.
func (g *Guard) Intrusive() error {
	if err := g.open("a target"); err != nil {
		return err
	}
	if !g.config.Intrusive.ValidAt(g.config.Clock()) {
		return refuse(scanner.RefusedIntrusive, "a target", "no dated authorisation allows intrusive looks now")
	}
	return nil
}

// UserAgent is what every request must call itself.
func (g *Guard) UserAgent() string { return g.config.UserAgent }

// Stop closes every live connection, without letting the kernel send what it
// still holds, and refuses all new ones. To tie a guard to a context:
// context.AfterFunc(ctx, guard.Stop).
func (g *Guard) Stop() {
	g.end()
	g.mu.Lock()
	live := make([]*conn, 0, len(g.live))
	for c := range g.live {
		live = append(live, c)
	}
	g.mu.Unlock()
	for _, c := range live {
		c.abort()
	}
}

// adopt wraps a connection, and refuses it when Stop came first.
func (g *Guard) adopt(raw net.Conn, closed func()) (net.Conn, error) {
	c := &conn{Conn: raw}
	c.closed = func() {
		g.forget(c)
		closed()
	}
	g.mu.Lock()
	late := g.life.Err() != nil
	if !late {
		g.live[c] = struct{}{}
	}
	g.mu.Unlock()
	if late {
		// The caller gives the place back, as for any failed dial.
		c.closed = func() {}
		c.abort()
		return nil, stopped(raw.RemoteAddr().String())
	}
	return c.asPacket(), nil
}

func (g *Guard) forget(c *conn) {
	g.mu.Lock()
	delete(g.live, c)
	g.mu.Unlock()
}

// joined returns a context that ends with either of two.
func joined(ctx, other context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(other, cancel)
	return ctx, func() {
		unhook()
		cancel()
	}
}

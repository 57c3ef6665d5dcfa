// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Network is the only way out of a probe. Every connection goes through it and
// is refused outside the declared, authorised, unexpired scope, on the address
// really dialled (decision 4 of the architecture).
type Network interface {
	// DialContext connects to "host:port" over "tcp" or "udp", when its turn has come.
	// A refusal is a *Refusal. Connections to the resolvers of Resolvers are allowed too.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	// Permits tells, without a packet to the target, whether a host name or
	// address may be contacted now; nil means yes, otherwise it is a *Refusal. Whoever
	// is led by a page, a template or a record asks about "host:port": only 80, 443
	// and the ports declared for that host are permitted then.
	Permits(ctx context.Context, place string) error
	// Pace waits until one more request may be sent to the addresses of a host: all
	// probes, redirects and templates count together, among the connections, each of
	// which takes a turn in DialContext. It is called before an HTTP request to a
	// target, and its turn is that of the connection too which the same look then makes
	// at once; a request that is the first word over a connection just made needs no
	// turn of its own. A refusal is a *Refusal.
	Pace(ctx context.Context, host string) error
	// Lookup asks the resolvers for the addresses of a name, whatever its scope;
	// nothing is sent to the addresses. A name proven to have none yields an
	// empty list and no error.
	Lookup(ctx context.Context, host string) ([]netip.Addr, error)
	// Resolvers lists the recursive resolvers that may be asked anything.
	Resolvers() []netip.AddrPort
	// Parents lists servers of the zone above a registrable domain: the registry's,
	// which may be dialled for questions about that domain. The guard finds them
	// by itself, from the declared root hints when there are some.
	Parents(ctx context.Context, domain string) ([]netip.AddrPort, error)
	// Intrusive is nil when a dated authorisation for looks of level P3
	// (exposure-checks.md section 1.3) is in force now, otherwise a *Refusal. A
	// probe asks it before each such look.
	Intrusive() error
	// UserAgent is what every request must call itself, with a contact.
	UserAgent() string
}

// RefusalCode says why the network door stayed closed.
type RefusalCode string

// The reasons of a refusal.
const (
	RefusedOutOfScope RefusalCode = "out-of-scope"
	RefusedExcluded   RefusalCode = "excluded"
	RefusedPort       RefusalCode = "port-not-declared"
	RefusedExpired    RefusalCode = "authorisation-expired"
	RefusedQuietHours RefusalCode = "quiet-hours"
	RefusedBudget     RefusalCode = "budget-spent"
	RefusedStopped    RefusalCode = "stopped"
	RefusedIntrusive  RefusalCode = "intrusive-not-authorised"
	RefusedProvider   RefusalCode = "provider" // met as an ordinary client only, for a purpose
)

// Refusal is the error of a connection that the guard did not allow. It is a
// fact about our own restraint, never about the target.
type Refusal struct {
	Code    RefusalCode
	Address string // host or address asked for
	By      string // entry of the scope that excludes it
	Detail  string
}

// Error says what was refused and why.
func (r *Refusal) Error() string {
	return fmt.Sprintf("connection to %s refused by the scope guard (%s): %s", r.Address, r.Code, r.Detail)
}

// Questioner is a network that puts DNS questions itself and keeps the answers of a
// run: what one look was told, another one need not ask. The guard is one; a Network
// that is none is dialled for each question.
type Questioner interface {
	// Ask puts one DNS question, a whole message, to "host:port", over "udp" or "tcp",
	// or over AnyTransport, each perhaps of one family ("udp6"). Whoever may not
	// contact the place now is refused as by DialContext, whatever is known already.
	Ask(ctx context.Context, transport, address string, question []byte) (Heard, error)
}

// AnyTransport asks over UDP, then over TCP when the answer did not fit (RFC 7766
// section 5), and is content with what was heard over either.
const AnyTransport = "any"

// Heard is the answer to a DNS question.
type Heard struct {
	Message []byte // under the id of the question
	From    string // "address:port" that answered
	At      time.Time
	// Exchanges are those that it cost: none when the answer had been heard before, in
	// the same run.
	Exchanges int
}

// AuthorityDialer is a network that leads to the authorities of certificates too,
// for what they say of revocation, when it was told to.
type AuthorityDialer interface {
	// DialAuthority connects to "host:80", the place that a certificate of a publicly
	// trusted chain names for its list of revoked certificates or for its responder
	// (RFC 5280 sections 4.2.1.13 and 4.2.2.1). A refusal is a *Refusal.
	DialAuthority(ctx context.Context, address string) (net.Conn, error)
}

// SPDX-License-Identifier: Apache-2.0

// Package smtpprobe looks at the servers that receive the mail of a domain: what
// they announce in clear, how they encrypt, and whether the DNS vouches for their
// certificates.
//
// It never signs in and never sends a message. Only with a dated authorisation
// does it ask whether a message would be relayed, and it stops before the message.
package smtpprobe

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/certificate"
	"carescan/scanner/probes/internal/dnswire"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of one look.
const (
	defaultTimeout = 15 * time.Second // servers may make strangers wait before their greeting
	lookTime       = 8 * time.Minute
	maxServers     = 6
	maxAddresses   = 4 // of one server
	maxExchanges   = 48
)

// perAddress is the most connections to one address: the announcement of each
// port, one handshake by version, one relay attempt.
const perAddress = 4 + 4 + 1

// Options tune the probe; the zero value works, without relay attempts.
type Options struct {
	Roots *x509.CertPool // authorities trusted; nil means those of the system
	Store string         // name of the roots in the fact; "system" when Roots is nil
	// Declared is the PEM text of Roots, once more: a pool computes no signature of
	// the past, by which some authorities have to be known.
	Declared []byte
	Timeout  time.Duration // of one connection; 15 s when zero
	// RelaySender and RelayRecipient are addresses of two domains of ours, outside
	// every scope. Without them no relay is attempted, even when authorised. The
	// domain of the sender must exist, or it is refused for that alone.
	RelaySender    string
	RelayRecipient string
}

// Probe looks at the mail servers of a domain.
type Probe struct {
	options Options
	known   []*x509.Certificate // among the roots
	visits  *visits
}

// New makes the probe, for one run.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Roots == nil {
		o.Store = "system"
	}
	return &Probe{o, certificate.Authorities(o.Declared), newVisits()}
}

// Name is what plans call the probe.
const Name = "smtp"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.MailServers{}.FactKind()} }

// Needs gives the most it costs a domain: every question, and every connection to
// every address of every server.
func (*Probe) Needs() scanner.Needs {
	most := maxExchanges + maxServers*maxAddresses*perAddress
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactServers},
		Load:     scanner.Load{Connections: most, Requests: most},
	}
}

// Observe finds the mail servers of a domain and looks at each.
func (p *Probe) Observe(ctx context.Context, network scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	if t.Kind != scanner.KindDomain {
		return nil, scanner.WrongTarget("smtp", t)
	}
	resolvers := dnswire.Resolvers(network)
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("look at %s: %w", t.Key(), dnswire.ErrNoResolver)
	}
	ctx, cancel := scanner.WithPatience(ctx, lookTime)
	defer cancel()
	asker := dnswire.NewAsker(network, p.options.Timeout, maxExchanges)
	l := look{
		options: p.options, known: p.known, visits: p.visits, network: network, domain: t.ID, asker: asker, resolvers: resolvers,
		validators: map[dnswire.Server]bool{},
	}
	f, missing := l.mailServers(ctx)
	return []scanner.Sighting{{Fact: f, Artifacts: l.artifacts, Missing: missing}}, nil
}

// look is one look at one domain.
type look struct {
	options   Options
	known     []*x509.Certificate
	visits    *visits
	network   scanner.Network
	domain    string
	asker     *dnswire.Asker
	resolvers []dnswire.Server
	artifacts []scanner.Artifact
	// validators tells of the resolvers asked whether they check signatures.
	validators map[dnswire.Server]bool
}

// mailServers asks the DNS who receives the mail, then asks them. What a single
// server hides is said in the fact, so that each check decides what it needs.
func (l *look) mailServers(ctx context.Context) (f fact.MailServers, missing scanner.Causes) {
	mx := l.ask(ctx, l.domain, "MX")
	f.MX = mx.RecordSet
	if mx.Answer != fact.Present {
		if mx.Answer == fact.NoAnswer {
			cause := mx.Cause.At("MX " + l.domain)
			cause.Detail = "the MX records are not known: " + mx.Error
			missing = scanner.Causes{cause}
		}
		return f, missing
	}
	f.MXSecurity = mx.security
	records, _ := dnswire.Records(mx.reply, l.domain, dns.TypeMX)
	exchangers := exchangersOf(records)
	if f.Null = isNull(exchangers); f.Null {
		return f, nil
	}
	// A null MX beside another leads to no server: exposure.mx-targets tells it.
	exchangers = slices.DeleteFunc(exchangers, func(e exchanger) bool { return e.name == "" })
	f.STS = l.ask(ctx, "_mta-sts."+l.domain, "TXT").RecordSet
	f.Validating = l.validating(ctx)
	f.RelayAllowed = l.relayAllowed()
	f.LeftOut = max(0, len(exchangers)-maxServers)
	for _, e := range exchangers[:min(len(exchangers), maxServers)] {
		f.Servers = append(f.Servers, l.server(ctx, e))
	}
	return f, nil
}

// maxText bounds what is kept of foreign bytes.
const maxText = 300

// clean bounds a text that may quote foreign bytes, and makes it printable.
func clean(text string) string {
	printable := func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}
	return excerpt.Of(strings.Map(printable, text), maxText)
}

// why is what a fact keeps of an error: its cause, and its technical text.
func why(err error) (scanner.Cause, string) {
	cause, _ := excerpt.Why(err, maxText)
	return cause, technical(err)
}

// technical is the text of an error as a fact keeps it.
func technical(err error) string { return clean(scanner.Technical(err.Error())) }

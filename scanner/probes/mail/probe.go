// SPDX-License-Identifier: Apache-2.0

// Package mailprobe looks at what a domain publishes about its mail: where it is
// received, who may send it, what is asked of those who receive a forgery, and
// how it travels.
//
// Everything is learnt from the recursive resolvers, except the MTA-STS policy,
// which is read over HTTPS when the scope permits its host. No mail server is
// contacted. Of an address, only the domain is kept.
package mailprobe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of one look.
const (
	defaultTimeout = 3 * time.Second
	lookTime       = 90 * time.Second
	maxExchanges   = 160 // DNS exchanges, retries and TCP included
	policyFetches  = 1   // HTTPS requests
)

// Options tune the probe; the zero value works.
type Options struct {
	Timeout time.Duration // of one DNS exchange; 3 s when zero
	// Declared is what only the establishment knows.
	Declared Settings
	// Roots are the authorities the policy host of MTA-STS is checked against; those
	// of the system when nil.
	Roots *x509.CertPool
}

// Probe looks at the mail policy of a domain.
type Probe struct{ options Options }

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	return &Probe{o}
}

// Name is what plans call the probe.
const Name = "mail"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindDomain }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.MailPolicy{}.FactKind()} }

// Needs gives the most it costs a domain: every DNS exchange, and one request for the
// policy.
func (*Probe) Needs() scanner.Needs {
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactResolvers, scanner.ContactTarget},
		Load:     scanner.Load{Connections: maxExchanges + policyFetches, Requests: maxExchanges + policyFetches},
	}
}

// Observe asks the resolvers about the domain. An answer that is missing is told
// where it is missing, so that each check decides alone.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	name, err := domainName(t)
	if err != nil {
		return nil, err
	}
	r := newResolver(net, p.options.Timeout)
	if len(r.servers) == 0 {
		return nil, scanner.NotSeen(scanner.CauseNoResolver, nil, fmt.Errorf("look at %s: no recursive resolver is declared", t.Key()))
	}
	ctx, cancel := scanner.WithPatience(ctx, lookTime)
	defer cancel()
	found := p.look(ctx, net, r, name)
	sighting := scanner.Sighting{Fact: found, Artifacts: r.journal.Artifacts("DNS answers")}
	if !scanner.Wanted(ctx, found.FactKind(), fact.MailSTSPolicy) {
		sighting.Unread = []scanner.Gap{scanner.NotAgain(fact.MailSTSPolicy)}
	}
	return []scanner.Sighting{sighting}, nil
}

// look asks for each part of the fact. In a look that confirms, what is not in doubt
// stands as it was heard, and a policy is not fetched again.
func (p *Probe) look(ctx context.Context, net scanner.Network, r *resolver, name string) fact.MailPolicy {
	found := fact.MailPolicy{Name: name, Registrable: isRegistrable(name)}
	found.Answer = r.ask(about(ctx, fact.MailUse), name, dns.TypeTXT).state
	found.MX = mailExchangers(about(ctx, fact.MailUse), about(ctx, fact.MailTargets), r, name)
	found.SPF = spfTree(about(ctx, fact.MailSPF), r, name)
	found.DMARC = dmarc(about(ctx, fact.MailDMARC), r, name, found.Answer)
	for _, selector := range p.selectors(name) {
		found.DKIM = append(found.DKIM, dkimSelector(about(ctx, fact.MailDKIM), r, name, selector))
	}
	found.MTASTS.Record = stsRecord(about(ctx, fact.MailSTS), r, name)
	if found.MTASTS.Record.Valid && scanner.Wanted(ctx, found.FactKind(), fact.MailSTSPolicy) {
		found.MTASTS.Policy = p.stsPolicy(about(ctx, fact.MailSTSPolicy), net, name, found.MX)
	}
	found.TLSRPT = tlsReports(about(ctx, fact.MailTLSRPT), r, name)
	if found.TLSRPT.Count == 0 && found.TLSRPT.Answer != fact.NoAnswer {
		found.DANE = publishesDANE(about(ctx, fact.MailTLSRPT), r, found.MX)
	}
	found.BIMI = brandRecord(about(ctx, fact.MailBIMI), r, name)
	found.Exchanges = r.Made()
	return found
}

// about says for which part of the fact a question is.
func about(ctx context.Context, part string) context.Context {
	return scanner.About(ctx, fact.MailPolicy{}.FactKind(), part)
}

// maxSelectors is how many selectors are asked for.
const maxSelectors = 20

func (p *Probe) selectors(name string) []string {
	declared := p.options.Declared.selectors(name)
	return declared[:min(len(declared), maxSelectors)]
}

// isRegistrable tells whether a name stands just below a public suffix. A suffix
// that no list knows, such as "test", is taken as one label.
func isRegistrable(name string) bool {
	top, err := publicsuffix.EffectiveTLDPlusOne(name)
	return err == nil && top == name
}

var errNotDomain = scanner.NotSeen(scanner.CauseBadName, nil, errors.New("not a domain name in ASCII form"))

// domainName reads the target, and refuses what would not mean the same name
// once written in a DNS message.
func domainName(t scanner.Target) (string, error) {
	name := scanner.CanonicalName(t.ID)
	if t.Kind != scanner.KindDomain {
		return "", scanner.WrongTarget("mail", t)
	}
	if !isPlainName(name) {
		return "", fmt.Errorf("look at %s: %w", t.Key(), errNotDomain)
	}
	return name, nil
}

// isPlainName tells whether a text is a name that needs no escape in DNS.
func isPlainName(name string) bool {
	_, ok := dns.IsDomainName(name)
	return ok && name != "" && name != "." && !strings.ContainsFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_.", r)
	})
}

// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// maxTargets is how many MX records are looked into.
const maxTargets = 20

// mailExchangers asks where the mail of a domain is received, and what stands
// there: two parts of the fact.
func mailExchangers(use, targets context.Context, r *resolver, name string) fact.MailExchangers {
	a := r.ask(use, name, dns.TypeMX)
	found := fact.MailExchangers{Answer: a.state, Cause: a.cause, Error: a.fault}
	records := mxRecords(a)
	if isNull(records) {
		found.Null = true
		return found
	}
	found.More = max(0, len(records)-maxTargets)
	for _, mx := range records[:min(len(records), maxTargets)] {
		found.Targets = append(found.Targets, mailTarget(targets, r, mx))
	}
	return found
}

// isNull tells whether a domain says that it accepts no mail: its records lead to
// the root, and nowhere else (RFC 7505 section 3).
func isNull(records []*dns.MX) bool {
	return len(records) > 0 && !slices.ContainsFunc(records, func(mx *dns.MX) bool { return mx.Mx != "." })
}

// mxRecords sorts the records, so that resolvers that turn their answers make no
// difference.
func mxRecords(a answer) (records []*dns.MX) {
	for _, rr := range a.records {
		if mx, ok := rr.(*dns.MX); ok {
			records = append(records, mx)
		}
	}
	slices.SortFunc(records, func(a, b *dns.MX) int {
		if a.Preference != b.Preference {
			return int(a.Preference) - int(b.Preference)
		}
		return strings.Compare(a.Mx, b.Mx)
	})
	return records
}

func mailTarget(ctx context.Context, r *resolver, mx *dns.MX) fact.MailTarget {
	host := scanner.CanonicalName(mx.Mx)
	target := fact.MailTarget{Preference: int(mx.Preference), Host: printable(host), Literal: isLiteral(host), Address: fact.NXDomain}
	if target.Literal || host == "" {
		return target
	}
	a := r.address(ctx, host)
	target.Address, target.Alias, target.Cause, target.Error = a.state, a.aliased, a.cause, a.fault
	return target
}

// isLiteral tells whether an IP address was written where a name must be (RFC
// 5321 section 5.1).
func isLiteral(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// publishesDANE tells whether a server that receives mail has TLSA records (RFC
// 7672 section 2.2.3).
func publishesDANE(ctx context.Context, r *resolver, mx fact.MailExchangers) fact.Answer {
	found := fact.NoData
	for _, target := range mx.Targets {
		if target.Literal || target.Host == "" {
			continue
		}
		switch a := r.ask(ctx, "_25._tcp."+target.Host, dns.TypeTLSA); a.state {
		case fact.Present:
			return fact.Present
		case fact.NoAnswer:
			found = fact.NoAnswer
		case fact.NoData, fact.NXDomain:
		}
	}
	return found
}

// acceptsMail tells whether a domain can receive mail: an MX that is not null, or
// an address in the absence of any (RFC 5321 section 5.1).
func acceptsMail(ctx context.Context, r *resolver, domain string) fact.Answer {
	a := r.ask(ctx, domain, dns.TypeMX)
	records := mxRecords(a)
	switch {
	case isNull(records):
		return fact.NoData
	case a.state == fact.NoData:
		return r.address(ctx, domain).state
	}
	return a.state
}

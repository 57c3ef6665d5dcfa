// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Providers are the third parties that serve the domains of a scope without being
// part of it: the operator of their DNS, the filter of their mail. They gave no
// permission to be looked at, and are met as any client on the internet meets them.
type Providers struct {
	// Names are those of their servers; "*.protection.example" covers every name
	// below.
	Names []string `json:"names,omitempty"`
	// Ranges hold the addresses of their servers, where names do not say enough or
	// are not public.
	Ranges []netip.Prefix `json:"ranges,omitempty"`
}

// IsZero tells whether none is declared.
func (p Providers) IsZero() bool { return len(p.Names) == 0 && len(p.Ranges) == 0 }

// List shows all that is declared: the names, then the addresses.
func (p Providers) List() []string {
	list := slices.Clone(p.Names)
	for _, addresses := range p.Ranges {
		list = append(list, strings.TrimSuffix(addresses.String(), fmt.Sprintf("/%d", addresses.Addr().BitLen())))
	}
	return list
}

// HasName tells whether a DNS name is that of a provider's server.
func (p Providers) HasName(name string) bool { return Scope{Names: p.Names}.HasName(name) }

// HasAddress tells whether an address is declared to be a provider's.
func (p Providers) HasAddress(addr netip.Addr) bool { return Scope{Ranges: p.Ranges}.HasAddress(addr) }

// Purpose is what an ordinary client wants of a provider's server.
type Purpose struct {
	Service Service
	// Domain is in the scope: what is asked is about it, or about a name below.
	Domain string
}

// Service is what a provider's server does for a domain.
type Service string

// The services of providers. An ordinary client asks name servers on port 53 and
// begins a conversation with mail exchangers on port 25; nothing else is a service.
const (
	ServiceNames Service = "names"
	ServiceMail  Service = "mail"
)

type purposeKey struct{}

// AsClient says for which purpose the network is used from here on: a provider's
// server may then be met for it, and for nothing else.
func AsClient(ctx context.Context, p Purpose) context.Context {
	return context.WithValue(ctx, purposeKey{}, p)
}

// PurposeOf is the purpose given by AsClient; the zero value when none was.
func PurposeOf(ctx context.Context) Purpose {
	p, _ := ctx.Value(purposeKey{}).(Purpose)
	return p
}

// Meeting says how a server may be met. It is sealed in facts.
type Meeting string

// The ways a server is met. The zero value is the full permission of the scope, or
// a refusal that has nothing to do with providers.
const (
	MetInScope  Meeting = ""
	MetAsClient Meeting = "as-client"  // a declared provider's
	NotDeclared Meeting = "undeclared" // somebody else's, in no list: never met
)

// Meet tells how a server of a domain may be met for a purpose, without a packet to
// it. An error is a *Refusal: it is not met at all.
func Meet(ctx context.Context, network Network, host string, p Purpose) (Meeting, error) {
	err := network.Permits(ctx, host)
	refusal, ok := errors.AsType[*Refusal](err)
	switch {
	case !ok:
		return MetInScope, err
	case refusal.Code == RefusedProvider:
		if err = network.Permits(AsClient(ctx, p), host); err != nil {
			return MetInScope, err
		}
		return MetAsClient, nil
	case CauseOf(err).Code == CauseOutOfScope:
		return NotDeclared, err
	}
	return MetInScope, err
}

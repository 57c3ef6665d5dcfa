// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"net/netip"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestProviderIsAskedAboutTheDomainOnly holds what the answers of a provider's name
// server prove, and that it is asked nothing about anybody else.
func TestProviderIsAskedAboutTheDomainOnly(t *testing.T) {
	t.Parallel()
	asProvider := scanner.Cause{Code: scanner.CauseProvider}
	for name, test := range map[string]struct {
		authoritative, recursive bool
		rcode                    int
		want                     fact.RecursionTry
	}{
		"no-recursion":  {true, false, dns.RcodeSuccess, fact.RecursionTry{Result: fact.RecursionNone}},
		"refuses":       {false, false, dns.RcodeRefused, fact.RecursionTry{Result: fact.RecursionRefused}},
		"offers":        {true, true, dns.RcodeSuccess, fact.RecursionTry{Result: fact.RecursionNotAsked, Offered: true, Cause: asProvider}},
		"offers-fails":  {false, true, dns.RcodeServerFailure, fact.RecursionTry{Result: fact.RecursionNotAsked, Offered: true, Cause: asProvider}},
		"lame-resolver": {false, true, dns.RcodeSuccess, fact.RecursionTry{Result: fact.RecursionOpen}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const zone = "chu.test. IN NS ns1.provider.example.\nchu.test. IN SOA ns1.provider.example. root.chu.test. 1 1 1 1 1\n"
			var mu sync.Mutex
			asked := map[dns.Question]bool{}
			content := newZone(t, false, zone)
			provider := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
				mu.Lock()
				asked[q.Question[0]] = true
				mu.Unlock()
				content.ServeDNS(altered{w, func(m *dns.Msg) {
					m.Authoritative, m.RecursionAvailable, m.Rcode = test.authoritative, test.recursive, test.rcode
				}}, q)
			}))
			network := &loopback.Network{
				Recursives: []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, zone))},
				Addresses:  map[string][]netip.Addr{"ns1.provider.example": {netip.MustParseAddr("192.0.2.1")}},
				Routes:     map[string]string{"ns1.provider.example:53": provider.String()},
				Providers:  []string{"ns1.provider.example"},
			}
			sightings, err := New(Options{}).Observe(t.Context(), network, scanner.DomainTarget("chu.test"))
			if err != nil {
				t.Fatal(err)
			}
			test.want.Server, test.want.Address, test.want.Meeting = "ns1.provider.example", "192.0.2.1", scanner.MetAsClient
			recursion := sightings[3].Fact.(fact.Recursion)
			if diff := cmp.Diff([]fact.RecursionTry{test.want}, recursion.Tries, cmpopts.IgnoreFields(fact.RecursionTry{}, "Error")); diff != "" {
				t.Errorf("recursion (-want +got):\n%s", diff)
			}
			transfer := sightings[1].Fact.(fact.Transfer)
			if len(transfer.Tries) != 1 || transfer.Tries[0].Result != fact.TransferNotAsked || transfer.Tries[0].Meeting != scanner.MetAsClient || transfer.Tries[0].Cause.Code != scanner.CauseProvider {
				t.Errorf("transfer %+v, want none asked", transfer.Tries)
			}
			if at := sightings[2].Fact.(fact.Delegation).Servers[0].Addresses[0]; at.Meeting != scanner.MetAsClient || at.UDP.State == fact.ServerNotAsked {
				t.Errorf("delegation %+v, want it asked", at)
			}
			mu.Lock()
			defer mu.Unlock()
			for q := range asked {
				if q.Name != "chu.test." || q.Qtype != dns.TypeSOA && q.Qtype != dns.TypeNS {
					t.Errorf("the provider's server was asked %s", q.String())
				}
			}
		})
	}
}

// TestStrangersAreNamed keeps apart what nobody declared.
func TestStrangersAreNamed(t *testing.T) {
	t.Parallel()
	network := &loopback.Network{
		Recursives: []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, "chu.test. IN NS ns1.stranger.example.\n"))},
		Addresses:  map[string][]netip.Addr{"ns1.stranger.example": {netip.MustParseAddr("192.0.2.1")}},
	}
	sightings, err := New(Options{}).Observe(t.Context(), network, scanner.DomainTarget("chu.test"))
	if err != nil {
		t.Fatal(err)
	}
	for kind, got := range map[string]scanner.Meeting{
		"transfer":   sightings[1].Fact.(fact.Transfer).Tries[0].Meeting,
		"delegation": sightings[2].Fact.(fact.Delegation).Servers[0].Addresses[0].Meeting,
		"recursion":  sightings[3].Fact.(fact.Recursion).Tries[0].Meeting,
	} {
		if got != scanner.NotDeclared {
			t.Errorf("%s: met %q, want %q", kind, got, scanner.NotDeclared)
		}
	}
}

// altered changes answers on their way.
type altered struct {
	dns.ResponseWriter
	change func(*dns.Msg)
}

func (a altered) WriteMsg(m *dns.Msg) error {
	a.change(m)
	return a.ResponseWriter.WriteMsg(m)
}

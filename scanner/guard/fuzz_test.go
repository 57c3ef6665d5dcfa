// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// FuzzReferral reads foreign messages as what a registry says of a domain: whatever
// comes, addresses are only believed of a name server that the domain is referred to.
func FuzzReferral(f *testing.F) {
	seed := new(dns.Msg).SetQuestion("chu.test.", dns.TypeNS)
	for _, text := range []string{"chu.test. 60 NS ns1.chu.test.", "other.test. 60 NS ns1.chu.test."} {
		record, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		glue, err := dns.NewRR("ns1.chu.test. 60 A 192.0.2.7")
		if err != nil {
			f.Fatal(err)
		}
		seed.Ns, seed.Extra = []dns.RR{record}, []dns.RR{glue}
		raw, err := seed.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	registry := netip.MustParseAddrPort("192.0.2.1:53")
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		g, err := New(Config{Scope: scanner.Scope{}})
		if err != nil {
			t.Fatal(err)
		}
		g.delegations["chu.test"] = delegation{registry: []netip.AddrPort{registry}, referral: m, until: g.config.Clock().Add(keepFor)}
		found := g.glue(t.Context(), "ns1.chu.test")
		if len(found) > 0 && !delegates(m, "chu.test", "ns1.chu.test") {
			t.Errorf("%v believed of %v", found, m)
		}
		if len(found) > 2*maxAddresses {
			t.Errorf("%d addresses", len(found))
		}
	})
}

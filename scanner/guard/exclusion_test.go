// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"carescan/scanner"
)

// excludedBy asks whether an address may be dialled, and gives the entry of the scope
// that excludes it; empty when it may be, or is refused for something else.
func excludedBy(t *testing.T, g *Guard, address string) string {
	t.Helper()
	conn, err := g.DialContext(t.Context(), "tcp", address)
	if err == nil {
		conn.Close()
	}
	if refusal, ok := errors.AsType[*scanner.Refusal](err); ok && refusal.Code == scanner.RefusedExcluded {
		return refusal.By
	}
	return ""
}

// TestGuard_excludesWhereverANameLeads reaches the machine of an excluded name by
// every other road (docs/adr/0029).
func TestGuard_excludesWhereverANameLeads(t *testing.T) {
	mri, mri6 := listen(t, "127.9.0.1:0"), "2001:db8::9"
	ns := startNameServer(t)
	ns.holds("irm.chu.test A", "irm.chu.test. 60 CNAME modalite.chu.test.", "modalite.chu.test. 60 A 127.9.0.1")
	ns.holds("irm.chu.test AAAA", "irm.chu.test. 60 CNAME modalite.chu.test.", "modalite.chu.test. 60 AAAA "+mri6)
	ns.holds("www.chu.test A", "www.chu.test. 60 A 127.9.0.1", "www.chu.test. 60 A 127.0.0.1")
	ns.holds("pacs.chu.test A", "pacs.chu.test. 60 A 127.9.0.1")
	ns.holds("six.chu.test AAAA", "six.chu.test. 60 AAAA "+mri6)
	ns.holds("alias.chu.test A", "alias.chu.test. 60 CNAME irm.chu.test.", "irm.chu.test. 60 CNAME modalite.chu.test.", "modalite.chu.test. 60 A 127.9.0.1")
	ns.holds("a.prive.chu.test A", "a.prive.chu.test. 60 A 127.9.0.2")
	ns.holds("other.chu.test A", "other.chu.test. 60 A 127.9.0.2")
	ns.holds("cabinet.chu.test A", "cabinet.chu.test. 60 A 127.9.0.3")
	ns.holds("xn--hpital-ixa.chu.test A", "xn--hpital-ixa.chu.test. 60 A 127.9.0.4")
	web := listen(t, "127.0.0.1:"+mri.port)
	scope := hospital()
	scope.Ranges = append(scope.Ranges, prefixes("2001:db8::/32")...)
	scope.ExcludedNames = []string{"IRM.chu.test.", "*.prive.chu.test", "hôpital.chu.test", "tunnel.chu.test", "rien.chu.test"}
	g := newGuard(t, Config{
		Scope: scope, Resolvers: []netip.AddrPort{ns.at},
		Redirects: map[string]string{
			"redirige.chu.test:443": "127.9.0.1:" + mri.port,
			"tunnel.chu.test:443":   "127.0.0.2:9700", "voisin.chu.test:443": "127.0.0.2:9700", "libre.chu.test:443": "127.0.0.2:9701",
		},
	})
	conn, err := g.DialContext(t.Context(), "tcp", "www.chu.test:"+web.port)
	if err != nil || conn.RemoteAddr().String() != "127.0.0.1:"+web.port {
		t.Fatalf("the other address of www.chu.test is not dialled: %v", err)
	}
	conn.Close()
	for _, test := range []struct{ address, by string }{
		{"irm.chu.test:" + mri.port, "irm.chu.test"},
		{"pacs.chu.test:" + mri.port, "irm.chu.test"},
		{"alias.chu.test:" + mri.port, "irm.chu.test"},
		{"127.9.0.1:" + mri.port, "irm.chu.test"},
		{"[::ffff:127.9.0.1]:" + mri.port, "irm.chu.test"},
		{"redirige.chu.test:443", "irm.chu.test"},
		{"six.chu.test:443", "irm.chu.test"},
		{"[" + mri6 + "]:443", "irm.chu.test"},
		{"HÔPITAL.chu.test:443", "xn--hpital-ixa.chu.test"},
		{"xn--hpital-ixa.chu.test.:443", "xn--hpital-ixa.chu.test"},
		{"127.9.0.4:443", "xn--hpital-ixa.chu.test"},
		{"other.chu.test:443", ""},
		{"a.prive.chu.test:443", "*.prive.chu.test"}, // no address is known of a pattern
		{"cabinet.chu.test:443", ""},
		{"voisin.chu.test:443", "tunnel.chu.test"},
		{"libre.chu.test:443", ""}, // a port of loopback is a machine
	} {
		if got := excludedBy(t, g, test.address); got != test.by {
			t.Errorf("%s is excluded by %q, want %q", test.address, got, test.by)
		}
	}
	if _, err := g.Lookup(t.Context(), "a.prive.chu.test"); err != nil {
		t.Fatal(err)
	}
	if got := excludedBy(t, g, "other.chu.test:443"); got != "*.prive.chu.test" {
		t.Errorf("once a name below the pattern was met, its address is excluded by %q", got)
	}
	if n := mri.accepted.Load(); n != 0 {
		t.Errorf("the excluded machine received %d connections", n)
	}
	list, err := g.Exclusions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Exclusion{
		{Name: "irm.chu.test", Addresses: []netip.Addr{netip.MustParseAddr("127.9.0.1"), netip.MustParseAddr(mri6)}},
		{Name: "rien.chu.test"},
		{Name: "tunnel.chu.test"},
		{Name: "xn--hpital-ixa.chu.test", Addresses: []netip.Addr{netip.MustParseAddr("127.9.0.4")}},
	}
	if diff := cmp.Diff(want, list, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("exclusions (-want +got):\n%s", diff)
	}
}

// TestGuard_excludesWhereANameLeadsNow moves an excluded name during the run: both its
// places are excluded, without a packet to the second.
func TestGuard_excludesWhereANameLeadsNow(t *testing.T) {
	old, moved := listen(t, "127.9.0.1:0"), "127.9.0.2"
	ns := startNameServer(t)
	ns.says("irm.chu.test A", reply{records: []string{"irm.chu.test. 60 A 127.9.0.1"}}, reply{records: []string{"irm.chu.test. 60 A " + moved}})
	scope := hospital()
	scope.ExcludedNames = []string{"irm.chu.test"}
	now := noon
	g := newGuard(t, Config{Scope: scope, Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now }})
	if err := g.Permits(t.Context(), moved); err != nil {
		t.Errorf("before: %v", err)
	}
	now = now.Add(searchAgain)
	for _, address := range []string{moved + ":443", "127.9.0.1:" + old.port} {
		if got := excludedBy(t, g, address); got != "irm.chu.test" {
			t.Errorf("after a minute %s is excluded by %q", address, got)
		}
	}
}

// TestGuard_contactsNothingBeforeExclusionsAreKnown: what cannot be told from an
// excluded machine is refused, and says why.
func TestGuard_contactsNothingBeforeExclusionsAreKnown(t *testing.T) {
	web := listen(t, "127.0.0.1:0")
	ns := startNameServer(t)
	ns.holds("www.chu.test A", "www.chu.test. 60 A 127.0.0.1")
	ns.says("irm.chu.test A", reply{rcode: dns.RcodeServerFailure})
	ns.says("irm.chu.test AAAA", reply{rcode: dns.RcodeServerFailure})
	ns.says("parti.chu.test A", reply{rcode: dns.RcodeNameError})
	ns.says("parti.chu.test AAAA", reply{rcode: dns.RcodeNameError})
	scope := hospital()
	scope.ExcludedNames = []string{"irm.chu.test", "parti.chu.test"}
	now := noon
	g := newGuard(t, Config{
		Scope: scope, Resolvers: []netip.AddrPort{ns.at}, Clock: func() time.Time { return now },
		Redirects: map[string]string{"declare.chu.test:443": "127.0.0.1:" + web.port},
	})
	for range 3 {
		for _, address := range []string{"www.chu.test:" + web.port, "127.0.0.1:" + web.port} {
			conn, err := g.DialContext(t.Context(), "tcp", address)
			if err == nil {
				conn.Close()
			}
			wantRefusal(t, err, scanner.RefusedExcluded)
			if cause := scanner.CauseOf(err); cause.Code != scanner.CauseExcluded || cause.Values[scanner.ValueReason] != scanner.ExcludedUnfound || cause.Values[scanner.ValueBy] != "irm.chu.test" {
				t.Errorf("%s: the cause is %+v", address, cause)
			}
		}
	}
	if n := ns.count("irm.chu.test A"); n != 2 {
		t.Errorf("the name was asked %d times in a minute, want once, and once unchecked", n)
	}
	if n := web.accepted.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	conn, err := g.DialContext(t.Context(), "tcp", "declare.chu.test:443")
	if err != nil {
		t.Fatalf("what a redirect declares: %v", err)
	}
	conn.Close()
	ns.holds("irm.chu.test A", "irm.chu.test. 60 A 127.9.0.1")
	ns.holds("irm.chu.test AAAA")
	now = now.Add(searchAgain)
	if conn, err = g.DialContext(t.Context(), "tcp", "www.chu.test:"+web.port); err != nil {
		t.Fatalf("once the name is known: %v", err)
	}
	conn.Close()
}

// TestGuard_excludesWhereGlueLeads: the resolvers fail on an excluded name server, whose
// address the registry gave to a lookup. The search that finds that answer kept must
// not take the name for one that leads nowhere.
func TestGuard_excludesWhereGlueLeads(t *testing.T) {
	_, registry, config := tree(t)
	registry.says("chu.test NS",
		reply{referral: []string{"chu.test. 60 NS ns1.chu.test."}, extra: []string{"ns1.chu.test. 60 A 192.0.2.7"}})
	resolver := startNameServer(t)
	resolver.says("ns1.chu.test A", reply{rcode: dns.RcodeServerFailure})
	resolver.says("ns1.chu.test AAAA", reply{rcode: dns.RcodeServerFailure})
	resolver.holds("www.chu.test A", "www.chu.test. 60 A 192.0.2.7")
	now := noon
	config.Resolvers, config.Clock = []netip.AddrPort{resolver.at}, func() time.Time { return now }
	config.Scope.Ranges = prefixes("192.0.2.0/24", "127.0.0.0/8")
	config.Scope.ExcludedNames = []string{"ns1.chu.test"}
	g := newGuard(t, config)
	if _, err := g.Parents(t.Context(), "chu.test"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(searchAgain / 2)
	if found, err := g.Lookup(t.Context(), "ns1.chu.test"); err != nil || len(found) != 1 {
		t.Fatalf("the registry gives %v, %v", found, err)
	}
	now = now.Add(searchAgain/2 + time.Second) // the name is due, and its glue still kept
	err := g.Permits(t.Context(), "www.chu.test")
	refusal, ok := errors.AsType[*scanner.Refusal](err)
	if !ok || refusal.Code != scanner.RefusedExcluded || refusal.By != "ns1.chu.test" {
		t.Errorf("the machine of the excluded name server is met: %v", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
)

// tree is a root that delegates "test" to a registry, which delegates chu.test.
func tree(t *testing.T) (root, registry *nameServer, config Config) {
	t.Helper()
	root, registry = startNameServer(t), startNameServer(t)
	root.says("chu.test NS", reply{referral: []string{"test. 60 NS a.registry.test."}})
	registry.says("chu.test NS", reply{referral: []string{"chu.test. 60 NS ns1.chu.test."}})
	return root, registry, Config{
		Scope: hospital(), RootHints: []netip.AddrPort{root.at},
		Redirects: map[string]string{"a.registry.test:53": registry.at.String()},
	}
}

func TestParents_followsTheRootToTheRegistry(t *testing.T) {
	root, registry, config := tree(t)
	config.Scope.Ranges = prefixes("10.0.0.0/8") // loopback is out of the scope
	g := newGuard(t, config)
	if _, err := g.DialContext(t.Context(), "udp", registry.at.String()); err == nil {
		t.Fatal("a server nobody declared was dialled before it was found to be the registry")
	}
	for _, name := range []string{"chu.test", "www.chu.test"} {
		servers, err := g.Parents(t.Context(), name)
		if err != nil || !slices.Equal(servers, []netip.AddrPort{registry.at}) {
			t.Fatalf("parents of %s = %v, %v; want the registry at %s", name, servers, err, registry.at)
		}
	}
	conn, err := g.DialContext(t.Context(), "udp", registry.at.String())
	if err != nil {
		t.Fatalf("the registry cannot be dialled: %v", err)
	}
	conn.Close()
	if root.count("chu.test NS") == 0 || registry.count("chu.test NS") == 0 {
		t.Error("the zones above were not asked")
	}
}

func TestParents_refusesReferralsThatLeadAstray(t *testing.T) {
	for name, referral := range map[string]string{
		"sideways":        "other. 60 NS a.registry.test.",
		"without-address": "test. 60 NS nowhere.invalid.",
	} {
		t.Run(name, func(t *testing.T) {
			root, registry, config := tree(t)
			root.says("chu.test NS", reply{referral: []string{referral}})
			g := newGuard(t, config)
			if servers, err := g.Parents(t.Context(), "chu.test"); err == nil {
				t.Errorf("parents = %v, want an error", servers)
			}
			if registry.count("chu.test NS") != 0 {
				t.Error("a server that the root does not name was asked")
			}
		})
	}
}

func TestParents_keepsAHostileDelegationFromPrivateAddresses(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("test NS", "test. 60 NS a.registry.test.")
	ns.holds("a.registry.test A", "a.registry.test. 60 A 10.9.8.7")
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	if servers, err := g.Parents(t.Context(), "chu.test"); err == nil {
		t.Errorf("parents = %v, want none at a private address", servers)
	}
}

func TestParents_resolversTellWithoutRootHints(t *testing.T) {
	_, registry, config := tree(t)
	ns := startNameServer(t)
	ns.holds("test NS", "test. 60 NS a.registry.test.")
	config.RootHints, config.Resolvers = nil, []netip.AddrPort{ns.at}
	servers, err := newGuard(t, config).Parents(t.Context(), "chu.test")
	if err != nil || !slices.Equal(servers, []netip.AddrPort{registry.at}) {
		t.Errorf("parents = %v, %v; want the registry at %s", servers, err, registry.at)
	}
}

func TestGuard_sourcesAreNoTargets(t *testing.T) {
	source := listen(t, "127.0.0.1:0")
	config := Config{
		Scope: hospital(), Sources: []string{"rdap.registry.example:443"},
		Redirects: map[string]string{"rdap.registry.example:443": source.Addr().String()},
	}
	g := newGuard(t, config)
	conn, err := g.DialContext(t.Context(), "tcp", "rdap.registry.example:443")
	if err != nil {
		t.Fatalf("a declared source cannot be dialled: %v", err)
	}
	conn.Close()
	_, err = g.DialContext(t.Context(), "tcp", "rdap.registry.example:80")
	wantRefusal(t, err, scanner.RefusedOutOfScope)
	config.Scope.Excluded = prefixes("127.0.0.1/32")
	_, err = newGuard(t, config).DialContext(t.Context(), "tcp", "rdap.registry.example:443")
	wantRefusal(t, err, scanner.RefusedExcluded)
}

func TestGuard_leavesFromTheDeclaredAddress(t *testing.T) {
	target := listen(t, "127.0.0.1:0")
	g := newGuard(t, Config{Scope: hospital(), From: netip.MustParseAddr("127.0.0.77")})
	conn, err := g.DialContext(t.Context(), "tcp", target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if from := netip.MustParseAddrPort(conn.LocalAddr().String()).Addr(); from.String() != "127.0.0.77" {
		t.Errorf("left from %s, want 127.0.0.77", from)
	}
}

func TestGuard_intrusiveLooksNeedTheirOwnDates(t *testing.T) {
	allowed := scanner.Authorisation{By: "directeur", From: noon.Add(-1), Until: noon.Add(1)}
	if err := newGuard(t, Config{Scope: hospital(), Intrusive: allowed}).Intrusive(); err != nil {
		t.Errorf("refused under a permission that holds: %v", err)
	}
	wantRefusal(t, newGuard(t, Config{Scope: hospital()}).Intrusive(), scanner.RefusedIntrusive)
	allowed.Until = noon
	wantRefusal(t, newGuard(t, Config{Scope: hospital(), Intrusive: allowed}).Intrusive(), scanner.RefusedIntrusive)
}

// TestGlue: the resolvers find no address of the servers of a lame delegation; the
// registry gives them with its referral, and the scope judges them as any other.
func TestGlue(t *testing.T) {
	tests := map[string]struct {
		referral, glue []string
		want           string // address found
		permitted      bool
	}{
		"in_scope":     {[]string{"chu.test. 60 NS ns1.chu.test."}, []string{"ns1.chu.test. 60 A 192.0.2.7"}, "192.0.2.7", true},
		"out_of_scope": {[]string{"chu.test. 60 NS ns1.chu.test."}, []string{"ns1.chu.test. 60 A 203.0.113.7"}, "203.0.113.7", false},
		"of_another_server": {
			[]string{"chu.test. 60 NS ns2.chu.test."}, []string{"ns1.chu.test. 60 A 192.0.2.7"}, "", false,
		},
		"of_another_domain": {
			[]string{"other.test. 60 NS ns1.chu.test."}, []string{"ns1.chu.test. 60 A 192.0.2.7"}, "", false,
		},
		"no_glue": {[]string{"chu.test. 60 NS ns1.chu.test."}, nil, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, registry, config := tree(t)
			registry.says("chu.test NS", reply{referral: []string{"chu.test. 60 NS ns9.chu.test."}}, reply{referral: tt.referral, extra: tt.glue})
			failing := startNameServer(t)
			failing.says("ns1.chu.test A", reply{rcode: dns.RcodeServerFailure})
			failing.says("ns1.chu.test AAAA", reply{rcode: dns.RcodeServerFailure})
			failing.says("ns7.chu.test A", reply{rcode: dns.RcodeServerFailure})
			failing.says("ns7.chu.test AAAA", reply{rcode: dns.RcodeServerFailure})
			config.Resolvers = []netip.AddrPort{failing.at}
			config.Scope.Ranges = prefixes("192.0.2.0/24", "127.0.0.0/8")
			now := noon
			config.Clock = func() time.Time { return now }
			g := newGuard(t, config)
			if found, err := g.Lookup(t.Context(), "ns1.chu.test"); err == nil {
				t.Errorf("found %v before the registry is known", found)
			}
			if _, err := g.Parents(t.Context(), "chu.test"); err != nil {
				t.Fatal(err)
			}
			now = now.Add(keepFor) // until then, the registry's first answer stands
			found, err := g.Lookup(t.Context(), "ns1.chu.test")
			if got := strings.Trim(fmt.Sprint(found), "[]"); got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("found %q and %v, want %q", got, err, tt.want)
			}
			asked := registry.count("chu.test NS")
			if _, err := g.Lookup(t.Context(), "ns7.chu.test"); err == nil && tt.want == "" {
				t.Error("found a server that nobody names")
			}
			if again := registry.count("chu.test NS"); again != asked {
				t.Errorf("the registry was asked %d times more for another name", again-asked)
			}
			if err := g.Permits(t.Context(), "ns1.chu.test"); (err == nil) != tt.permitted {
				t.Errorf("permitted: %v", err)
			}
		})
	}
}

// TestLookupAsksWithoutChecking: a resolver that validates hides the addresses of a
// badly signed name, until it is told not to (RFC 4035 section 3.2.2). A name that is
// well signed, or not at all, costs one question.
func TestLookupAsksWithoutChecking(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("www.chu.test A", "www.chu.test. 60 A 192.0.2.1")
	ns.says("badly.chu.test A", reply{rcode: dns.RcodeServerFailure}, reply{records: []string{"badly.chu.test. 60 A 192.0.2.2"}})
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	for name, want := range map[string]int{"www.chu.test": 1, "badly.chu.test": 2} {
		if found, err := g.Lookup(t.Context(), name); err != nil || len(found) != 1 {
			t.Errorf("%s leads to %v, %v", name, found, err)
		}
		if got := ns.count(name + " A"); got != want {
			t.Errorf("%s was asked %d times, want %d", name, got, want)
		}
	}
	if want := []bool{false, true}; !slices.Equal(ns.unchecked("badly.chu.test A"), want) {
		t.Errorf("checking was disabled: %v, want %v", ns.unchecked("badly.chu.test A"), want)
	}
}

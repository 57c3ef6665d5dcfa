// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner/question"
)

// found asks a guard where a name leads, as "address through names".
func found(t *testing.T, g *Guard, name string) ([]string, error) {
	t.Helper()
	all, err := g.resolver.lookup(t.Context(), name)
	var texts []string
	for _, f := range all {
		texts = append(texts, fmt.Sprint(f.addr, " ", f.names))
	}
	return texts, err
}

func TestResolver(t *testing.T) {
	ns := startNameServer(t)
	ns.holds("plain.test A", "plain.test. 60 A 192.0.2.1", "plain.test. 60 A 192.0.2.1", "stranger.test. 60 A 192.0.2.66")
	ns.holds("alias.test A", "step.test. 60 A 192.0.2.2", "alias.test. 60 CNAME Step.Test.")
	ns.holds("cut.test A", "cut.test. 60 CNAME cut2.test.")
	ns.holds("cut2.test A", "cut2.test. 60 A 192.0.2.3")
	ns.says("big.test A", reply{truncated: true, records: []string{"big.test. 60 A 192.0.2.4"}})
	ns.holds("half.test A", "half.test. 60 A 192.0.2.5")
	ns.says("half.test AAAA", reply{rcode: dns.RcodeServerFailure})
	ns.says("dead.test A", reply{rcode: dns.RcodeServerFailure})
	ns.says("gone.test A", reply{rcode: dns.RcodeNameError})
	ns.says("gone.test AAAA", reply{rcode: dns.RcodeNameError})
	ns.holds("loop.test A", "loop.test. 60 CNAME loop.test.")
	ns.says("lie.test A", reply{question: "other.test.", records: []string{"lie.test. 60 A 192.0.2.66"}})
	ns.holds("dotted.test A", `dotted.test. 60 CNAME evil\.chu.test.`, `evil\.chu.test. 60 A 192.0.2.66`)
	ns.holds("six.test AAAA", "six.test. 60 AAAA 2001:db8::6")
	ns.holds("six.test A", "six.test. 60 AAAA 2001:db8::66")
	tests := []struct {
		name string
		want []string
		fail bool
	}{
		{name: "plain.test", want: []string{"192.0.2.1 [plain.test]"}},
		{name: "alias.test", want: []string{"192.0.2.2 [alias.test step.test]"}},
		{name: "cut.test", want: []string{"192.0.2.3 [cut.test cut2.test]"}},
		{name: "big.test", want: []string{"192.0.2.4 [big.test]"}},
		{name: "half.test", want: []string{"192.0.2.5 [half.test]"}},
		{name: "six.test", want: []string{"2001:db8::6 [six.test]"}},
		{name: "gone.test"},
		{name: "nodata.test"},
		{name: "dead.test", fail: true},
		{name: "loop.test", fail: true},
		{name: "lie.test", fail: true},
		{name: "dotted.test", fail: true},
		{name: "", fail: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
			got, err := found(t, g, tc.name)
			if (err != nil) != tc.fail {
				t.Errorf("error is %v, want one: %t", err, tc.fail)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
	if got := ns.count("tcp big.test A"); got != 1 {
		t.Errorf("a truncated answer was asked again over TCP %d times, want 1", got)
	}
}

func TestResolver_followsEightAliases(t *testing.T) {
	ns := startNameServer(t)
	for length := range 10 {
		var records []string
		for i := range length {
			records = append(records, fmt.Sprintf("%s 60 CNAME %s", step(length, i), step(length, i+1)))
		}
		records = append(records, step(length, length)+" 60 A 192.0.2.1")
		ns.holds(plainName(step(length, 0))+" A", records...)
	}
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	for length := range 10 {
		got, err := found(t, g, plainName(step(length, 0)))
		if ok := err == nil && len(got) == 1; ok != (length <= maxAliases) {
			t.Errorf("%d aliases: %v, %v", length, got, err)
		}
	}
}

func step(length, i int) string { return fmt.Sprintf("n%d.of%d.test.", i, length) }

func TestResolver_keepsFewAddresses(t *testing.T) {
	ns := startNameServer(t)
	var records []string
	for i := range 30 {
		records = append(records, fmt.Sprintf("many.test. 60 A 192.0.2.%d", i+1))
	}
	ns.says("many.test A", reply{truncated: true, records: records})
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{ns.at}})
	got, err := found(t, g, "many.test")
	if err != nil || len(got) != maxAddresses {
		t.Errorf("kept %d addresses, %v; want %d", len(got), err, maxAddresses)
	}
}

// A resolver that is down or broken hands over to the next; failures are asked
// again, answers and proven absences are not.
func TestResolver_servers(t *testing.T) {
	down, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down.Close()
	broken, good := startNameServer(t), startNameServer(t)
	for _, family := range []string{"A", "AAAA"} {
		broken.says("www.test "+family, reply{rcode: dns.RcodeServerFailure})
		good.says("flaky.test "+family, reply{rcode: dns.RcodeServerFailure}, reply{rcode: dns.RcodeServerFailure}, reply{records: []string{"flaky.test. 60 A 192.0.2.9"}})
		broken.says("flaky.test "+family, reply{rcode: dns.RcodeRefused})
	}
	good.holds("www.test A", "www.test. 60 A 192.0.2.1")
	g := newGuard(t, Config{Scope: hospital(), Resolvers: []netip.AddrPort{
		netip.MustParseAddrPort(down.LocalAddr().String()), broken.at, good.at,
	}})
	for range 2 {
		got, err := found(t, g, "www.test")
		if diff := cmp.Diff([]string{"192.0.2.1 [www.test]"}, got); err != nil || diff != "" {
			t.Errorf("error %v (-want +got):\n%s", err, diff)
		}
	}
	if got := good.count("www.test A"); got != 1 {
		t.Errorf("the answer was asked %d times, want 1", got)
	}
	if got, err := found(t, g, "flaky.test"); err == nil {
		t.Errorf("a failure gave %v", got)
	}
	if got, err := found(t, g, "flaky.test"); err != nil || len(got) != 1 {
		t.Errorf("after a failure: %v, %v", got, err)
	}
}

// FuzzWalk reads answers of any shape: what comes out is bounded, begins at the
// name asked, and belongs to the last name reached.
func FuzzWalk(f *testing.F) {
	for _, records := range [][]string{
		{},
		{"www.chu.test. 60 A 192.0.2.1"},
		{"www.chu.test. 60 CNAME a.test.", "a.test. 60 A 192.0.2.1", "b.test. 60 A 192.0.2.2"},
		{"www.chu.test. 60 CNAME www.chu.test."},
		{`www.chu.test. 60 CNAME x\.y.test.`, "www.chu.test. 60 AAAA 2001:db8::1"},
	} {
		m := new(dns.Msg)
		m.SetQuestion("www.chu.test.", dns.TypeA)
		m.Response = true
		for _, text := range records {
			record, err := dns.NewRR(text)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer = append(m.Answer, record)
		}
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	asked := new(dns.Msg).SetQuestion("www.chu.test.", dns.TypeA)
	f.Fuzz(func(t *testing.T, packet []byte) {
		answer := new(dns.Msg)
		if answer.Unpack(packet) != nil {
			return
		}
		if asked.Id = answer.Id; !question.Answers(asked, answer) {
			return
		}
		names, addrs := walk(answer, []string{"www.chu.test"})
		if names[0] != "www.chu.test" || len(names) > maxAliases+2 || len(addrs) > maxAddresses {
			t.Errorf("names %q, %d addresses", names, len(addrs))
		}
		for _, addr := range addrs {
			if !addr.Is4() {
				t.Errorf("%s is not of the family asked", addr)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestSecondLookFetchesNoPolicyInNoDoubt: what confirms a key leaves the policy as the
// first look saw it, and says so.
func TestSecondLookFetchesNoPolicyInNoDoubt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parts []string
		want  []scanner.Gap
	}{
		"key":    {[]string{fact.MailUse, fact.MailDKIM}, []scanner.Gap{scanner.NotAgain(fact.MailSTSPolicy)}},
		"policy": {[]string{fact.MailUse, fact.MailSTS, fact.MailSTSPolicy}, nil},
	} {
		network := &loopback.Network{
			Recursives: []netip.AddrPort{loopback.ServeDNS(t, parseRecords(t, healthy))}, Routes: map[string]string{"mta-sts.chu.test:443": "127.0.0.1:1"},
		}
		ctx := scanner.WithSecondLook(t.Context(), map[string][]string{fact.MailPolicy{}.FactKind(): test.parts})
		sightings, err := New(Options{}).Observe(ctx, network, scanner.DomainTarget("chu.test"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, sightings[0].Unread); diff != "" {
			t.Errorf("%s: left out (-want +got):\n%s", name, diff)
		}
		found := sightings[0].Fact.(fact.MailPolicy)
		fetched := slices.ContainsFunc(network.Dials(), func(dial string) bool { return strings.HasSuffix(dial, ":443") })
		if fetched != (test.want == nil) || (found.MTASTS.Policy == nil) != (test.want != nil) || found.SPF.Result != fact.SPFUsable {
			t.Errorf("%s: fetched %t, policy %+v, SPF %s", name, fetched, found.MTASTS.Policy, found.SPF.Result)
		}
	}
}

// TestDoubtedPartAsksAgain: an answer that another part was content with is asked for
// anew by the one in doubt.
func TestDoubtedPartAsksAgain(t *testing.T) {
	t.Parallel()
	network := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, parseRecords(t, healthy))}}
	r := newResolver(network, defaultTimeout)
	ctx := scanner.WithSecondLook(t.Context(), map[string][]string{"mail-policy": {fact.MailSPF}})
	for _, step := range []struct {
		part string
		want int // exchanges so far
	}{{fact.MailUse, 1}, {fact.MailUse, 1}, {fact.MailSPF, 2}, {fact.MailSPF, 2}, {fact.MailUse, 2}} {
		r.texts(scanner.About(ctx, "mail-policy", step.part), "chu.test")
		if r.Made() != step.want {
			t.Errorf("%s: %d exchanges, want %d", step.part, r.Made(), step.want)
		}
	}
}

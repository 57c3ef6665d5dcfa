// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestProviderIsMetAsASenderMeetsIt holds that a provider's mail server gets an
// introduction and one handshake, whatever the authorisation of the hospital.
func TestProviderIsMetAsASenderMeetsIt(t *testing.T) {
	t.Parallel()
	port := serve(t, answering("220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n"))
	n := world(t, mx, map[string]string{"25": port})
	n.Providers, n.Authorised = []string{"mx1.chu.test"}, true
	f, _ := observe(t, n, Options{RelaySender: "a@ours.test", RelayRecipient: "b@theirs.test"})
	if f.Servers[0].Meeting != scanner.MetAsClient || f.Servers[0].Provider != "" {
		t.Errorf("met %q, provider %q", f.Servers[0].Meeting, f.Servers[0].Provider)
	}
	h := only(t, f)
	if len(h.Ports) != 1 || h.Ports[0].Port != 25 || h.Ports[0].StartTLS != fact.Accepted || h.Relay != fact.RelayNotAsked {
		t.Errorf("looked at %+v, relay %q", h.Ports, h.Relay)
	}
	var dials []string
	for _, dial := range n.Dials() {
		if at, err := netip.ParseAddrPort(dial[4:]); err != nil || at != n.Recursives[0] {
			dials = append(dials, dial)
		}
	}
	if diff := cmp.Diff([]string{"tcp4 mx1.chu.test:25", "tcp4 mx1.chu.test:25"}, dials); diff != "" {
		t.Errorf("dials (-want +got):\n%s", diff)
	}
}

// TestStrangerIsNamed keeps apart what nobody declared.
func TestStrangerIsNamed(t *testing.T) {
	t.Parallel()
	n := world(t, "chu.test. IN MX 10 mx.filter.example.\n", nil)
	n.Addresses["mx.filter.example"] = []netip.Addr{netip.MustParseAddr("192.0.2.26")}
	f, _ := observe(t, n, Options{})
	if s := f.Servers[0]; s.Meeting != scanner.NotDeclared || s.Provider != "filter.example" || len(s.Hosts) > 0 {
		t.Errorf("met %+v", s)
	}
}

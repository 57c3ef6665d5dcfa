// SPDX-License-Identifier: Apache-2.0

package sources

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"carescan/cmd/agent/internal/config"
	"carescan/scanner/fact"
)

// TestPortalsAreKnownByTheirTarget: names have no case (RFC 4343 section 2), and the
// second factor of a portal must be found again at the host that is looked at.
func TestPortalsAreKnownByTheirTarget(t *testing.T) {
	got := portalsOf(config.Targets{Portals: []config.Portal{
		{Address: "VPN.chu.test:443", Kind: "vpn", TwoFactor: "no"},
		{Address: "webmail.chu.test.:443", Kind: "webmail"},
		{Address: "accès.chu.test:8443", Kind: "sso", TwoFactor: "yes"},
		{Address: "[2001:DB8:0::1]:443", Kind: "desktop"},
	}})
	want := map[string]fact.Declaration{
		"vpn.chu.test:443":           {Kind: "vpn", TwoFactor: "no"},
		"webmail.chu.test:443":       {Kind: "webmail", TwoFactor: "unknown"},
		"xn--accs-7oa.chu.test:8443": {Kind: "sso", TwoFactor: "yes"},
		"[2001:db8::1]:443":          {Kind: "desktop", TwoFactor: "unknown"},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("portals (-want +got):\n%s", diff)
	}
}

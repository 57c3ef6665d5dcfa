// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// TestSmallHellos reads the page of a server of today behind a box that loses the hellos
// of today.
func TestSmallHellos(t *testing.T) {
	t.Parallel()
	l := &loopback.Network{Routes: map[string]string{host + ":80": loopback.Free(t).String()}, Addresses: map[string][]netip.Addr{host: {here}}}
	l.Routes[host+":443"] = loopback.Behind(t, debian.OpenSSL(t, "-cert", debian.RSAPair(t, 2048, host), "-www"), loopback.Over255)
	sightings, err := New(Options{}).Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
	if err != nil {
		t.Fatal(err)
	}
	if got := sightings[0].Fact.(fact.Web); got.Reach != fact.Answered || got.Page == nil || !got.Hops[0].OldTLS {
		t.Errorf("%+v", got)
	}
}

// TestOldTLS reads the page of servers that speak no TLS of today, and says of those
// that cannot be read why they are not.
func TestOldTLS(t *testing.T) {
	t.Parallel()
	parameters := filepath.Join(t.TempDir(), "dh.pem")
	if said, err := exec.CommandContext(t.Context(), debian.Program(t, "openssl", "openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:modp_2048", "-out", parameters).CombinedOutput(); err != nil {
		t.Fatalf("openssl makes no parameters: %v\n%s", err, said)
	}
	usual, short := debian.RSAPair(t, 2048, host), debian.RSAPair(t, 512, host)
	tests := map[string]struct {
		pair    string
		flags   []string
		old     bool
		missing scanner.CauseCode
	}{
		"finite-field": {usual, []string{"-tls1_2", "-dhparam", parameters, "-cipher", "DHE-RSA-AES256-GCM-SHA384"}, true, ""},
		"sha1":         {usual, []string{"-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "ALL:@SECLEVEL=0"}, true, ""},
		"rsa-512":      {short, []string{"-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "ALL:@SECLEVEL=0"}, true, ""},
		"rsa-512-key":  {short, []string{"-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"}, true, ""},
		"anonymous":    {usual, []string{"-tls1_2", "-cipher", "AECDH-AES128-SHA:@SECLEVEL=0"}, true, ""},
		"mutual":       {usual, []string{"-tls1", "-dhparam", parameters, "-verify", "1", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0"}, true, ""},
		"today":        {usual, nil, false, ""},
		"camellia":     {usual, []string{"-tls1_2", "-cipher", "CAMELLIA128-SHA:@SECLEVEL=0"}, false, scanner.CauseTLSRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &loopback.Network{Routes: map[string]string{host + ":80": loopback.Free(t).String()}, Addresses: map[string][]netip.Addr{host: {here}}}
			l.Routes[host+":443"] = debian.OpenSSL(t, append([]string{"-cert", tt.pair, "-www"}, tt.flags...)...)
			sightings, err := New(Options{}).Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
			if err != nil {
				t.Fatal(err)
			}
			got := sightings[0].Fact.(fact.Web)
			if missing := sightings[0].Missing; tt.missing != "" {
				if len(missing) != 1 || missing[0].Code != tt.missing {
					t.Errorf("missing %v, want %s", missing, tt.missing)
				}
				return
			}
			if got.Reach != fact.Answered || len(got.Hops) != 1 || got.Hops[0].Status != 200 || got.Hops[0].OldTLS != tt.old || got.Page == nil {
				t.Fatalf("%+v", got)
			}
			if again := len(l.Dials()); again != len(l.Paced()) {
				t.Errorf("%d connections, %d turns", again, len(l.Paced()))
			}
		})
	}
}

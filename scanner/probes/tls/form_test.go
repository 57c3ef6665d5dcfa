// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bytes"
	"crypto/x509"
	"testing"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// behind puts a middle box before a server.
func behind(t *testing.T, server *loopback.Network, loses func(record []byte) bool) *loopback.Network {
	t.Helper()
	return doorTo(loopback.Behind(t, server.Routes[service+":443"], loses))
}

// TestSmallHellos looks at real servers behind a box that resets hellos over 255
// bytes: what it lets through is judged as without it, at the same price, and what
// cannot be asked is not judged.
func TestSmallHellos(t *testing.T) {
	t.Parallel()
	strong := []string{"-groups", "X25519:P-256:P-384", "-sigalgs", "RSA+SHA256:RSA-PSS+SHA256", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"}
	tests := map[string]struct {
		flags []string
		other map[string]string
	}{
		"sound":   {nil, nil},
		"only-13": {[]string{"-tls1_3"}, map[string]string{"exposure.tls-renegotiation": "not_applicable tls13-only", "exposure.tls-master-secret": "not_applicable tls13-only"}},
		"only-12": {[]string{"-tls1_2"}, map[string]string{"exposure.tls-version": "fail no-tls13", "exposure.tls-early-data": "not_applicable no-tls13"}},
		"unsafe":  {[]string{"-client_renegotiation"}, map[string]string{"exposure.tls-renegotiation": "fail client"}},
		"weak":    {[]string{"-groups", "X25519:secp256k1"}, map[string]string{"exposure.tls-groups": "fail weak-group"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, behind(t, openSSL(append(strong, tt.flags...)...)(t), loopback.Over255), Options{Roots: x509.NewCertPool()})
			if !got.ShortHellos {
				t.Error("the fact does not tell that short hellos only are answered")
			}
			if len(sighting.Missing) > 0 || len(got.Chain) != 1 || got.Connections > 30 {
				t.Errorf("missing %q, %d certificates, %d connections", sighting.Missing.Detail(), len(got.Chain), got.Connections)
			}
			for _, check := range protocolChecks {
				want := sound()[check.ID]
				if other, found := tt.other[check.ID]; found {
					want = other
				}
				if said := verdict(t, check, got); said != want {
					t.Errorf("%s: %s, want %s; offers %v, why %v", check.ID, said, want, got.Offers, got.Why)
				}
			}
		})
	}
}

// TestHellosWithoutExtensions looks at a server that hangs up at the extensions of
// today: it is read all the same, and not judged on what it could not be asked.
func TestHellosWithoutExtensions(t *testing.T) {
	t.Parallel()
	flags := []string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"}
	secret := []byte{0, 23, 0, 0} // extended master secret, RFC 7627
	got, _ := observe(t, behind(t, openSSL(flags...)(t), func(record []byte) bool { return bytes.Contains(record, secret) }), Options{Roots: x509.NewCertPool()})
	want := map[string]string{
		"exposure.tls-version": "fail no-tls13", "exposure.tls-cipher-mode": "fail cbc-only", "exposure.tls-renegotiation": "inconclusive not-known", "exposure.tls-master-secret": "inconclusive not-known",
		"exposure.ssl-version": "pass refused", "exposure.tls-broken-suites": "pass refused", "exposure.tls-forward-secrecy": "pass ephemeral",
	}
	for _, check := range protocolChecks {
		if want, said := want[check.ID], verdict(t, check, got); want != "" && said != want {
			t.Errorf("%s: %s, want %s; offers %v, why %v", check.ID, said, want, got.Offers, got.Why)
		}
	}
	for _, key := range []string{fact.OfferEMS, fact.OfferRenegotiation, fact.OfferEncryptMAC, fact.OfferCompression} {
		if got.Offers[key] != fact.OfferUnknown || got.Why[key] == "" {
			t.Errorf("%s is %s, why %q", key, got.Offers[key], got.Why[key])
		}
	}
	if got.Connections > 35 {
		t.Errorf("%d connections", got.Connections)
	}
}

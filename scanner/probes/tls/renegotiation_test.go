// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/x509"
	"testing"

	"carescan/checks/exposure/tlsrenegotiation"
	"carescan/scanner/fact"
)

// TestRenegotiationBySuite asks real servers of each version and kind of suite to
// begin again: what they speak decides whether it is tried, and not what one library
// does.
func TestRenegotiationBySuite(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"1.0-cbc":          {"-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"},
		"1.1-cbc":          {"-tls1_1", "-cipher", "AES256-SHA:@SECLEVEL=0"},
		"1.1-finite-field": {"-tls1_1", "-cipher", "DHE-RSA-AES256-SHA:@SECLEVEL=0"},
		"1.2-cbc":          {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"},
		"1.2-finite-field": {"-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"},
		"1.2-chacha":       {"-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"},
		"1.2-static":       {"-tls1_2", "-cipher", "AES128-GCM-SHA256"},
		"1.2-sha1":         {"-tls1_2", "-sigalgs", "RSA+SHA1", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"},
		"1.2-null":         {"-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0"},
	}
	for name, flags := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want, more := range map[string][]string{"pass safe": nil, "fail client": {"-client_renegotiation"}} {
				got, _ := observe(t, openSSL(append(more, flags...)...)(t), Options{Roots: x509.NewCertPool()})
				if said := verdict(t, tlsrenegotiation.Check, got); said != want {
					t.Errorf("%s, want %s; %s, why %v", said, want, got.Offers[fact.OfferClientRenego], got.Why)
				}
			}
		})
	}
}

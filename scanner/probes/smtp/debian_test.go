// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
)

func postfixTLS(t *testing.T, id debian.Identity, more ...string) string {
	t.Helper()
	return debian.Postfix(t, append([]string{
		"smtpd_tls_security_level = may", "smtpd_tls_cert_file = " + id.CertFile, "smtpd_tls_key_file = " + id.KeyFile,
	}, more...)...)
}

func tlsaOf(id debian.Identity) string {
	sum := sha256.Sum256(id.Leaf.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// TestHealthyPostfix looks at a server as it should be.
func TestHealthyPostfix(t *testing.T) {
	t.Parallel()
	id := debian.NewIdentity(t, debian.Folder(t), "mx1.chu.test")
	text := mx + fmt.Sprintf("_25._tcp.mx1.chu.test. IN TLSA 3 1 1 %s\n_25._tcp.mx1.chu.test. IN TLSA 3 1 1 %s\n", tlsaOf(id), strings.Repeat("ab", 32)) +
		"_mta-sts.chu.test. IN TXT \"v=STSv1; id=1\"\n"
	n := world(t, text, map[string]string{"25": postfixTLS(t, id, "smtpd_tls_mandatory_protocols = >=TLSv1.2", "smtpd_tls_protocols = >=TLSv1.2")})
	f, sighting := observe(t, n, Options{Roots: id.Roots, Store: "test"})
	h := only(t, f)
	want := fact.MailHost{
		Address: "127.0.0.1",
		Ports: []fact.MailPort{
			{Port: 25, Reach: fact.Answered, Banner: "mx1.chu.test ESMTP Postfix", StartTLS: fact.Accepted},
			{Port: 110, Reach: fact.Closed, Cause: scanner.Cause{Code: scanner.CauseRefused}},
			{Port: 143, Reach: fact.Closed, Cause: scanner.Cause{Code: scanner.CauseRefused}},
			{Port: 587, Reach: fact.Closed, Cause: scanner.Cause{Code: scanner.CauseRefused}},
		},
		Versions: map[string]fact.Offer{"1.3": fact.Accepted, "1.2": fact.Accepted, "1.1": fact.Declined, "1.0": fact.Declined},
		Trust:    fact.Trusted, Store: "test", TLSA: []bool{true, false}, Relay: fact.RelayNotAsked,
	}
	if f.Servers[0].TLSA.Records[0].Data != tlsaOf(id) {
		want.TLSA = []bool{false, true}
	}
	if len(h.Chain) != 1 || h.Chain[0].Names[0] != "mx1.chu.test" || len(sighting.Artifacts) != 1 {
		t.Errorf("chain %+v, %d artifacts", h.Chain, len(sighting.Artifacts))
	}
	h.Chain = nil
	for i := range h.Ports {
		h.Ports[i].Error, h.Ports[i].Cause.Values = "", nil
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("host (-want +got):\n%s", diff)
	}
	if !f.Validating || f.Servers[0].TLSA.Security != fact.Secure || f.STS.Answer != fact.Present || len(sighting.Missing) > 0 {
		t.Errorf("validating %t, TLSA %+v, STS %+v, missing %q", f.Validating, f.Servers[0].TLSA, f.STS, sighting.Missing.Detail())
	}
	t.Logf("dials: %q", n.Dials())
}

// TestOldPostfix looks at one that still accepts what it should not.
func TestOldPostfix(t *testing.T) {
	t.Parallel()
	id := debian.NewIdentity(t, debian.Folder(t), "autre.chu.test")
	old := postfixTLS(t, id, "smtpd_tls_protocols = >=TLSv1", "smtpd_tls_ciphers = export", "tls_medium_cipherlist = ALL:@SECLEVEL=0", "tls_export_cipherlist = ALL:@SECLEVEL=0")
	f, _ := observe(t, world(t, mx, map[string]string{"25": old}), Options{})
	h := only(t, f)
	if h.Versions["1.1"] != fact.Accepted || h.Versions["1.0"] != fact.Accepted || h.Trust != fact.SelfSigned {
		t.Errorf("versions %v, trust %q, error %q", h.Versions, h.Trust, h.TLSError)
	}
}

// TestClearServers looks at servers that encrypt nothing, or take passwords
// before they do.
func TestClearServers(t *testing.T) {
	t.Parallel()
	id := debian.NewIdentity(t, debian.Folder(t), "mx1.chu.test")
	socket := filepath.Join(debian.Folder(t), "auth")
	certificate := []string{"ssl_cert = <" + id.CertFile, "ssl_key = <" + id.KeyFile}
	imapOpen, popOpen := debian.Dovecot(t, append(certificate, "ssl = yes", "disable_plaintext_auth = no", "auth_mechanisms = plain login",
		"service auth {\n unix_listener "+socket+" {\n mode = 0666\n }\n}")...)
	imapShut, popShut := debian.Dovecot(t, append(certificate, "ssl = yes", "disable_plaintext_auth = yes")...)
	sasl := []string{"smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", "smtpd_sasl_path = " + socket}
	early, late := debian.Postfix(t, sasl...), postfixTLS(t, id, append(sasl, "smtpd_tls_auth_only = yes")...)
	tests := map[string]struct {
		ports map[string]string
		want  [][]string
		tls   fact.Offer // of port 25
	}{
		"before": {
			map[string]string{"25": early, "110": popOpen, "143": imapOpen, "587": early},
			[][]string{{"PLAIN", "LOGIN"}, {"USER", "PLAIN", "LOGIN"}, {"PLAIN", "LOGIN"}, {"PLAIN", "LOGIN"}},
			fact.Declined,
		},
		"after": {map[string]string{"25": late, "110": "127.0.0.2:" + popShut, "143": "127.0.0.2:" + imapShut, "587": late}, [][]string{nil, nil, nil, nil}, fact.Accepted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, _ := observe(t, world(t, mx, tt.ports), Options{})
			h := only(t, f)
			var got [][]string
			for _, p := range h.Ports {
				got = append(got, p.Logins)
				if p.Reach != fact.Answered {
					t.Errorf("port %d: %s, %s", p.Port, p.Reach, p.Error)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("logins (-want +got):\n%s", diff)
			}
			if h.Ports[0].StartTLS != tt.tls {
				t.Errorf("STARTTLS %s", h.Ports[0].StartTLS)
			}
		})
	}
}

// TestRelay asks real servers to carry mail between strangers, or does not.
func TestRelay(t *testing.T) {
	t.Parallel()
	open := []string{"mynetworks = 127.0.0.0/8", "smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination"}
	tests := map[string]struct {
		settings   []string
		authorised bool
		want       fact.RelayResult
	}{
		"closed":         {nil, true, fact.RelayRefused},
		"open":           {open, true, fact.RelayAccepted},
		"later":          {[]string{"smtpd_relay_restrictions = defer"}, true, fact.RelayUnknown},
		"sender-refused": {[]string{"smtpd_delay_reject = no", "smtpd_sender_restrictions = reject"}, true, fact.RelayUnknown},
		"not-authorised": {open, false, fact.RelayNotAsked},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := world(t, mx, map[string]string{"25": debian.Postfix(t, tt.settings...)})
			n.Authorised = tt.authorised
			f, _ := observe(t, n, Options{RelaySender: "probe@ours.example", RelayRecipient: "probe@ours-too.example"})
			if h := only(t, f); h.Relay != tt.want || f.RelayAllowed != tt.authorised {
				t.Errorf("relay %q (%s), allowed %t", h.Relay, h.RelayError, f.RelayAllowed)
			}
		})
	}
}

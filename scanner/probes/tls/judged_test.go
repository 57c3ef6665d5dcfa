// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"carescan/checks/exposure/certificatechain"
	"carescan/checks/exposure/certificatekey"
	"carescan/checks/exposure/certificatelifetime"
	"carescan/checks/exposure/certificaterevocation"
	"carescan/checks/exposure/certificatevalidity"
	"carescan/checks/exposure/sslversion"
	"carescan/checks/exposure/tlsbrokensuites"
	"carescan/checks/exposure/tlsciphermode"
	"carescan/checks/exposure/tlsearlydata"
	"carescan/checks/exposure/tlsflaws"
	"carescan/checks/exposure/tlsforwardsecrecy"
	"carescan/checks/exposure/tlsgroups"
	"carescan/checks/exposure/tlsmastersecret"
	"carescan/checks/exposure/tlsrenegotiation"
	"carescan/checks/exposure/tlssignaturehash"
	"carescan/checks/exposure/tlsversion"
	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

// protocolChecks judge what a service speaks, certificateChecks what it shows.
var (
	protocolChecks = []scanner.Check{
		sslversion.Check, tlsversion.Check, tlsbrokensuites.Check, tlsciphermode.Check, tlsforwardsecrecy.Check, tlsgroups.Check,
		tlssignaturehash.Check, tlsrenegotiation.Check, tlsmastersecret.Check, tlsearlydata.Check,
	}
	certificateChecks = []scanner.Check{certificatevalidity.Check, certificatechain.Check, certificatekey.Check, certificaterevocation.Check, certificatelifetime.Check}
)

// verdict is what a check says of a look, in two words.
func verdict(t *testing.T, check scanner.Check, f fact.TLS) string {
	t.Helper()
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	found := check.Evaluate(scanner.Observation{
		Kind: f.FactKind(), Target: scanner.ServiceTarget(service, 443), Vantage: scanner.VantageInternet,
		At: time.Now(), Status: scanner.StatusCompleted, Fact: raw,
	}, nil)
	return string(found.Outcome) + " " + found.Reason
}

// sound are the verdicts on a server of today.
func sound() map[string]string {
	return map[string]string{
		"exposure.ssl-version": "pass refused", "exposure.tls-version": "pass modern", "exposure.tls-broken-suites": "pass refused",
		"exposure.tls-cipher-mode": "pass aead", "exposure.tls-forward-secrecy": "pass ephemeral", "exposure.tls-groups": "pass strong",
		"exposure.tls-signature-hash": "pass strong", "exposure.tls-renegotiation": "pass safe", "exposure.tls-master-secret": "pass supported",
		"exposure.tls-early-data": "pass refused",
	}
}

// TestJudged holds, from one setting of a real server to the verdicts, that the
// probe writes what the checks read. Only what differs from a sound server is said.
func TestJudged(t *testing.T) {
	t.Parallel()
	aead := "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
	strong := []string{"-groups", "X25519:P-256:P-384", "-sigalgs", "RSA+SHA256:RSA-PSS+SHA256", "-cipher", aead}
	openssl := func(flags ...string) func(*testing.T) *loopback.Network {
		return openSSL(slices.Concat(strong, flags)...)
	}
	tests := map[string]struct {
		start func(*testing.T) *loopback.Network
		other map[string]string
	}{
		"sound":        {openssl(), nil},
		"nginx":        {nginx("ssl_ciphers " + intermediate + "; ssl_protocols TLSv1.2 TLSv1.3; ssl_ecdh_curve X25519:P-256:P-384; ssl_conf_command SignatureAlgorithms ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256;"), nil},
		"only-13":      {openssl("-tls1_3"), map[string]string{"exposure.tls-renegotiation": "not_applicable tls13-only", "exposure.tls-master-secret": "not_applicable tls13-only"}},
		"only-12":      {openssl("-tls1_2"), map[string]string{"exposure.tls-version": "fail no-tls13", "exposure.tls-early-data": "not_applicable no-tls13"}},
		"mutual":       {openssl("-Verify", "1", "-verify_return_error"), map[string]string{"exposure.tls-renegotiation": "inconclusive not-known", "exposure.tls-early-data": "inconclusive not-known"}},
		"server-order": {openssl("-serverpref"), nil},
		"cbc-too":      {openssl("-cipher", aead+":ECDHE-RSA-AES128-SHA", "-serverpref"), map[string]string{"exposure.tls-cipher-mode": "fail cbc-too"}},
		"cbc-client":   {openssl("-cipher", aead+":ECDHE-RSA-AES128-SHA"), map[string]string{"exposure.tls-cipher-mode": "fail cbc-client-order"}},
		"cbc-only": {openssl("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"), map[string]string{
			"exposure.tls-cipher-mode": "fail cbc-only", "exposure.tls-version": "fail no-tls13", "exposure.tls-early-data": "not_applicable no-tls13",
		}},
		"ccm8":   {openssl("-cipher", aead+":ECDHE-ECDSA-AES128-CCM8:AES128-CCM8:@SECLEVEL=0"), map[string]string{"exposure.tls-cipher-mode": "fail ccm8", "exposure.tls-forward-secrecy": "fail static"}},
		"static": {openssl("-cipher", aead+":AES128-GCM-SHA256"), map[string]string{"exposure.tls-forward-secrecy": "fail static"}},
		"only-static": {openssl("-tls1_2", "-cipher", "AES128-GCM-SHA256"), map[string]string{
			"exposure.tls-forward-secrecy": "fail only-static", "exposure.tls-version": "fail no-tls13", "exposure.tls-early-data": "not_applicable no-tls13",
		}},
		"null":          {openssl("-no_tls1", "-no_tls1_1", "-cipher", aead+":ECDHE-RSA-NULL-SHA:@SECLEVEL=0"), map[string]string{"exposure.tls-broken-suites": "fail accepted"}},
		"anonymous":     {openssl("-no_tls1", "-no_tls1_1", "-cipher", aead+":AECDH-AES128-SHA:@SECLEVEL=0"), map[string]string{"exposure.tls-broken-suites": "fail accepted", "exposure.tls-cipher-mode": "fail cbc-client-order"}},
		"sha1":          {openssl("-sigalgs", "RSA+SHA1:RSA+SHA256:RSA-PSS+SHA256", "-cipher", aead+":@SECLEVEL=0"), map[string]string{"exposure.tls-signature-hash": "fail broken"}},
		"sha224":        {openssl("-sigalgs", "RSA+SHA224:RSA+SHA256:RSA-PSS+SHA256"), map[string]string{"exposure.tls-signature-hash": "fail short"}},
		"weak-group":    {openssl("-groups", "X25519:secp256k1"), map[string]string{"exposure.tls-groups": "fail weak-group"}},
		"p224":          {openssl("-groups", "X25519:P-224"), map[string]string{"exposure.tls-groups": "fail weak-group"}},
		"short-ffdhe":   {openssl("-groups", "X25519:ffdhe2048"), map[string]string{"exposure.tls-groups": "fail short-group"}},
		"short-dh":      {withParameters("ffdhe2048", slices.Concat(strong, []string{"-cipher", aead + ":DHE-RSA-AES128-GCM-SHA256"})...), map[string]string{"exposure.tls-groups": "fail short-dh"}},
		"weak-dh":       {withParameters("modp_1536", slices.Concat(strong, []string{"-cipher", aead + ":DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"})...), map[string]string{"exposure.tls-groups": "fail weak-dh"}},
		"renegotiating": {openssl("-client_renegotiation"), map[string]string{"exposure.tls-renegotiation": "fail client"}},
		"early-data":    {openssl("-early_data", "-no_anti_replay"), map[string]string{"exposure.tls-early-data": "fail accepted"}},
		"no-tickets":    {openssl("-num_tickets", "0", "-no_ticket"), nil},
		"tls10": {openSSL("-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"), map[string]string{
			"exposure.tls-version": "fail no-modern", "exposure.tls-cipher-mode": "fail cbc-only", "exposure.tls-signature-hash": "not_applicable not-chosen",
			"exposure.tls-early-data": "not_applicable no-tls13",
		}},
		"old-too":     {oldToo(tls.VersionTLS10), map[string]string{"exposure.tls-version": "fail old-accepted", "exposure.tls-cipher-mode": "fail cbc-too", "exposure.tls-forward-secrecy": "pass ephemeral-long-tickets"}},
		"name-needed": {needingName, map[string]string{"exposure.tls-forward-secrecy": "pass ephemeral-long-tickets"}},
		"go-12": {goServer(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}), map[string]string{
			"exposure.tls-version": "fail no-tls13", "exposure.tls-early-data": "not_applicable no-tls13",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, tt.start(t), Options{Roots: x509.NewCertPool()})
			if len(sighting.Missing) > 0 {
				t.Errorf("missing %s", sighting.Missing.Detail())
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

// withParameters starts the server of OpenSSL with finite-field parameters.
func withParameters(group string, flags ...string) func(*testing.T) *loopback.Network {
	return func(t *testing.T) *loopback.Network {
		t.Helper()
		path := filepath.Join(t.TempDir(), "dh.pem")
		if err := exec.CommandContext(t.Context(), debian.Program(t, "openssl", "openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:"+group, "-out", path).Run(); err != nil {
			t.Fatalf("openssl makes no parameters: %v", err)
		}
		return openSSL(append(flags, "-dhparam", path)...)(t)
	}
}

// needingName starts a server of Go that refuses clients that name nobody.
func needingName(t *testing.T) *loopback.Network {
	t.Helper()
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{selfSigned(t)}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == "" {
			return nil, errors.New("a name is needed")
		}
		return nil, nil
	}
	return serveTLS(t, config)
}

// oldToo is a server of Go that still takes old versions.
func oldToo(least uint16) func(*testing.T) *loopback.Network {
	return goServer(&tls.Config{MinVersion: least})
}

// TestJudgedLegacy judges servers that no library of today can play.
func TestJudgedLegacy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		responder responder
		want      map[string]string
	}{
		"ssl2": {responder{old: oldHello, closes: true}, map[string]string{
			"exposure.ssl-version": "fail accepted", "exposure.tls-version": "fail no-modern", "exposure.tls-broken-suites": "fail accepted",
			"exposure.tls-cipher-mode": "fail no-aead", "exposure.tls-forward-secrecy": "fail only-static", "exposure.tls-signature-hash": "not_applicable not-chosen",
		}},
		"ssl3": {responder{versions: []uint16{hello.SSL3}, suites: []uint16{0x0003, 0x0005}}, map[string]string{
			"exposure.ssl-version": "fail accepted", "exposure.tls-version": "fail no-modern", "exposure.tls-broken-suites": "fail accepted",
			"exposure.tls-cipher-mode": "fail no-aead", "exposure.tls-forward-secrecy": "fail only-static", "exposure.tls-signature-hash": "not_applicable not-chosen",
			"exposure.tls-renegotiation": "fail insecure", "exposure.tls-master-secret": "fail unsupported",
		}},
		"only-3des": {responder{versions: []uint16{hello.TLS12}, suites: []uint16{0x000A, 0xC02F}}, map[string]string{
			"exposure.tls-broken-suites": "fail only-3des", "exposure.tls-cipher-mode": "fail cbc-client-order", "exposure.tls-forward-secrecy": "fail static",
		}},
		"old-unguarded": {responder{versions: []uint16{hello.TLS12, hello.TLS10}, suites: []uint16{0xC02F, 0x002F}}, map[string]string{
			"exposure.tls-version": "fail old-unguarded", "exposure.tls-early-data": "not_applicable no-tls13",
		}},
		"hanging-up": {responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F}, closes: true}, map[string]string{
			"exposure.ssl-version": "pass refused", "exposure.tls-version": "fail no-tls13", "exposure.tls-broken-suites": "pass refused", "exposure.tls-cipher-mode": "pass aead",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := observe(t, tt.responder.start(t), Options{Timeout: 5 * time.Second})
			for _, check := range protocolChecks {
				if want, said := tt.want[check.ID], verdict(t, check, got); want != "" && said != want {
					t.Errorf("%s: %s, want %s; offers %v, why %v", check.ID, said, want, got.Offers, got.Why)
				}
			}
		})
	}
}

// TestJudgedCertificates judges certificates shown by a real server.
func TestJudgedCertificates(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	day := 24 * time.Hour
	edited := func(edit func(*x509.Certificate)) tls.Certificate {
		c := template(service)
		c.NotBefore, c.NotAfter = time.Now().Add(-10*day), time.Now().Add(36*day)
		c.CRLDistributionPoints = []string{"http://crl.test/ca.crl"}
		edit(c)
		return root.leaf(t, c, newKey(t))
	}
	crossed := edited(func(*x509.Certificate) {})
	older := newRoot(t, "Ancienne racine")
	bridge := authorityTemplate("Racine d'essai")
	bridge.IssuingCertificateURL = []string{"http://ca.test/old.crt"}
	crossed.Certificate = append(crossed.Certificate, sign(t, bridge, older.cert, root.key.Public(), older.key).Raw)
	tests := map[string]struct {
		cert tls.Certificate
		want map[string]string
	}{
		"days-46":   {edited(func(*x509.Certificate) {}), map[string]string{"exposure.certificate-validity": "pass valid", "exposure.certificate-chain": "pass whole", "exposure.certificate-key": "pass strong", "exposure.certificate-revocation": "not_applicable not-asked", "exposure.certificate-lifetime": "fail not-logged"}},
		"soon":      {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(day) }), map[string]string{"exposure.certificate-validity": "fail soon"}},
		"urgent":    {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(12 * time.Hour) }), map[string]string{"exposure.certificate-validity": "fail urgent"}},
		"expired":   {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-day) }), map[string]string{"exposure.certificate-validity": "fail expired", "exposure.certificate-chain": "pass whole"}},
		"wildcard":  {edited(func(c *x509.Certificate) { c.DNSNames = []string{"*.chu.test"} }), map[string]string{"exposure.certificate-validity": "pass valid"}},
		"higher":    {edited(func(c *x509.Certificate) { c.DNSNames = []string{"*.test"} }), map[string]string{"exposure.certificate-validity": "fail wrong-name"}},
		"cn-only":   {edited(func(c *x509.Certificate) { c.Subject.CommonName, c.DNSNames = service, nil }), map[string]string{"exposure.certificate-validity": "fail wrong-name"}},
		"ten-years": {edited(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(3650 * day) }), map[string]string{"exposure.certificate-lifetime": "fail too-long"}},
		"short-lived": {edited(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter, c.CRLDistributionPoints = time.Now().Add(-day), time.Now().Add(5*day), nil
		}), map[string]string{"exposure.certificate-revocation": "pass short-lived", "exposure.certificate-validity": "pass valid"}},
		"cross-signed": {crossed, map[string]string{"exposure.certificate-chain": "pass whole"}},
		"self-signed":  {selfSigned(t), map[string]string{"exposure.certificate-chain": "fail self-signed", "exposure.certificate-lifetime": "not_applicable not-public"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := observe(t, serveTLS(t, &tls.Config{Certificates: []tls.Certificate{tt.cert}}), Options{Roots: root.pool()})
			for _, check := range certificateChecks {
				if want, said := tt.want[check.ID], verdict(t, check, got); want != "" && said != want {
					t.Errorf("%s: %s, want %s; %+v, why %v", check.ID, said, want, got.Chain[0], got.Why)
				}
			}
		})
	}
}

// TestJudgedKeys judges the types of key that authorities issue, and those they
// should not.
func TestJudgedKeys(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))(t)
	short := must(rsa.GenerateKey(rand.Reader, 1024))(t)
	usual := must(rsa.GenerateKey(rand.Reader, 2048))(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		key  crypto.Signer
		want string
	}{
		"p384": {p384, "pass strong"}, "ed25519": {edwards, "pass strong"}, "rsa-2048": {usual, "pass until-2030"},
		"rsa-1024": {short, "fail short-key"}, "p224": {p224, "fail short-key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cert := root.leaf(t, template(service), tt.key)
			got, _ := observe(t, openSSLShowing(t, cert), Options{Roots: root.pool()})
			if said := verdict(t, certificatekey.Check, got); said != tt.want {
				t.Errorf("%s, want %s; %+v, why %v", said, tt.want, got.Chain, got.Why)
			}
		})
	}
}

// must takes what a constructor makes.
func must[T any](made T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
}

// openSSLShowing starts the server of OpenSSL with a certificate and the weakest
// demands on its key.
func openSSLShowing(t *testing.T, cert tls.Certificate) *loopback.Network {
	t.Helper()
	return startOpenSSL(t, []string{"-cert", writePair(t, cert), "-cipher", "DEFAULT:@SECLEVEL=0"})
}

// TestJudgedFlaws holds that nothing is said of flaws that were not sought.
func TestJudgedFlaws(t *testing.T) {
	t.Parallel()
	door := openSSL("-tls1_3")(t)
	for want, allowed := range map[string]bool{"not_applicable not-authorised": false, "pass unaffected": true} {
		door.Authorised = allowed
		got, _ := observe(t, door, Options{})
		if said := verdict(t, tlsflaws.Check, got); said != want {
			t.Errorf("%s, want %s; %v", said, want, got.Flaws)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/tls"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"carescan/checks/exposure/certificatechain"
	"carescan/checks/exposure/certificateform"
	"carescan/checks/exposure/certificatekey"
	"carescan/checks/exposure/certificatevalidity"
	"carescan/scanner"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// oddities are certificates that the standard library refuses and clients accept
// (RFC 5280 section 4.1.2.2).
var oddities = map[string]struct{ replaced, by string }{
	"negative-serial":     {"\x02\x04\x11\x22\x33\x44", "\x02\x04\xd1\x22\x33\x44"},
	"at-in-printable":     {"www:chu:test", "www@chu:test"},
	"latin-1":             {"CHU d'\xc3\xa9ssai", "CHU d'\xe9 ssai"},
	"duplicate-extension": {"\x55\x1d\x0e", "\x55\x1d\x11"}, // a key identifier that becomes names
}

// oddPair makes one of them, below a root.
func oddPair(t *testing.T, root authority, replaced, by string) tls.Certificate {
	t.Helper()
	c := template(service)
	c.SerialNumber, c.Subject.CommonName, c.Subject.Organization = big.NewInt(0x11223344), "www:chu:test", []string{"CHU d'éssai"}
	c.SubjectKeyId = []byte{1, 2, 3}
	pair := root.leaf(t, c, newKey(t))
	pair.Certificate[0] = loopback.OddCertificate(t, pair.Certificate[0], root.key, replaced, by)
	return pair
}

// TestOddCertificates judges them, in clear and encrypted: the dates, the key and
// the authority on what was shown, and what is odd by its own check.
func TestOddCertificates(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	for name, odd := range oddities {
		for version, most := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
			t.Run(name+"-"+version, func(t *testing.T) {
				t.Parallel()
				pair := oddPair(t, root, odd.replaced, odd.by)
				config := &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: most}
				if most == tls.VersionTLS13 {
					config.MinVersion = most
				}
				got, _ := observe(t, serveTLS(t, config), Options{Roots: root.pool()})
				for _, want := range []struct {
					check scanner.Check
					said  string
				}{
					{certificatevalidity.Check, "pass valid"},
					{certificatechain.Check, "pass whole"},
					{certificatekey.Check, "pass strong"},
					{certificateform.Check, "fail malformed"},
				} {
					if said := verdict(t, want.check, got); said != want.said {
						t.Errorf("%s: %s, want %s; why %v", want.check.ID, said, want.said, got.Why)
					}
				}
			})
		}
	}
}

// TestGarbledCertificate tells what is no certificate from none.
func TestGarbledCertificate(t *testing.T) {
	t.Parallel()
	pair := selfSigned(t)
	pair.Certificate[0] = []byte("none")
	got, _ := lookAt(t, pair, Options{})
	if said := verdict(t, certificatechain.Check, got); said != "inconclusive garbled-certificate" {
		t.Errorf("%s; why %v", said, got.Why)
	}
}

// TestDSA looks at the server of OpenSSL with a key of DSA, whose certificate it
// signed itself.
func TestDSA(t *testing.T) {
	t.Parallel()
	binary, folder := debian.Program(t, "openssl", "openssl"), t.TempDir()
	key, cert, both := filepath.Join(folder, "key.pem"), filepath.Join(folder, "cert.pem"), filepath.Join(folder, "both.pem")
	for _, arguments := range [][]string{
		{"genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", "dsa_paramgen_bits:1024", "-out", filepath.Join(folder, "parameters.pem")},
		{"genpkey", "-paramfile", filepath.Join(folder, "parameters.pem"), "-out", key},
		{"req", "-x509", "-key", key, "-subj", "/CN=" + service, "-addext", "subjectAltName=DNS:" + service, "-days", "90", "-out", cert},
	} {
		if output, err := exec.CommandContext(t.Context(), binary, arguments...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v", output, err)
		}
	}
	var text []byte
	for _, file := range []string{cert, key} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	if err := os.WriteFile(both, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := observe(t, startOpenSSL(t, []string{"-cert", both, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0"}), Options{})
	for check, want := range map[string]string{
		"exposure.certificate-key": "fail short-key", "exposure.certificate-chain": "fail self-signed", "exposure.certificate-form": "pass well-formed",
	} {
		for _, c := range []scanner.Check{certificatekey.Check, certificatechain.Check, certificateform.Check} {
			if said := verdict(t, c, got); c.ID == check && said != want {
				t.Errorf("%s: %s, want %s; %+v, why %v", check, said, want, got.Chain, got.Why)
			}
		}
	}
}

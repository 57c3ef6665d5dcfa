// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// TestObserveOpenSSL looks at the server of OpenSSL, whose refusals are those of
// most web servers.
func TestObserveOpenSSL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		flags []string
		want  string // 1.3 1.2 1.1 1.0
	}{
		"default": {nil, "accepted accepted declined declined"},
		"only-13": {[]string{"-tls1_3"}, "accepted declined declined declined"},
		"only-12": {[]string{"-tls1_2"}, "declined accepted declined declined"},
		"only-10": {[]string{"-tls1", "-cipher", "ALL:@SECLEVEL=0"}, "declined declined declined accepted"},
		"mutual":  {[]string{"-Verify", "1", "-verify_return_error"}, "accepted accepted declined declined"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sighting := observe(t, startOpenSSL(t, tt.flags), Options{Roots: x509.NewCertPool()})
			if got.Reach != fact.Answered || answers(got) != tt.want || len(got.Chain) != 1 || got.Trust != fact.SelfSigned {
				t.Errorf("%s: %s, want %s; %d certificates, %s", got.Reach, answers(got), tt.want, len(got.Chain), got.Trust)
			}
			if len(sighting.Missing) > 0 {
				t.Errorf("missing %s", sighting.Missing.Detail())
			}
		})
	}
}

// startOpenSSL starts the server with a certificate, unless the flags name another.
func startOpenSSL(t testing.TB, flags []string) *loopback.Network {
	t.Helper()
	return doorTo(debian.OpenSSL(t, append([]string{"-cert", writePair(t, selfSigned(t))}, flags...)...))
}

// writePair writes a certificate and its key into one file.
func writePair(t testing.TB, cert tls.Certificate) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	path := filepath.Join(t.TempDir(), "pair.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

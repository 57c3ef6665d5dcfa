// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestOddCertificate reads a site behind a certificate that the standard library
// refuses (RFC 5280 section 4.1.2.2); where only TLS 1.3 is spoken, which the old
// client does not, it says which fault that is.
func TestOddCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x11223344), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		replaced, by string
		least        uint16
		reach        fact.Reach
		cause        scanner.CauseCode
	}{
		"negative-serial": {"\x02\x04\x11\x22\x33\x44", "\x02\x04\xd1\x22\x33\x44", tls.VersionTLS12, fact.Answered, ""},
		"accent-in-name":  {"\x82\x0cwww.chu.test", "\x82\x0cwww.ch\xfb.test", tls.VersionTLS12, fact.Answered, ""},
		"tls13-only":      {"\x02\x04\x11\x22\x33\x44", "\x02\x04\xd1\x22\x33\x44", tls.VersionTLS13, fact.Unreached, scanner.CauseBadCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			odd := loopback.OddCertificate(t, der, key, tt.replaced, tt.by)
			config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{odd}, PrivateKey: key}}, MinVersion: tt.least}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<title>CHU</title>") }))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Listener = tls.NewListener(server.Listener, config)
			l := site(t, http.NotFoundHandler(), nil)
			l.Routes[host+":443"] = start(t, server, false)
			got, sighting := observe(t, l, 5*time.Second)
			var cause scanner.CauseCode
			if len(sighting.Missing) > 0 {
				cause = sighting.Missing[0].Code
			}
			if got.Reach != tt.reach || cause != tt.cause {
				t.Errorf("%s, cause %q, want %s, %q; %+v", got.Reach, cause, tt.reach, tt.cause, got.Hops)
			}
		})
	}
}

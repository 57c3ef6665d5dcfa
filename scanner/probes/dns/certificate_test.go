// SPDX-License-Identifier: Apache-2.0

package dnsprobe

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// TestCertificateInPlace holds that the issuer is read where a CAA record limits
// who it may be, and nowhere else.
func TestCertificateInPlace(t *testing.T) {
	t.Parallel()
	site := httptest.NewTLSServer(http.NotFoundHandler()) // its certificate is of "Acme Co"
	t.Cleanup(site.Close)
	tests := map[string]struct {
		zone, route string
		want        func(*fact.SiteCertificate) bool
	}{
		"seen":         {hospital, site.Listener.Addr().String(), func(c *fact.SiteCertificate) bool { return c.Issuer == "Acme Co" && c.Error == "" }},
		"without-caa":  {strings.ReplaceAll(hospital, "CAA", "TYPE65280"), site.Listener.Addr().String(), func(c *fact.SiteCertificate) bool { return c == nil }},
		"out-of-scope": {hospital, "", func(c *fact.SiteCertificate) bool { return c == nil }},
		"closed":       {hospital, loopback.Free(t).String(), func(c *fact.SiteCertificate) bool { return c.Issuer == "" && c.Error != "" }},
		"endless":      {hospital, endless(t), func(c *fact.SiteCertificate) bool { return c.Issuer == "" && c.Error != "" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(tt.zone, `TYPE65280 0 issue "ca.test"`, `TYPE65280 \# 0`)
			n := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, newZone(t, true, text))}, Routes: map[string]string{}}
			if tt.route != "" {
				n.Routes["chu.test:443"] = tt.route
			}
			sighting, _ := observe(t, n, time.Second, "chu.test")
			if got := sighting.Fact.(fact.Zone).Certificate; !tt.want(got) || missingOf(sighting) != "" {
				t.Errorf("certificate %+v, missing %q", got, missingOf(sighting))
			}
		})
	}
}

// endless is a server that never stops talking, and says nothing.
func endless(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() {
				defer conn.Close()
				for _, err := io.WriteString(conn, "\x16\x03\x03\x00\x01"); err == nil; _, err = io.WriteString(conn, "\x00\x16\x03\x03\x00\x01") {
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func TestPlain(t *testing.T) {
	for given, want := range map[string]string{
		"Let's Encrypt": "Let's Encrypt", "a\x00b\x1b[31m\xff": "ab[31m", strings.Repeat("é", 60): strings.Repeat("é", 50),
	} {
		if got := plain(given); got != want {
			t.Errorf("plain(%q) = %q, want %q", given, got, want)
		}
	}
}

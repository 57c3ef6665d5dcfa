// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"carescan/scanner/probes/internal/loopback"
)

const (
	host   = "www.chu.test"
	origin = "https://" + host
)

var here = netip.MustParseAddr("127.0.0.1")

// site starts the two sides of a web site: HTTPS and, unless nil, port 80.
func site(t *testing.T, secure, plain http.Handler) *loopback.Network {
	t.Helper()
	l := &loopback.Network{Routes: map[string]string{}, Addresses: map[string][]netip.Addr{host: {here}}}
	l.Routes[host+":443"] = start(t, httptest.NewUnstartedServer(secure), true)
	l.Routes[host+":80"] = loopback.Free(t).String()
	if plain != nil {
		l.Routes[host+":80"] = start(t, httptest.NewUnstartedServer(plain), false)
	}
	return l
}

// start starts a server, whose certificate nobody trusts when it has one.
func start(t *testing.T, s *httptest.Server, secure bool) string {
	t.Helper()
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"net"
	"strconv"
	"testing"

	"carescan/scanner"
)

// TestGuard_leadsToDeclaredPorts asks, as whoever follows a redirect, a link or a
// template does, whether it may go there.
func TestGuard_leadsToDeclaredPorts(t *testing.T) {
	g := newGuard(t, Config{
		Scope:     hospital(),
		Declared:  []string{"PORTAIL.chu.test.:8443", "127.0.0.5:8080", "hôpital.chu.test:8443", "scanner.chu.test:2575"},
		Redirects: map[string]string{"www.chu.test:*": "127.0.0.1", "portail.chu.test:*": "127.0.0.2", "scanner.chu.test:*": "127.0.0.3", "xn--hpital-ixa.chu.test:*": "127.0.0.4"},
	})
	for place, reason := range map[string]string{
		"www.chu.test": "", "www.chu.test:80": "", "www.chu.test:443": "", "portail.chu.test:8443": "", "Portail.chu.test.:8443": "",
		"127.0.0.5:8080": "", "[::ffff:127.0.0.5]:8080": "", "hôpital.chu.test:8443": "", "xn--hpital-ixa.chu.test:8443": "", "127.0.0.1": "",
		"www.chu.test:8443": "undeclared", "www.chu.test:22": "undeclared", "www.chu.test:3306": "undeclared", "127.0.0.6:8080": "undeclared", "127.0.0.5:8081": "undeclared",
		"www.chu.test:0": "undeclared", "www.chu.test:65536": "undeclared",
		"www.chu.test:9100": scanner.PortMute, "www.chu.test:2575": scanner.PortMute, "127.0.0.5:104": scanner.PortMute,
		"scanner.chu.test:2575": scanner.PortMute, // declared for one handshake of TLS, never for a page
	} {
		err := g.Permits(t.Context(), place)
		if reason == "" {
			if err != nil {
				t.Errorf("%s: %v", place, err)
			}
			continue
		}
		wantRefusal(t, err, scanner.RefusedPort)
		if got := scanner.CauseOf(err).Values[scanner.ValueReason]; (reason == scanner.PortMute) != (got == scanner.PortMute) {
			t.Errorf("%s: the reason is %q, want %q", place, got, reason)
		}
	}
	wantRefusal(t, g.Permits(t.Context(), "www.autre.test:443"), scanner.RefusedOutOfScope)
}

// TestGuard_keepsAwayFromDevices dials the ports of devices as any probe would, as
// a look at ports does, and where one was declared.
func TestGuard_keepsAwayFromDevices(t *testing.T) {
	g := newGuard(t, Config{Scope: hospital(), Declared: []string{"127.9.0.7:2762"}})
	page, ports := NewLeash(t.Context(), g, scanner.Needs{}), NewLeash(t.Context(), g, scanner.Needs{Ports: true})
	defer page.Release()
	defer ports.Release()
	for _, port := range scanner.MutePorts() {
		place := net.JoinHostPort("127.9.0.9", strconv.Itoa(port))
		for _, network := range []string{"tcp", "udp"} {
			_, err := page.DialContext(t.Context(), network, place)
			wantRefusal(t, err, scanner.RefusedPort)
		}
	}
	if spent := g.Spent(); len(spent) != 0 {
		t.Errorf("connections were made: %v", spent)
	}
	for _, dial := range []struct {
		leash *Leash
		place string
	}{{ports, "127.9.0.9:9100"}, {page, "127.9.0.7:2762"}} {
		conn, err := dial.leash.DialContext(t.Context(), "tcp", dial.place)
		if err == nil {
			conn.Close()
		}
		if refusal, ok := errors.AsType[*scanner.Refusal](err); ok {
			t.Errorf("%s: %v", dial.place, refusal)
		}
	}
	if got := len(g.Spent()); got != 2 {
		t.Errorf("%d addresses were dialled, want 2", got)
	}
}

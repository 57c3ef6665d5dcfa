// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const service = "www.chu.test"

// doorTo leads to one server of the test, under the name it would have in the
// world.
func doorTo(address string) *loopback.Network {
	return &loopback.Network{
		Routes:    map[string]string{service + ":443": address},
		Addresses: map[string][]netip.Addr{service: {netip.MustParseAddr("127.0.0.1")}},
	}
}

// serve starts a server, and gives the door to it.
func serve(t testing.TB, handle func(net.Conn)) *loopback.Network {
	t.Helper()
	return doorTo(loopback.Serve(t, handle))
}

// observe runs the probe at the one service of the test.
func observe(t *testing.T, door *loopback.Network, o Options) (fact.TLS, scanner.Sighting) {
	t.Helper()
	p := New(o)
	sightings, err := p.Observe(t.Context(), door, scanner.ServiceTarget(service, 443))
	if err != nil {
		t.Fatal(err)
	}
	if made := len(door.Dials()); made > p.Needs().Load.Connections {
		t.Errorf("%d connections, more than the load says", made)
	}
	return sightings[0].Fact.(fact.TLS), sightings[0]
}

// answers writes the offers in one line, newest version first.
func answers(f fact.TLS) string {
	var words []string
	for _, v := range []string{"1.3", "1.2", "1.1", "1.0"} {
		words = append(words, string(f.Versions[v]))
	}
	return strings.Join(words, " ")
}

func TestObserveVersions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config *tls.Config
		want   string // 1.3 1.2 1.1 1.0
	}{
		"modern":   {&tls.Config{MinVersion: tls.VersionTLS12}, "accepted accepted declined declined"},
		"newest":   {&tls.Config{MinVersion: tls.VersionTLS13}, "accepted declined declined declined"},
		"usual":    {&tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, "declined accepted declined declined"},
		"old":      {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "declined declined accepted accepted"},
		"oldest":   {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "declined declined declined accepted"},
		"all":      {&tls.Config{MinVersion: tls.VersionTLS10}, "accepted accepted accepted accepted"},
		"mutual":   {&tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert}, "accepted accepted declined declined"},
		"weak-rc4": {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}}, "declined declined declined accepted"},
	}
	cert := selfSigned(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.config.Certificates = []tls.Certificate{cert}
			door := serveTLS(t, tt.config)
			got, sighting := observe(t, door, Options{Roots: x509.NewCertPool()})
			if got.Reach != fact.Answered || answers(got) != tt.want {
				t.Errorf("%s: %s, want %s", got.Reach, answers(got), tt.want)
			}
			if len(got.Chain) != 1 || got.Address != door.Routes[service+":443"] || len(sighting.Missing) > 0 {
				t.Errorf("%d certificates at %q, missing %q", len(got.Chain), got.Address, sighting.Missing.Detail())
			}
			if made := len(door.Dials()); made != got.Connections {
				t.Errorf("%d connections, the fact says %d", made, got.Connections)
			}
			if got.Versions["SSL 2.0"] != fact.Declined || got.Versions["SSL 3.0"] != fact.Declined {
				t.Errorf("%v", got.Versions)
			}
		})
	}
}

// TestObserveHangUp holds that old versions refused without an alert are
// declined by a service that speaks TLS, and unknown otherwise.
func TestObserveHangUp(t *testing.T) {
	t.Parallel()
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Max(append(hello.SupportedVersions, 0)) < tls.VersionTLS12 {
			hello.Conn.Close()
			return nil, errors.New("too old")
		}
		return nil, nil
	}
	got, _ := observe(t, serveTLS(t, config), Options{})
	if want := "accepted accepted declined declined"; answers(got) != want {
		t.Errorf("got %s, want %s", answers(got), want)
	}
}

// TestObserveLosesContact holds that what a server no longer answers is unknown.
func TestObserveLosesContact(t *testing.T) {
	t.Parallel()
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Max(append(hello.SupportedVersions, 0)) < tls.VersionTLS13 {
			io.Copy(io.Discard, hello.Conn)
		}
		return nil, nil
	}
	got, sighting := observe(t, serveTLS(t, config), Options{Timeout: time.Second})
	if want := "accepted unknown unknown unknown"; answers(got) != want {
		t.Errorf("got %s, want %s", answers(got), want)
	}
	if got.Why["1.2"] == "" || got.Why["1.0"] == "" || len(sighting.Missing) > 0 {
		t.Errorf("why %v, missing %q", got.Why, sighting.Missing.Detail())
	}
}

// TestObserveWithoutTLS meets services that speak no TLS, or nothing.
func TestObserveWithoutTLS(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handle      func(net.Conn)
		want        fact.Reach
		connections int
	}{
		"word":     {func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte("xyz")); io.Copy(io.Discard, c) }, fact.OtherTalk, 1},
		"cut-word": {func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte("x")) }, fact.OtherTalk, 1},
		"noise": {func(c net.Conn) {
			c.Read(make([]byte, 4096))
			c.Write([]byte("\x16\x03\x03\x00\x05\xf1\x93\x12\x08\xa0"))
		}, fact.OtherTalk, 1},
		"banner":   {func(c net.Conn) { io.WriteString(c, "220 mail.chu.test ESMTP\r\n"); io.Copy(io.Discard, c) }, fact.OtherTalk, 1},
		"web":      {func(c net.Conn) { c.Read(make([]byte, 1)); io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, fact.OtherTalk, 1},
		"silent":   {func(c net.Conn) { io.Copy(io.Discard, c) }, fact.Unreached, 2},
		"hung-up":  {func(c net.Conn) { c.Read(make([]byte, 4096)) }, fact.Unreached, 12},
		"reset":    {func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }, fact.Unreached, 12},
		"garbage":  {func(c net.Conn) { c.Write([]byte("\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00")); io.Copy(io.Discard, c) }, fact.Unreached, 2},
		"half":     {func(c net.Conn) { c.Write([]byte("\x16\x03\x03\x40\x00\x02\x00")); io.Copy(io.Discard, c) }, fact.Unreached, 2},
		"no-alert": {func(c net.Conn) { c.Write([]byte("\x15\x03\x03\x00\x01\x02")); io.Copy(io.Discard, c) }, fact.Unreached, 2},
	}
	causes := map[string]scanner.CauseCode{
		"silent": scanner.CauseTimeout, "hung-up": scanner.CauseReset, "reset": scanner.CauseReset, "garbage": scanner.CauseBadAnswer, "no-alert": scanner.CauseBadAnswer,
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := serve(t, tt.handle)
			got, sighting := observe(t, door, Options{Timeout: time.Second})
			if got.Reach != tt.want || got.Error == "" || len(got.Versions)+len(got.Chain) > 0 {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
			if made := len(door.Dials()); made > tt.connections {
				t.Errorf("%d connections, want %d at most", made, tt.connections)
			}
			if wanted, known := causes[name]; known && (len(sighting.Missing) != 1 || sighting.Missing[0].Code != wanted) {
				t.Errorf("missing %v, want %s", sighting.Missing, wanted)
			}
			if unreached := got.Reach == fact.Unreached; unreached != (len(sighting.Missing) > 0) {
				t.Errorf("%s, missing %q", got.Reach, sighting.Missing.Detail())
			}
		})
	}
}

// TestObserveAlertOnly meets a server that refuses everything, in TLS: that is
// no proof against any version.
func TestObserveAlertOnly(t *testing.T) {
	t.Parallel()
	got, sighting := observe(t, serveTLS(t, &tls.Config{}), Options{})
	if got.Reach != fact.Answered || answers(got) != "unknown unknown unknown unknown" {
		t.Errorf("%s: %s", got.Reach, answers(got))
	}
	if len(sighting.Missing) == 0 || got.Why["chain"] == "" || len(sighting.Artifacts) != 0 {
		t.Errorf("missing %q, %d artifacts", sighting.Missing.Detail(), len(sighting.Artifacts))
	}
}

func TestObserveWithoutConnection(t *testing.T) {
	t.Parallel()
	nowhere := map[string]string{service + ":443": "no such address"}
	tests := map[string]struct {
		door *loopback.Network
		want fact.Reach
	}{
		"closed":     {doorTo(loopback.Free(t).String()), fact.Closed},
		"refused":    {&loopback.Network{}, fact.Unreached},
		"no-address": {&loopback.Network{Routes: nowhere}, fact.NoAddress},
		"no-route":   {&loopback.Network{Routes: nowhere, Addresses: map[string][]netip.Addr{service: {netip.MustParseAddr("192.0.2.1")}}}, fact.Unreached},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, sighting := observe(t, tt.door, Options{})
			if got.Reach != tt.want || got.Address != "" || got.Name != service {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
			if (len(sighting.Missing) > 0) != (tt.want == fact.Unreached) {
				t.Errorf("missing %q", sighting.Missing.Detail())
			}
		})
	}
}

func TestObserveRefusesTargets(t *testing.T) {
	for _, target := range []scanner.Target{
		scanner.DomainTarget("chu.test"),
		{Kind: scanner.KindService, ID: "chu.test"},
		{Kind: scanner.KindService, ID: "chu.test:https/tcp"},
	} {
		if _, err := New(Options{}).Observe(t.Context(), &loopback.Network{}, target); err == nil {
			t.Errorf("%s is accepted", target.Key())
		}
	}
}

// TestObserveSendsTheName holds that a server of many names is asked for ours.
func TestObserveSendsTheName(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		select {
		case asked <- hello.ServerName:
		default:
		}
		return nil, nil
	}
	observe(t, serveTLS(t, config), Options{})
	if diff := cmp.Diff(service, <-asked); diff != "" {
		t.Error(diff)
	}
}

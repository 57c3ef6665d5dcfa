// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// The ports of the web, where a redirect or a link may lead on every host.
const (
	portHTTP  = 80
	portHTTPS = 443
)

// portLook marks the dials of a look at ports. Only a leash can set it.
type portLook struct{}

// declaredPlaces are the declared "host:port", in the form of redirectKey.
func declaredPlaces(written []string) (map[string]bool, error) {
	places := map[string]bool{}
	for _, text := range written {
		host, port, err := hostname.ParseEndpoint(text)
		if err != nil {
			return nil, fmt.Errorf("read declared service %q: %w", text, err)
		}
		places[redirectKey(host, port)] = true
	}
	return places, nil
}

func (g *Guard) isDeclared(host string, port uint16) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		host = addr.Unmap().String()
	}
	return g.declared[redirectKey(host, port)]
}

// mayDial keeps all but looks at ports, and what was declared, away from devices that
// a word they do not understand may harm.
func (g *Guard) mayDial(ctx context.Context, host string, port uint16) error {
	if !scanner.IsMutePort(int(port)) || ctx.Value(portLook{}) != nil || g.isDeclared(host, port) {
		return nil
	}
	return refusePort(host, port, scanner.PortMute, "the port is that of a device, and is not declared for this host")
}

// mayLead tells whether a page, a template or a record may lead to a port of a host.
func (g *Guard) mayLead(host string, port uint16) error {
	switch {
	case scanner.IsMutePort(int(port)):
		return refusePort(host, port, scanner.PortMute, "the port is that of a device, where nothing may lead")
	case port == portHTTP, port == portHTTPS, g.isDeclared(host, port):
		return nil
	}
	return refusePort(host, port, "", "the port is neither 80, nor 443, nor declared for this host")
}

func refusePort(host string, port uint16, reason, detail string) error {
	at := net.JoinHostPort(host, strconv.Itoa(int(port)))
	cause := scanner.Cause{Code: scanner.CausePort}.At(at).With(scanner.ValueReason, reason)
	return cause.Over(refuse(scanner.RefusedPort, at, detail))
}

// splitPlace reads what Permits is asked about: a host, or "host:port".
func splitPlace(place string) (host string, port uint16, err error) {
	if _, errAddr := netip.ParseAddr(place); errAddr == nil || !strings.Contains(place, ":") {
		return place, anyPort, nil
	}
	host, text, err := net.SplitHostPort(place)
	number, errPort := strconv.ParseUint(text, 10, 16)
	if err != nil || errPort != nil || number == 0 {
		return "", 0, refuse(scanner.RefusedPort, place, "it is not a host and a port from 1 to 65535")
	}
	return host, uint16(number), nil
}

// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/projectdiscovery/fastdialer/fastdialer"
	updateutils "github.com/projectdiscovery/utils/update"
	"golang.org/x/net/proxy"
)

// nowhere is a name server whose port has no number: looking it up ends before
// a packet is made.
const nowhere = "nowhere:closed"

var errLocked = errors.New("the template engine may only ask the sites under look")

// lockLibraries closes the ways out that the engine and its libraries know, on
// every system. Where the kernel can, it closes them all (lockKernel); then
// this only makes failures quick and plain.
func lockLibraries(d *doors) {
	proxy.RegisterDialerType(doorScheme, func(at *url.URL, _ proxy.Dialer) (proxy.Dialer, error) { return d.at(at.Host), nil })
	http.DefaultTransport = lockedTransport()
	http.DefaultClient.Transport = http.DefaultTransport
	// The engine calls its vendor at start with a machine identifier.
	updateutils.DefaultHttpClient.Transport = vendorAway{}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: lockedDial}
	dialer := &fastdialer.DefaultOptions
	dialer.BaseResolvers = []string{nowhere}
	dialer.HostsFile, dialer.ResolversFile, dialer.EnableFallback = false, false, false
	dialer.MaxRetries = 1
	// Each execution keeps a base of the addresses it dialled, which stays empty: this kind
	// takes 1 MB of memory, the usual one 5.
	dialer.DiskDbType = fastdialer.Pogreb
	dialer.Dialer = &net.Dialer{Control: func(_, _ string, _ syscall.RawConn) error { return errLocked }}
}

func lockedTransport() *http.Transport {
	return &http.Transport{DialContext: lockedDial, DialTLSContext: lockedDial}
}

func lockedDial(context.Context, string, string) (net.Conn, error) { return nil, errLocked }

// vendorAway answers in place of the vendor, because an error would be tried
// again, with a delay.
type vendorAway struct{}

// RoundTrip says that there is nothing.
func (vendorAway) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "404 Not Found", StatusCode: http.StatusNotFound, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: r,
	}, nil
}

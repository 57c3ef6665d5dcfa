// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// version is a version of TLS that is asked for.
type version struct {
	id   uint16
	name string
}

// versions go from the newest to the oldest. SSL is beyond what Go can speak.
var versions = [...]version{
	{tls.VersionTLS13, "1.3"},
	{tls.VersionTLS12, "1.2"},
	{tls.VersionTLS11, "1.1"},
	{tls.VersionTLS10, "1.0"},
}

// maxSilences is how many hellos may fail without a word of TLS before the
// service is left alone. The second one is smaller, for the middle boxes that
// lose the first.
const maxSilences = 2

// maxChain is the most certificates of a chain that are kept.
const maxChain = 10

// descent is a walk down the versions, one hello at a time.
type descent struct {
	net     scanner.Network
	host    string
	port    int
	timeout time.Duration

	address string
	hellos  map[uint16]hello // by newest version offered
	chain   []*x509.Certificate
}

// run makes a hello for each version that the earlier ones did not settle.
func (d *descent) run(ctx context.Context) {
	d.hellos = map[uint16]hello{}
	settled, silences := uint16(0), 0
	for _, v := range versions {
		if settled != 0 && v.id >= settled {
			continue
		}
		h := d.hello(ctx, v.id)
		if h.negotiated != 0 {
			settled = h.negotiated
		}
		if !h.spokeTLS() && !h.hungUp() {
			silences++
		}
		if h.address == "" || h.otherTalk() || silences >= maxSilences {
			return
		}
	}
}

func (d *descent) hello(ctx context.Context, most uint16) hello {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	h := shake(ctx, d.net, d.host, d.port, most)
	d.hellos[most] = h
	if d.address == "" {
		d.address = h.address
	}
	if len(d.chain) == 0 {
		d.chain = h.chain
	}
	return h
}

// spokeTLS tells whether any hello had an answer in TLS.
func (d *descent) spokeTLS() bool {
	for _, h := range d.hellos {
		if h.spokeTLS() {
			return true
		}
	}
	return false
}

// chose tells whether the server took any version at all.
func (d *descent) chose() bool {
	for _, h := range d.hellos {
		if h.negotiated != 0 {
			return true
		}
	}
	return false
}

// reach says how the contact ended.
func (d *descent) reach(ctx context.Context) fact.Reach {
	first := d.hellos[versions[0].id]
	switch {
	case d.spokeTLS():
		return fact.Answered
	case first.otherTalk():
		return fact.OtherTalk
	case first.address == "":
		return d.unconnected(ctx, first.err)
	}
	return fact.Unreached
}

// unconnected says why no connection was made.
func (d *descent) unconnected(ctx context.Context, err error) fact.Reach {
	if _, ok := errors.AsType[*scanner.Refusal](err); ok {
		return fact.Unreached
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fact.Closed
	}
	if addresses, err := d.net.Lookup(ctx, d.host); err == nil && len(addresses) == 0 {
		return fact.NoAddress
	}
	return fact.Unreached
}

// offers gives the answer of the server to each version.
func (d *descent) offers() map[string]fact.Offer {
	offers := map[string]fact.Offer{}
	for _, v := range versions {
		offers[v.name] = d.offer(v.id)
	}
	return offers
}

// offer reads the hello that offered a version: the one that went up to it, or
// the first above that was answered lower.
func (d *descent) offer(id uint16) fact.Offer {
	for _, v := range slices.Backward(versions[:]) {
		h, made := d.hellos[v.id]
		if !made || v.id < id {
			continue
		}
		return h.offer(id, d.chose())
	}
	return fact.OfferUnknown
}

// offer is the answer of one hello to a version it offered. An alert or a closed
// connection is a refusal of the version only by a service that took another
// one: a server that refuses everything may miss a name, a suite or a group.
func (h hello) offer(id uint16, choseAnother bool) fact.Offer {
	switch {
	case h.negotiated == id:
		return fact.Accepted
	case h.negotiated != 0, choseAnother && (h.alerted() || h.hungUp()):
		return fact.Declined
	}
	return fact.OfferUnknown
}

// unknown says which versions are not known, and why.
func (d *descent) unknown() string {
	var missing []string
	for _, v := range versions {
		if d.offer(v.id) == fact.OfferUnknown {
			missing = append(missing, fmt.Sprintf("TLS %s (%s)", v.name, d.why(v.id)))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "not known: " + strings.Join(missing, ", ")
}

func (d *descent) why(id uint16) string {
	if h, made := d.hellos[id]; made && h.err != nil {
		return clean(h.err.Error())
	}
	return "not asked after earlier failures"
}

// failure is the error of a service that spoke no TLS.
func (d *descent) failure() string {
	first := d.hellos[versions[0].id]
	if d.spokeTLS() || first.err == nil {
		return ""
	}
	return clean(first.err.Error())
}

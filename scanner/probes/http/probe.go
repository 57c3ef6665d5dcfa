// SPDX-License-Identifier: Apache-2.0

// Package httpprobe looks at how a web site answers: where it leads, which
// protections it announces, what its page is made of, what it does without TLS,
// whether it says where to report a vulnerability (RFC 9116), and which products
// it is recognised to run.
//
// It only makes GET requests, keeps no cookie and carries no secret. Of a page
// it keeps the elements that load, frame or send something, and never the text:
// the page of a hospital names people.
package httpprobe

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of one look.
const (
	defaultTimeout = 10 * time.Second
	totalTime      = 150 * time.Second
	maxRedirects   = 5
	maxOthers      = 2 // addresses of the same name, beside the first
	maxUnlikely    = 2
	maxProducts    = 40
)

// Options tune the probe; the zero value works.
type Options struct {
	Timeout time.Duration // of one request once it has its turn, body included; 10 s when zero
	// Roots are the authorities a certificate must lead to, private ones
	// included; nil means those of the system.
	Roots *x509.CertPool
	// Describe completes a product with what dated lists say of it; nil leaves it
	// as it was seen. Lists names these lists with their dates.
	Describe func(fact.Product) fact.Product
	Lists    string
}

// Probe looks at a web site.
type Probe struct{ options Options }

// New makes the probe.
func New(o Options) *Probe {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Describe == nil {
		o.Describe = func(p fact.Product) fact.Product { return p }
	}
	return &Probe{o}
}

// Name is what plans call the probe.
const Name = "http"

// Name is the word used in plans.
func (*Probe) Name() string { return Name }

// TargetKind is the kind of target it looks at.
func (*Probe) TargetKind() scanner.TargetKind { return scanner.KindSite }

// Facts are the kinds of fact it brings back.
func (*Probe) Facts() []string { return []string{fact.Web{}.FactKind(), fact.Products{}.FactKind()} }

// Needs gives the most it costs a site: the origin, port 80 and security.txt, each
// with its redirects; other addresses of the name; a request that says it comes
// from elsewhere; two random paths; tries by an old TLS; and one by a connection that
// was kept in vain. A healthy site costs six requests, and two connections or three.
func (*Probe) Needs() scanner.Needs {
	const most = 3*(1+maxRedirects) + maxOthers + 1 + maxUnlikely + maxOld + 1
	return scanner.Needs{
		Contacts: []scanner.Contact{scanner.ContactTarget},
		Load:     scanner.Load{Connections: most, Requests: most},
	}
}

// Observe visits the site, and tells apart how it answers and what it runs.
func (p *Probe) Observe(ctx context.Context, net scanner.Network, t scanner.Target) ([]scanner.Sighting, error) {
	origin, err := siteOrigin(t)
	if err != nil {
		return nil, err
	}
	ctx, cancel := scanner.WithPatience(ctx, totalTime)
	defer cancel()
	v := &visitor{net: net, timeout: p.options.Timeout, roots: p.options.Roots, known: map[string]answered{}, hellos: map[string]int{}}
	defer v.close()
	web, file := v.look(ctx, origin)
	var found []scanner.Sighting
	if wanted(ctx, "") {
		found = append(found, scanner.Sighting{Fact: web, Missing: missing(web), Unread: notAgain(ctx), Artifacts: v.artifacts(file)})
	}
	if wantsProducts(ctx) {
		products := fact.Products{Seen: distinct(v.products), Lists: p.options.Lists}
		for i, seen := range products.Seen {
			products.Seen[i] = p.options.Describe(seen)
		}
		found = append(found, scanner.Sighting{Fact: products, Missing: missing(web), Artifacts: v.artifacts(nil)})
	}
	return found, nil
}

// wanted tells whether a look is to see a part of the site.
func wanted(ctx context.Context, part string) bool {
	return scanner.Wanted(ctx, fact.Web{}.FactKind(), part)
}

func wantsProducts(ctx context.Context) bool {
	return scanner.Wanted(ctx, fact.Products{}.FactKind(), "")
}

// notAgain are the parts that a look which confirms had no reason to see.
func notAgain(ctx context.Context) (gaps []scanner.Gap) {
	for _, part := range []string{fact.WebPage, fact.WebPlain, fact.WebSecurityTxt, fact.WebCORS, fact.WebOthers, fact.WebUnlikely} {
		if !wanted(ctx, part) {
			gaps = append(gaps, scanner.NotAgain(part))
		}
	}
	return gaps
}

// siteOrigin reads the target: an HTTPS origin and nothing more.
func siteOrigin(t scanner.Target) (*url.URL, error) {
	u, err := url.Parse(t.ID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at %s: %w", t.Key(), err)
	case t.Kind != scanner.KindSite, u.Scheme != "https", u.Hostname() == "", u.String() != "https://"+u.Host:
		return nil, scanner.WrongTarget("http", t)
	}
	return u.JoinPath("/"), nil
}

// look makes the visits, those that decide first: a place is sent few hellos. What port
// 80 does is only asked of an origin at the default port: another port has no known
// clear-text side.
func (v *visitor) look(ctx context.Context, origin *url.URL) (web fact.Web, file []byte) {
	visit := v.follow(ctx, origin, errand{more: anywhere, reads: readsPage, recognise: true})
	web = fact.Web{Reach: visit.reach, Hops: visit.hops, Cause: visit.cause, Error: visit.failure}
	if web.Reach == fact.Answered && visit.arrived() {
		if wanted(ctx, fact.WebCORS) {
			web.CORS = v.cors(ctx, visit.at)
		}
		web.Page = v.page(visit)
	}
	switch {
	case web.Reach != fact.Answered:
		web.SecurityTxt = fact.SecurityTxt{Reach: web.Reach, Cause: web.Cause, Error: web.Error}
	case wanted(ctx, fact.WebSecurityTxt):
		web.SecurityTxt, file = v.securityTxt(ctx, origin)
	}
	if (origin.Port() == "" || origin.Port() == "443") && wanted(ctx, fact.WebPlain) {
		web.Plain = v.plain(ctx, origin.Hostname())
	}
	if web.Reach != fact.Answered {
		return web, nil
	}
	if wanted(ctx, fact.WebUnlikely) || wantsProducts(ctx) {
		web.Unlikely = v.unlikely(ctx, origin)
	}
	if wanted(ctx, fact.WebOthers) {
		web.Others = v.others(ctx, origin)
	}
	v.close() // what remains is asked of the DNS
	if web.Page != nil && wanted(ctx, fact.WebPage) {
		v.nameHosts(ctx, web.Page.Scripts)
	}
	return web, file
}

// plain visits port 80 until it leads to HTTPS.
func (v *visitor) plain(ctx context.Context, host string) *fact.PlainHTTP {
	start := &url.URL{Scheme: "http", Host: bracket(host), Path: "/"}
	visit := v.follow(ctx, start, errand{more: untilSecure, reads: readsPage, again: true})
	plain := &fact.PlainHTTP{Reach: visit.reach, Hops: visit.hops, Cause: visit.cause, Error: visit.failure}
	if visit.arrived() && visit.at.Scheme == "http" {
		plain.Page = v.page(visit)
	}
	return plain
}

// anywhere follows every redirect, untilSecure none once HTTPS answered.
func anywhere(*url.URL) bool      { return true }
func untilSecure(u *url.URL) bool { return u.Scheme != "https" }

// missing says that the site itself is not known to its end. What is not known
// of port 80 or of security.txt is in their own part of the fact, and must not
// cast a doubt on the rest.
func missing(web fact.Web) scanner.Causes {
	if web.Reach == fact.Unreached || web.Reach == fact.Answered && web.Error != "" {
		cause := web.Cause
		cause.Detail = "no whole answer from the site: " + web.Error
		return scanner.Causes{cause}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/hostname"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of one answer.
const (
	maxHead = 256 << 10 // what browsers read of one
	maxBody = 64 << 10  // kept
	maxPage = 512 << 10 // read
	maxURL  = 2000
	maxText = 300
)

// visitor goes through the network door and keeps the heads of the answers.
type visitor struct {
	net      scanner.Network
	timeout  time.Duration
	roots    *x509.CertPool
	heads    heads
	elements elements
	products []fact.Product
	names    map[string]fact.HostName // of script hosts, asked once
	old      map[string]bool          // places tried by an old TLS, and whether they speak it
	hellos   map[string]int           // by place
	kept     connection               // left by the last request, for the next
	shy      bool                     // a connection that was kept carried no other request
	known    map[string]answered      // what was asked of the origin, by address
}

// answered is what an address has answered in this look.
type answered struct {
	hop  fact.Hop
	last answer
}

// errand is why an address is visited.
type errand struct {
	more      func(*url.URL) bool // whether to go on after the page at an address
	reads     func(*url.URL, *http.Response) int
	whole     bool     // a body that cannot be had to its end is no answer
	recognise bool     // look for products
	where     *url.URL // they are said to be at; the address asked when nil
	network   string   // "tcp" when empty
	literal   string   // address dialled in place of the name's own
	foreign   string   // Origin said
	again     bool     // what the walk from the origin was answered is good enough
}

// visit is a walk from one address to where it leads.
type visit struct {
	reach   fact.Reach // of the first request
	hops    []fact.Hop
	failure string // why a request had no answer
	cause   scanner.Cause
	last    answer
	at      *url.URL // of the last answer
}

// arrived tells whether the walk ended on an answer that leads nowhere else.
func (w visit) arrived() bool {
	return w.failure == "" && len(w.hops) > 0 && w.hops[len(w.hops)-1].Refused == "" && w.last.next == ""
}

// answer is one HTTP answer, and its body when it was wanted.
type answer struct {
	status      int
	contentType string
	next        string // where it leads, if anywhere
	body        []byte
	cut         string // why the body was not had to its end
}

// follow walks from an address through the redirects that the scope permits, as
// long as more says so of the page that redirects.
func (v *visitor) follow(ctx context.Context, u *url.URL, e errand) visit {
	w := visit{reach: fact.Answered}
	for range 1 + maxRedirects {
		hop, last, err := v.seen(ctx, u, e)
		if err != nil {
			v.stop(ctx, &w, u, err)
			return w
		}
		w.hops, w.last, w.at = append(w.hops, hop), last, u
		if last.next == "" || !e.more(u) {
			return w
		}
		if u, err = v.permitted(ctx, u, last.next); err != nil {
			w.refuse(err)
			return w
		}
	}
	w.refuse(fmt.Errorf("more than %d redirects", maxRedirects))
	return w
}

// seen asks an address, unless it is one that the walk from the origin has asked: then
// that answer is told once more.
func (v *visitor) seen(ctx context.Context, u *url.URL, e errand) (fact.Hop, answer, error) {
	if known, ok := v.known[u.String()]; ok && e.again {
		return known.hop, known.last, nil
	}
	hop, last, err := v.get(ctx, u, e)
	if err == nil && e.recognise {
		v.known[u.String()] = answered{hop, last}
	}
	return hop, last, err
}

// refuse notes on the last answer why it was not followed.
func (w *visit) refuse(why error) { w.hops[len(w.hops)-1].Refused = excerpt.Error(why, maxText) }

// stop notes a request that had no answer: our own restraint on the answer that
// led there, anything else as a failure.
func (v *visitor) stop(ctx context.Context, w *visit, u *url.URL, err error) {
	var refusal *scanner.Refusal
	if errors.As(err, &refusal) && len(w.hops) > 0 {
		w.refuse(refusal)
		return
	}
	w.cause, w.failure = excerpt.Why(err, maxText)
	if len(w.hops) == 0 {
		w.reach = v.reach(ctx, u.Hostname(), err)
	}
}

// get makes one request, when its turn has come. A connection that was left open and
// carries no other request is not held against the server: the request is made again on
// one of its own.
func (v *visitor) get(ctx context.Context, u *url.URL, e errand) (hop fact.Hop, last answer, err error) {
	hop, last, err = v.once(ctx, u, e)
	if again := (*unanswered)(nil); errors.As(err, &again) && !v.shy && ctx.Err() == nil {
		v.shy = true
		return v.once(ctx, u, e)
	}
	return hop, last, err
}

// unanswered is the end of a connection that had carried a request before.
type unanswered struct{ cause error }

var errIdle = errors.New("the server was about to close the connection")

func (e *unanswered) Error() string { return e.cause.Error() }
func (e *unanswered) Unwrap() error { return e.cause }

// once makes one request on one connection.
func (v *visitor) once(ctx context.Context, u *url.URL, e errand) (hop fact.Hop, last answer, err error) {
	if v.isSpent(u, e) {
		return hop, last, errHellos
	}
	if err := v.net.Pace(ctx, cmp.Or(e.literal, u.Hostname())); err != nil {
		return hop, last, err
	}
	ctx, cancel := scanner.WithPatience(ctx, v.timeout)
	defer cancel()
	conn, err := v.connect(ctx, u, e)
	if err != nil {
		return hop, last, err
	}
	good := false
	defer func() { v.leave(conn, good) }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer func() { good = stop() && good }()
	response, oddities, err := ask(conn, v.newRequest(u, e)) //nolint:bodyclose // the body ends with the connection, which is closed here or later
	switch {
	case err != nil && conn.reused:
		return hop, last, &unanswered{err}
	case err != nil:
		return hop, last, err
	case conn.reused && response.StatusCode == http.StatusRequestTimeout: // said before we asked
		return hop, last, &unanswered{errIdle}
	}
	if isUnknownCoding(response) {
		oddities = append(oddities, fact.OddCoding)
	}
	v.heads.add(u, response, oddities)
	hop = describe(u, response)
	hop.Oddities = oddities
	hop.Certificate, hop.OldTLS = conn.certificate, conn.old
	if e.literal != "" || e.network != "" {
		hop.Address = cmp.Or(e.literal, conn.RemoteAddr().String())
	}
	if last, err = v.read(u, response, e); err != nil {
		return hop, last, fmt.Errorf("read %s: %w", u, err)
	}
	good = isOver(response)
	return hop, last, nil
}

// read takes of an answer what the errand wants.
func (v *visitor) read(u *url.URL, response *http.Response, e errand) (last answer, err error) {
	last = answer{status: response.StatusCode, contentType: response.Header.Get("Content-Type"), next: redirectOf(response)}
	if e.reads != nil {
		if last.body, last.cut, err = readBody(response, e.reads(u, response)); err != nil && e.whole {
			return last, err
		}
	}
	if e.recognise {
		v.products = append(v.products, recognise(cmp.Or(e.where, u), response.Header, last.body)...)
	}
	return last, nil
}

// redirectOf is where an answer leads, if anywhere (RFC 9110 section 15.4).
func redirectOf(response *http.Response) string {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return response.Header.Get("Location")
	}
	return ""
}

// permitted reads a redirect and asks the guard whether it may be followed.
func (v *visitor) permitted(ctx context.Context, from *url.URL, location string) (*url.URL, error) {
	if len(location) > maxURL {
		return nil, fmt.Errorf("the redirect is longer than %d bytes", maxURL)
	}
	to, err := from.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("the redirect cannot be read: %w", err)
	}
	if to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" {
		return nil, errors.New("the redirect does not lead to a web page")
	}
	host := hostname.Canonical(to.Hostname())
	place := net.JoinHostPort(host, portOf(to))
	if host == hostname.Canonical(from.Hostname()) && portOf(to) == portOf(from) {
		place = host // its port is that of the page we are at
	}
	if err := v.net.Permits(ctx, place); err != nil {
		return nil, err
	}
	// The same host has one spelling in facts (RFC 3986 section 6.2.2.1).
	to.Host = strings.Replace(to.Host, to.Hostname(), host, 1)
	// A redirect chooses neither a name to sign in with nor a place in the page.
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	return to, nil
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// The bounds of one answer.
const (
	maxHead = 32 << 10
	maxBody = 64 << 10
	maxURL  = 2000
	maxText = 300
)

// visitor goes through the network door and keeps the heads of the answers.
type visitor struct {
	net     scanner.Network
	timeout time.Duration
	heads   heads
}

// visit is a walk from one address to where it leads.
type visit struct {
	reach   fact.Reach // of the first request
	hops    []fact.Hop
	failure string // why a request had no answer
	last    answer
}

// answer is one HTTP answer, and its body when it was wanted.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// follow walks from an address through the redirects that the scope permits, as
// long as more says so of the page that redirects.
func (v *visitor) follow(ctx context.Context, u *url.URL, more func(*url.URL) bool) visit {
	w := visit{reach: fact.Answered}
	for range 1 + maxRedirects {
		hop, next, err := v.get(ctx, u, &w.last)
		if err != nil {
			v.stop(ctx, &w, u, err)
			return w
		}
		w.hops = append(w.hops, hop)
		if next == "" || !more(u) {
			return w
		}
		if u, err = v.permitted(ctx, u, next); err != nil {
			w.refuse(err)
			return w
		}
	}
	w.refuse(fmt.Errorf("more than %d redirects", maxRedirects))
	return w
}

// refuse notes on the last answer why it was not followed.
func (w *visit) refuse(why error) { w.hops[len(w.hops)-1].Refused = clean(why.Error()) }

// stop notes a request that had no answer: our own restraint on the answer that
// led there, anything else as a failure.
func (v *visitor) stop(ctx context.Context, w *visit, u *url.URL, err error) {
	var refusal *scanner.Refusal
	if errors.As(err, &refusal) && len(w.hops) > 0 {
		w.refuse(refusal)
		return
	}
	w.failure = clean(err.Error())
	if len(w.hops) == 0 {
		w.reach = v.reach(ctx, u.Hostname(), err)
	}
}

// get makes one request and tells where its answer leads.
func (v *visitor) get(ctx context.Context, u *url.URL, last *answer) (hop fact.Hop, next string, err error) {
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	conn, err := v.open(ctx, u)
	if err != nil {
		return hop, "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	response, err := ask(conn, v.newRequest(u)) //nolint:bodyclose // the body ends with the connection, which is closed here
	if err != nil {
		return hop, "", err
	}
	v.heads.add(u, response)
	hop = describe(u, response)
	*last = answer{status: response.StatusCode, contentType: response.Header.Get("Content-Type")}
	if wantsBody(u, response) {
		if last.body, err = io.ReadAll(io.LimitReader(response.Body, maxBody)); err != nil {
			return hop, "", fmt.Errorf("read %s: %w", u, err)
		}
	}
	return hop, redirectOf(response), nil
}

// wantsBody keeps pages unread: only the file of RFC 9116 has a content of use.
func wantsBody(u *url.URL, response *http.Response) bool {
	return response.StatusCode == http.StatusOK && strings.HasSuffix(u.Path, "/security.txt")
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
	if err := v.net.Permits(ctx, scanner.CanonicalName(to.Hostname())); err != nil {
		return nil, err
	}
	// A redirect chooses neither a name to sign in with nor a place in the page.
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	return to, nil
}

// clean bounds a text that quotes foreign bytes.
func clean(text string) string { return cut(text, maxText) }

func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

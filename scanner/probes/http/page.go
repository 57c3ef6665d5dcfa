// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of one page.
const (
	maxTokens    = 100_000
	maxForms     = 20
	maxScripts   = 60 // hosts
	maxInsecure  = 20
	maxThirds    = 50
	maxPolicies  = 5
	maxGenerator = 100
	maxHostName  = 253
)

// page reads what a visit ended on. A JSON answer or an image is a page too,
// without elements.
func (v *visitor) page(w visit) *fact.Page {
	media, _, _ := mime.ParseMediaType(w.last.contentType)
	p := fact.Page{Bytes: len(w.last.body)}
	if isPage(w.last) {
		p = readPage(w.at, w.last.body, &v.elements)
	}
	p.URL, p.MediaType, p.Cut = w.at.String(), excerpt.Of(media, maxText), cmp.Or(w.last.cut, p.Cut)
	if len(w.last.body) > 0 {
		p.Digest = scanner.Digest(w.last.body)
	}
	return &p
}

// pageReader gathers a page element after element.
type pageReader struct {
	at, base *url.URL
	based    bool // by the first base element
	form     *fact.Form
	page     fact.Page
	kept     *elements
}

// readPage reads the elements of a page. Any bytes are a page to a browser.
func readPage(at *url.URL, body []byte, kept *elements) fact.Page {
	r := pageReader{at: at, base: at, page: fact.Page{Bytes: len(body)}, kept: kept}
	z := html.NewTokenizer(bytes.NewReader(body))
	for range maxTokens {
		switch z.Next() {
		case html.ErrorToken:
			return r.page
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(readElement(z))
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "form" {
				r.form = nil
			}
		case html.TextToken, html.CommentToken, html.DoctypeToken:
		}
	}
	r.page.Cut = fmt.Sprintf("more than %d elements", maxTokens)
	return r.page
}

// start reads one element that loads, frames, sends or rules something.
func (r *pageReader) start(e element) {
	switch e.name {
	case "base":
		r.rebase(e)
	case "meta":
		r.meta(e)
	case "form", "input", "button":
		r.sends(e)
	case "script":
		r.script(e)
	case "link", "iframe", "frame", "object", "embed":
		r.active(e)
	case "img", "audio", "video", "source":
		r.passive(e)
	default:
		return
	}
	if e.name != "input" && e.name != "button" && e.name != "img" {
		r.kept.add(e)
	}
}

func (r *pageReader) rebase(e element) {
	if to, err := r.at.Parse(strings.TrimSpace(e.attributes["href"])); err == nil && !r.based && e.has("href") {
		r.base, r.based = to, true
	}
}

func (r *pageReader) meta(e element) {
	content := strings.Trim(e.attributes["content"], " \t\r\n\f") // a no-break space is part of it
	switch {
	case e.word("http-equiv") == "content-security-policy" && len(r.page.Policies) < maxPolicies:
		r.page.Policies = append(r.page.Policies, excerpt.Of(content, maxValueLen))
	case e.word("name") == "generator" && r.page.Generator == "":
		r.page.Generator = excerpt.Of(content, maxGenerator)
	case e.word("name") == "referrer":
		r.page.Referrer = excerpt.Of(strings.ToLower(content), maxText)
	}
}

// sends follows forms: their password fields, and where what is typed goes.
func (r *pageReader) sends(e element) {
	switch {
	case e.name == "form":
		r.form = r.addForm(e.attributes["action"])
	case e.name == "input" && e.word("type") == "password":
		r.page.Passwords++
		if r.form != nil {
			r.form.Password = true
		}
	case e.has("formaction") && r.form != nil:
		// The button chosen decides in place of its form.
		password := r.form.Password
		if other := r.addForm(e.attributes["formaction"]); other != nil {
			other.Password = password
		}
	}
}

func (r *pageReader) addForm(action string) *fact.Form {
	to := r.resolve(action)
	if to == nil || len(r.page.Forms) == maxForms {
		return nil
	}
	if r.page.Forms == nil {
		r.page.Forms = make([]fact.Form, 0, maxForms) // never moved: r.form points into it
	}
	r.page.Forms = append(r.page.Forms, fact.Form{Scheme: to.Scheme, Host: hostOf(to)})
	return &r.page.Forms[len(r.page.Forms)-1]
}

func (r *pageReader) script(e element) {
	to := r.contact(e.attributes["src"])
	if to == nil {
		return
	}
	r.insecure(to, &r.page.Active)
	at := slices.IndexFunc(r.page.Scripts, func(s fact.Script) bool { return s.Host == hostOf(to) })
	if at < 0 && len(r.page.Scripts) < maxScripts {
		at = len(r.page.Scripts)
		r.page.Scripts = append(r.page.Scripts, fact.Script{Host: hostOf(to), Third: r.isThird(to)})
	}
	if at < 0 {
		return
	}
	r.page.Scripts[at].Count++
	if !slices.ContainsFunc(e.words("integrity"), isDigest) {
		r.page.Scripts[at].Bare++
	}
}

// isDigest tells whether browsers heed a word of an integrity attribute: they pass
// over what they do not know (Subresource Integrity section 3.3.3).
func isDigest(word string) bool {
	return slices.ContainsFunc([]string{"sha256-", "sha384-", "sha512-"}, func(start string) bool { return strings.HasPrefix(word, start) })
}

// active reads what may take over the page: styles, frames, plug-ins.
func (r *pageReader) active(e element) {
	source := cmp.Or(e.attributes["src"], e.attributes["data"])
	if e.name == "link" {
		if !slices.ContainsFunc(e.words("rel"), loads) {
			return
		}
		source = e.attributes["href"]
	}
	to := r.contact(source)
	if to == nil {
		return
	}
	r.insecure(to, &r.page.Active)
	if e.name == "iframe" || e.name == "frame" {
		r.page.Frames = addHost(r.page.Frames, to, maxInsecure)
	}
}

func loads(relation string) bool {
	return slices.Contains([]string{"stylesheet", "modulepreload", "preload", "manifest"}, relation)
}

func (r *pageReader) passive(e element) {
	if to := r.contact(e.attributes["src"]); to != nil {
		r.insecure(to, &r.page.Passive)
	}
}

// contact resolves an address that a browser would ask for at once.
func (r *pageReader) contact(source string) *url.URL {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	to := r.resolve(source)
	if to != nil && r.isThird(to) {
		r.page.Thirds = addHost(r.page.Thirds, to, maxThirds)
	}
	return to
}

// resolve is nil for what leads to no web server.
func (r *pageReader) resolve(address string) *url.URL {
	to, err := r.base.Parse(strings.TrimSpace(address))
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Hostname() == "" || len(to.Hostname()) > maxHostName {
		return nil
	}
	return to
}

// insecure notes what a page over HTTPS asks for in clear.
func (r *pageReader) insecure(to *url.URL, list *[]string) {
	if r.at.Scheme == "https" && to.Scheme == "http" {
		*list = addHost(*list, to, maxInsecure)
	}
}

func (r *pageReader) isThird(to *url.URL) bool {
	return registrable(hostOf(to)) != registrable(hostOf(r.at))
}

func addHost(list []string, to *url.URL, most int) []string {
	if host := hostOf(to); len(list) < most && !slices.Contains(list, host) {
		return append(list, host)
	}
	return list
}

// hostOf is the name alone: ports belong to the same host.
func hostOf(u *url.URL) string { return excerpt.Of(scanner.CanonicalName(u.Hostname()), maxText) }

// registrable is the part of a name that somebody rents; addresses and suffixes
// stand for themselves.
func registrable(host string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}

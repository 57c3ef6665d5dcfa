// SPDX-License-Identifier: Apache-2.0

package services

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxSending is the longest page that only sends a browser elsewhere.
const maxSending = 4 << 10

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>\s*([^<]{0,200})`)
	// sending is how a short page sends a browser elsewhere: by script, or by the
	// refresh of HTML.
	sending = regexp.MustCompile(`(?i)(?:location(?:\.href)?\s*=|location\.(?:replace|assign)\(|content=["']?[0-9]+;\s*url=)\s*["']?([^"'\s>)]{1,300})`)
)

// parts cuts an answer into the parts where markers are looked for.
func (p page) parts() map[part][]string {
	found := map[part][]string{inHeader: p.named(), inTarget: p.targets(), inText: {p.text}}
	if title := pageTitle.FindStringSubmatch(p.text); title != nil {
		found[inTitle] = []string{title[1]}
	}
	return found
}

// named are the headers in which a product writes its name.
func (p page) named() []string {
	var all []string
	for _, name := range []string{"Server", "WWW-Authenticate", "Set-Cookie", "X-Powered-By", "X-Generator"} {
		all = append(all, p.header.Values(name)...)
	}
	for name := range p.header {
		all = append(all, http.CanonicalHeaderKey(name))
	}
	return all
}

// targets are the paths of this host where the answer sends us. A page may send
// us to the portal of another one.
func (p page) targets() []string {
	candidates := p.header.Values("Location")
	if len(p.text) <= maxSending {
		for _, found := range sending.FindAllStringSubmatch(p.text, 10) {
			candidates = append(candidates, found[1])
		}
	}
	var paths []string
	for _, candidate := range candidates {
		if at, err := url.Parse(candidate); err == nil && (at.Host == "" || strings.EqualFold(at.Hostname(), p.host)) {
			paths = append(paths, "/"+strings.TrimLeft(candidate[len(origin(at)):], "/."))
		}
	}
	return paths
}

// origin is the part of an address before its path.
func origin(at *url.URL) string {
	if at.Host == "" {
		return ""
	}
	if at.Scheme == "" {
		return "//" + at.Host
	}
	return at.Scheme + "://" + at.Host
}

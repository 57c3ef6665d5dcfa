// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of the heads.
const (
	maxHeads    = 64 << 10 // as evidence, all together
	maxValues   = 10       // of one header
	maxValueLen = 16 << 10
)

// keptHeaders protect a page or describe the server.
var keptHeaders = [...]string{
	"strict-transport-security", "content-security-policy", "server", "x-powered-by", "location", "content-type",
	"x-frame-options", "x-content-type-options", "referrer-policy", "content-security-policy-report-only", "permissions-policy",
	"access-control-allow-origin", "access-control-allow-credentials",
}

// describe keeps of an answer what a check may need.
func describe(u *url.URL, response *http.Response) fact.Hop {
	hop := fact.Hop{
		URL: u.String(), Status: response.StatusCode,
		Location: excerpt.Of(response.Header.Get("Location"), maxURL),
		Headers:  map[string][]string{},
		Auth:     schemes(response.Header["Www-Authenticate"]),
	}
	hop.Cookies, hop.MoreCookies = cookies(u, response.Header["Set-Cookie"])
	for _, name := range keptHeaders {
		if values := response.Header.Values(name); len(values) > 0 {
			hop.Headers[name] = excerpts(values)
		}
	}
	return hop
}

func excerpts(values []string) []string {
	var kept []string
	for _, value := range values[:min(len(values), maxValues)] {
		kept = append(kept, excerpt.Of(value, maxValueLen))
	}
	return kept
}

// heads are the heads of the answers as text, for whoever doubts the facts.
type heads struct{ text strings.Builder }

func (h *heads) add(u *url.URL, response *http.Response, oddities []fact.Oddity) {
	text := headText(u, response, oddities)
	if h.text.Len()+len(text) <= maxHeads {
		h.text.WriteString(text)
	}
}

// headText writes the head of an answer, headers in order of name. Of what was
// odd it names the kind: a bad line may hold a secret.
func headText(u *url.URL, response *http.Response, oddities []fact.Oddity) string {
	var text strings.Builder
	fmt.Fprintf(&text, "# GET %s\n", u)
	for _, odd := range oddities {
		fmt.Fprintf(&text, "# odd: %s\n", odd)
	}
	fmt.Fprintf(&text, "%s %s\n", response.Proto, response.Status)
	for _, name := range slices.Sorted(maps.Keys(response.Header)) {
		for _, value := range response.Header[name] {
			if name == "Set-Cookie" {
				value = withoutSecret(value)
			}
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	return strings.ToValidUTF8(text.String(), "\uFFFD") + "\n"
}

// artifacts are the heads, and the security.txt when there is one.
func (v *visitor) artifacts(file []byte) []scanner.Artifact {
	var kept []scanner.Artifact
	if v.heads.text.Len() > 0 {
		kept = append(kept, scanner.NewArtifact("HTTP response heads", "text/plain; charset=utf-8", []byte(v.heads.text.String())))
	}
	if v.elements.text.Len() > 0 {
		kept = append(kept, scanner.NewArtifact("page elements", "text/plain; charset=utf-8", []byte(v.elements.text.String())))
	}
	if len(file) > 0 {
		kept = append(kept, scanner.NewArtifact("security.txt", "text/plain; charset=utf-8", file))
	}
	return kept
}

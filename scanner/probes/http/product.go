// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/distribution"
	"carescan/scanner/probes/internal/excerpt"
)

// maxVersion is the most that is kept of a version.
const maxVersion = 40

// mark is one sign by which a product is recognised. Exactly one place is set:
// a response header, a cookie, the generator a page names, or its text.
type mark struct {
	product   string
	header    string // its name; the value must hold sign
	cookie    string // beginning of its name
	generator string // beginning of the element's content
	sign      string // in a header or in a page, lower case
	// version reads the version in the same place; the first group, or the
	// groups with a dot between, hold it.
	version *regexp.Regexp
}

// clue is one place where marks are looked for.
type clue struct {
	text   string
	source fact.ProductSource
}

// recognise names the products that an answer shows.
func recognise(u *url.URL, header http.Header, body []byte) []fact.Product {
	generator := generatorOf(body)
	page := string(bytes.ToLower(body))
	var found []fact.Product
	for _, m := range marks {
		if clue, ok := m.seen(header, generator, page); ok && len(found) < maxProducts {
			found = append(found, m.at(u, clue))
		}
	}
	return found
}

// seen tells whether a mark is in its place.
func (m mark) seen(header http.Header, generator, page string) (clue, bool) {
	switch {
	case m.header != "":
		value := strings.ToLower(strings.Join(header.Values(m.header), " "))
		return clue{value, m.trust()}, len(header.Values(m.header)) > 0 && strings.Contains(value, m.sign)
	case m.cookie != "":
		return clue{"", fact.FromBanner}, slices.ContainsFunc(header["Set-Cookie"], m.names)
	case m.generator != "":
		return clue{generator, fact.FromPage}, strings.HasPrefix(generator, m.generator)
	}
	return clue{page, fact.FromPage}, strings.Contains(page, m.sign)
}

// trust tells the banner of a general server, whose distribution may have
// corrected flaws without changing it, from a header that only one application
// writes, with the build it really is.
func (m mark) trust() fact.ProductSource {
	if m.header == "Server" || m.header == "X-Powered-By" {
		return fact.FromBanner
	}
	return fact.FromPage
}

func (m mark) names(line string) bool {
	name, _, _ := strings.Cut(line, "=")
	return strings.HasPrefix(strings.TrimSpace(name), m.cookie)
}

// at is the product, with the version its clue holds.
func (m mark) at(u *url.URL, c clue) fact.Product {
	p := fact.Product{Name: m.product, Where: excerpt.Of(u.String(), maxText), Source: c.source}
	if c.source == fact.FromBanner {
		p.Distribution, p.Release = distribution.Of(c.text)
	}
	p.Edge, p.CMS = slices.Contains(edges[:], m.product), slices.Contains(managers[:], m.product)
	if m.version == nil {
		return p
	}
	if groups := m.version.FindStringSubmatch(c.text); groups != nil {
		p.Version = excerpt.Of(strings.Join(groups[1:], "."), maxVersion)
	}
	return p
}

// generatorOf reads what a page says it was made with.
func generatorOf(body []byte) string {
	z := html.NewTokenizer(bytes.NewReader(body))
	for range maxTokens {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			if e := readElement(z); e.name == "meta" && e.word("name") == "generator" {
				return excerpt.Of(e.word("content"), maxGenerator)
			}
		case html.TextToken, html.CommentToken, html.DoctypeToken, html.EndTagToken:
		}
	}
	return ""
}

// distinct keeps one sighting of each product: the one that knows its version,
// and rather from a page than from a banner.
func distinct(seen []fact.Product) []fact.Product {
	slices.SortStableFunc(seen, func(a, b fact.Product) int {
		return cmp.Or(
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(ranked(a.Version != ""), ranked(b.Version != "")),
			cmp.Compare(ranked(a.Source == fact.FromPage), ranked(b.Source == fact.FromPage)),
		)
	})
	seen = slices.CompactFunc(seen, func(a, b fact.Product) bool { return a.Name == b.Name })
	return append([]fact.Product{}, seen[:min(len(seen), maxProducts)]...)
}

func ranked(first bool) int {
	if first {
		return 0
	}
	return 1
}

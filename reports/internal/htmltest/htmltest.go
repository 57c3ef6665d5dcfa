// SPDX-License-Identifier: Apache-2.0

// Package htmltest asserts what every HTML document of ours must be: one file,
// in a stated language, whose links lead somewhere, that loads and runs nothing.
package htmltest

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"carescan/reports/render/page"
	"carescan/scanner"
)

// Document is a parsed page.
type Document struct{ Root *html.Node }

// Parse parses a page and asserts what holds for all of ours.
func Parse(t *testing.T, raw []byte, l scanner.Lang) Document {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	d := Document{root}
	if got := d.All("html")[0]; Attr(got, "lang") != string(l) {
		t.Errorf("lang = %q, want %q", Attr(got, "lang"), l)
	}
	d.checkNothingIsLoaded(t)
	d.checkLinks(t)
	d.checkStructure(t)
	return d
}

// All lists the elements of a name.
func (d Document) All(name string) []*html.Node {
	var list []*html.Node
	for n := range d.Root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			list = append(list, n)
		}
	}
	return list
}

// Attr is the value of an attribute, empty when absent.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Text is the text under an element, its spaces folded.
func Text(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (d Document) checkNothingIsLoaded(t *testing.T) {
	t.Helper()
	for _, name := range []string{"script", "img", "iframe", "link", "object", "embed", "form", "base", "audio", "video"} {
		if found := d.All(name); len(found) > 0 {
			t.Errorf("%d elements %s", len(found), name)
		}
	}
	for n := range d.Root.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || a.Key == "srcset" {
				t.Errorf("attribute %s on %s", a.Key, n.Data)
			}
		}
	}
	if style := Text(d.All("style")[0]); strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the stylesheet loads something")
	}
	policies := slices.DeleteFunc(d.All("meta"), func(n *html.Node) bool { return Attr(n, "http-equiv") != "Content-Security-Policy" })
	if len(policies) != 1 || Attr(policies[0], "content") != page.Policy() {
		t.Error("the content policy is missing or another")
	}
}

// checkLinks demands that every link stays in the page and leads to one place.
func (d Document) checkLinks(t *testing.T) {
	t.Helper()
	ids := d.ids()
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q is there %d times", id, n)
		}
	}
	for n := range d.Root.Descendants() {
		href := Attr(n, "href")
		if href == "" {
			continue
		}
		target, err := url.PathUnescape(strings.TrimPrefix(href, "#"))
		if err != nil || !strings.HasPrefix(href, "#") || ids[target] != 1 {
			t.Errorf("link %q leads nowhere in the page", href)
		}
	}
}

func (d Document) ids() map[string]int {
	count := map[string]int{}
	for n := range d.Root.Descendants() {
		if id := Attr(n, "id"); id != "" {
			count[id]++
		}
	}
	return count
}

// checkStructure asserts a few rules of RGAA 4: landmarks (12.6), headings in
// order (9.1), heads and names of tables (5.4, 5.7).
func (d Document) checkStructure(t *testing.T) {
	t.Helper()
	for _, name := range []string{"main", "h1", "title", "nav", "footer"} {
		if found := d.All(name); len(found) != 1 || Text(found[0]) == "" {
			t.Errorf("%d elements %s, want one with text", len(found), name)
		}
	}
	d.checkHeadings(t)
	for _, table := range d.All("table") {
		caption := Document{table}.All("caption")
		if len(caption) != 1 || Text(caption[0]) == "" {
			t.Errorf("a table has no caption: %.60s", Text(table))
		}
		for _, head := range (Document{table}).All("th") {
			if Attr(head, "scope") == "" {
				t.Errorf("head %q has no scope", Text(head))
			}
		}
	}
}

func (d Document) checkHeadings(t *testing.T) {
	t.Helper()
	level := 0
	for n := range d.Root.Descendants() {
		at := slices.Index([]string{"h1", "h2", "h3", "h4", "h5", "h6"}, n.Data) + 1
		if n.Type != html.ElementNode || at == 0 {
			continue
		}
		if at > level+1 {
			t.Errorf("heading %q of level %d follows level %d", Text(n), at, level)
		}
		level = at
	}
}

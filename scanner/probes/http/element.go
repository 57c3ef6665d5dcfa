// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"carescan/scanner/probes/internal/excerpt"
)

// maxAttributes is how many attributes of one element are looked at.
const maxAttributes = 60

// element is the beginning of an element of a page.
type element struct {
	name       string
	attributes map[string]string
}

// readElement takes the element that a tokenizer stands on; as browsers do, the
// first of two attributes of a name counts.
func readElement(z *html.Tokenizer) element {
	name, more := z.TagName()
	e := element{string(name), map[string]string{}}
	for n := 0; more && n < maxAttributes; n++ {
		var key, value []byte
		key, value, more = z.TagAttr()
		if _, known := e.attributes[string(key)]; !known {
			e.attributes[string(key)] = string(value)
		}
	}
	return e
}

func (e element) has(attribute string) bool {
	_, ok := e.attributes[attribute]
	return ok
}

// word is an attribute whose values have no case.
func (e element) word(attribute string) string {
	return strings.ToLower(strings.TrimSpace(e.attributes[attribute]))
}

// words is an attribute that lists words without case.
func (e element) words(attribute string) []string { return strings.Fields(e.word(attribute)) }

// elements are what a page loads, frames or sends, as text, for whoever doubts
// the facts: neither the words of the page nor what its addresses carry.
type elements struct{ text strings.Builder }

// keptAttributes say where something leads and how it is protected.
var keptAttributes = [...]string{
	"action", "content", "data", "href", "http-equiv", "integrity", "method", "name", "rel", "src", "type",
}

func (l *elements) add(e element) {
	line := e.line()
	if l.text.Len()+len(line) <= maxBody {
		l.text.WriteString(line)
	}
}

func (e element) line() string {
	var line strings.Builder
	line.WriteString("<" + excerpt.Of(e.name, maxScheme))
	for _, name := range keptAttributes {
		if value, ok := e.attributes[name]; ok {
			fmt.Fprintf(&line, " %s=%q", name, excerpt.Of(withoutQuery(value), maxText))
		}
	}
	return line.String() + ">\n"
}

// withoutQuery drops of an address what may carry a session or a person.
func withoutQuery(value string) string {
	if u, err := url.Parse(value); err == nil && (u.RawQuery != "" || u.User != nil || u.Fragment != "") {
		u.RawQuery, u.User, u.Fragment, u.RawFragment = "", nil, "", ""
		return u.String()
	}
	return value
}

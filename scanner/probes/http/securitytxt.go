// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"cmp"
	"context"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of a file: an Expires field, where a date has 25
// bytes, and the places it names.
const (
	maxExpires    = 100
	maxCanonicals = 20
)

// securityTxt asks for the file where RFC 9116 section 3 puts it.
func (v *visitor) securityTxt(ctx context.Context, origin *url.URL) (f fact.SecurityTxt, file []byte) {
	w := v.follow(ctx, origin.JoinPath("/.well-known/security.txt"), errand{more: anywhere, reads: readsFile, whole: true})
	f = fact.SecurityTxt{Reach: w.reach, Cause: w.cause, Error: w.failure}
	if len(w.hops) > 0 {
		last := w.hops[len(w.hops)-1]
		f.URL, f.Status = last.URL, last.Status
		f.Error = cmp.Or(f.Error, last.Refused)
	}
	if f.Error != "" {
		f.Reach = fact.Unreached // an answer cut short proves nothing of the file
	}
	if f.Error != "" || f.Status != http.StatusOK {
		return f, nil
	}
	media, parameters, _ := mime.ParseMediaType(w.last.contentType)
	f.MediaType = excerpt.Of(media, maxText)
	p := parseSecurityTxt(w.last.body)
	if isMarkup(w.last.body) || isHTML(w.last.contentType) && p.contacts == 0 && p.expires == "" {
		f.Faults = []fact.SecurityTxtFault{fact.TxtPage}
		return f, nil
	}
	if charset := strings.ToLower(parameters["charset"]); media != "text/plain" || !slices.Contains([]string{"", "utf-8", "utf8", "us-ascii"}, charset) {
		f.Faults = append(f.Faults, fact.TxtMediaType)
	}
	f.Faults = append(f.Faults, p.faults...)
	f.Contacts, f.Expires, f.Signed = p.contacts, p.expires, p.signed
	f.Canonicals, f.Elsewhere = len(p.canonicals), p.elsewhere(w.hops)
	return f, w.last.body
}

// isPage tells whether an answer is an HTML page: many sites answer 200 and a page
// to any address.
func isPage(a answer) bool { return isHTML(a.contentType) || isMarkup(a.body) }

func isHTML(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "text/html" || media == "application/xhtml+xml"
}

// isMarkup tells a page by its beginning, whatever it is served as.
func isMarkup(body []byte) bool {
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(start, []byte("<"))
}

// policy is what is kept of a security.txt: never its addresses.
type policy struct {
	contacts int
	expires  string // as written; every one, should there be several
	signed   bool
	// canonicals are where the author says the file is (RFC 9116 section 2.5.2).
	canonicals []string
	faults     []fact.SecurityTxtFault
}

// elsewhere tells that the file names its places, and that it was not asked for
// at any of them.
func (p policy) elsewhere(hops []fact.Hop) bool {
	asked := slices.ContainsFunc(hops, func(h fact.Hop) bool { return slices.Contains(p.canonicals, h.URL) })
	return len(p.canonicals) > 0 && !asked
}

// parseSecurityTxt reads the fields of RFC 9116 section 2. Unknown fields and
// lines that are no field are passed over (section 2.4).
func parseSecurityTxt(file []byte) policy {
	text := strings.TrimPrefix(string(file), "\ufeff")
	var p policy
	var expires []string
	languages := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "-----BEGIN PGP SIGNATURE-----" {
			break
		}
		p.signed = p.signed || line == "-----BEGIN PGP SIGNED MESSAGE-----"
		name, value := field(line)
		if slices.Contains(webFields[:], name) && strings.HasPrefix(strings.ToLower(value), "http:") {
			p.fault(fact.TxtFieldClear)
		}
		switch {
		case name == "contact" && value != "":
			p.contacts++
			p.fault(contactFault(value))
		case name == "canonical" && len(p.canonicals) < maxCanonicals:
			p.canonicals = append(p.canonicals, value)
		case name == "expires":
			expires = append(expires, value)
		case name == "preferred-languages":
			languages++
		}
	}
	if len(expires) > 1 {
		p.fault(fact.TxtExpiresTwice)
	}
	if languages > 1 {
		p.fault(fact.TxtLanguageTwice)
	}
	// Expires must stand once (section 2.5.5): two of them, put together, are no
	// date, and no choice is made for the author.
	p.expires = excerpt.Of(strings.Join(expires, ", "), maxExpires)
	return p
}

// fault notes a fault once; the empty one is none.
func (p *policy) fault(f fact.SecurityTxtFault) {
	if f != "" && !slices.Contains(p.faults, f) {
		p.faults = append(p.faults, f)
	}
}

// webFields hold addresses, other than contacts, and those of the web begin with
// https:// (sections 2.5.1 to 2.5.7; csaf is of the registry of section 5.4).
var webFields = [...]string{"acknowledgments", "canonical", "encryption", "hiring", "policy", "csaf"}

// uri is the syntax of RFC 3986 as far as it tells a URI from an address or a
// number that somebody wrote bare.
var uri = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$`)

// contactFault tells what is wrong with a contact (section 2.5.3): it is a URI,
// and a web address begins with https://.
func contactFault(value string) fact.SecurityTxtFault {
	to, err := url.Parse(value)
	switch {
	case err != nil || !uri.MatchString(value):
		return fact.TxtContactNoURI
	case to.Scheme == "http":
		return fact.TxtContactClear
	case to.Scheme == "https" && to.Hostname() == "", to.Scheme == "mailto" && !strings.Contains(to.Opaque, "@"):
		return fact.TxtContactNoURI
	}
	return ""
}

// field splits a line; names have no case (section 2.3).
func field(line string) (name, value string) {
	if strings.HasPrefix(line, "#") {
		return "", ""
	}
	name, value, _ = strings.Cut(line, ":")
	return strings.ToLower(name), strings.TrimSpace(value)
}

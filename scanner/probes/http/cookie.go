// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of cookies.
const (
	maxCookies    = 180 // what browsers keep of one site
	maxCookieName = 64
	// The bounds of RFC 6265bis section 5.6: browsers drop a longer cookie, and
	// pass over a longer attribute.
	maxPair      = 4096
	maxAttribute = 1024
)

// cookieAttributes are the parts of a cookie that hold no secret (RFC 6265
// section 4.1.2).
var cookieAttributes = [...]string{"secure", "httponly", "samesite", "path", "domain", "max-age", "expires"}

// withoutSecret keeps of a cookie its name and its protections. A cookie
// without a name is all value, and what is no attribute may be the rest of one.
func withoutSecret(line string) string {
	parts := strings.Split(line, ";")
	name, _, named := strings.Cut(parts[0], "=")
	if !named {
		name = ""
	}
	kept := []string{strings.TrimSpace(name) + "=[removed]"}
	for _, part := range parts[1:] {
		attribute, _, _ := strings.Cut(part, "=")
		if slices.Contains(cookieAttributes[:], strings.ToLower(strings.TrimSpace(attribute))) {
			kept = append(kept, strings.TrimSpace(part))
		}
	}
	return strings.Join(kept, "; ")
}

// cookies reads the protections of the cookies that an answer leaves in a
// browser, and counts those above the bound. A cookie replaces the one before of
// the same name, domain and path (RFC 6265bis section 5.7).
func cookies(u *url.URL, lines []string) (kept []fact.Cookie, more int) {
	at := map[string]int{}
	for _, line := range lines {
		c, ok := readCookie(line, time.Now())
		if !ok || !c.accepted(u) {
			continue
		}
		place, known := at[c.identity]
		switch {
		case known:
			kept[place] = c.Cookie
		case len(kept) == maxCookies:
			more++
		default:
			at[c.identity] = len(kept)
			kept = append(kept, c.Cookie)
		}
	}
	return kept, more
}

// setCookie is one cookie as it is set, with what decides whether it is kept.
type setCookie struct {
	fact.Cookie
	path     string
	domain   string
	identity string // of the cookie it replaces
}

// readCookie reads a line as browsers do (RFC 6265bis section 5.6). One without a
// name is left aside: it is all value, and none may be kept.
func readCookie(line string, now time.Time) (c setCookie, ok bool) {
	parts := strings.Split(line, ";")
	name, value, named := strings.Cut(parts[0], "=")
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	if !named || name == "" || len(name)+len(value) > maxPair {
		return c, false
	}
	c.Name = excerpt.Of(name, maxCookieName)
	var age, expires *bool // whether they say that the cookie is over
	for _, part := range parts[1:] {
		attribute, setting, _ := strings.Cut(part, "=")
		if setting = strings.Trim(setting, " \t"); len(setting) > maxAttribute {
			continue
		}
		switch strings.ToLower(strings.Trim(attribute, " \t")) {
		case "secure":
			c.Secure = true
		case "httponly":
			c.HTTPOnly = true
		case "samesite":
			c.SameSite = sameSite(setting)
		case "path":
			c.path = setting
		case "domain":
			c.domain = strings.ToLower(strings.TrimPrefix(setting, "."))
		case "max-age":
			age = cmp.Or(ageOver(setting), age)
		case "expires":
			if at, ok := cookieDate(setting); ok {
				over := !at.After(now)
				expires = &over
			}
		}
	}
	// Max-Age wins over Expires (section 5.7 step 3).
	over := cmp.Or(age, expires)
	c.Erased = strings.Trim(value, "\" \t") == "" || over != nil && *over
	c.identity = strings.Join([]string{name, c.domain, c.path}, "\x00")
	return c, true
}

// ageOver tells whether a Max-Age is over at once; nil for what is no number,
// which browsers pass over (section 5.6.2).
func ageOver(setting string) *bool {
	digits := strings.TrimPrefix(setting, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	over := digits != setting || strings.Trim(digits, "0") == ""
	return &over
}

// accepted tells whether a browser keeps the cookie (section 5.7): one for another
// domain, a secure one set in clear, or one that breaks the promise of its prefix
// is none, nor is one for other sites that is not secure.
func (c setCookie) accepted(u *url.URL) bool {
	host := scanner.CanonicalName(u.Hostname())
	name := strings.ToLower(c.Name)
	switch {
	case c.domain != "" && host != c.domain && !strings.HasSuffix(host, "."+c.domain):
		return false
	case u.Scheme != "https" && c.Secure:
		return false
	case c.SameSite == "none" && !c.Secure: // the attribute is refused without the other
		return false
	case strings.HasPrefix(name, "__secure-"):
		return c.Secure
	case strings.HasPrefix(name, "__host-"):
		return c.Secure && c.path == "/" && c.domain == ""
	}
	return true
}

// sameSite keeps the values that browsers know; the others count for none.
func sameSite(setting string) string {
	setting = strings.ToLower(strings.TrimSpace(setting))
	if slices.Contains([]string{"strict", "lax", "none"}, setting) {
		return setting
	}
	return ""
}

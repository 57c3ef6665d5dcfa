// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"slices"
	"strings"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/excerpt"
)

// The bounds of what is kept of cookies.
const (
	maxCookies    = 30
	maxCookieName = 64
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

// cookies reads the protections of the cookies that an answer sets.
func cookies(lines []string) []fact.Cookie {
	var kept []fact.Cookie
	for _, line := range lines[:min(len(lines), maxCookies)] {
		if c, ok := cookie(line); ok {
			kept = append(kept, c)
		}
	}
	return kept
}

// cookie reads a line as browsers do (RFC 6265 section 5.2); they drop one
// without a name, and so do we: it is all value.
func cookie(line string) (c fact.Cookie, ok bool) {
	parts := strings.Split(line, ";")
	name, value, _ := strings.Cut(parts[0], "=")
	c.Name = excerpt.Of(strings.TrimSpace(name), maxCookieName)
	c.Erased = strings.Trim(value, "\" \t") == ""
	for _, part := range parts[1:] {
		attribute, setting, _ := strings.Cut(part, "=")
		switch strings.ToLower(strings.TrimSpace(attribute)) {
		case "secure":
			c.Secure = true
		case "httponly":
			c.HTTPOnly = true
		case "samesite":
			c.SameSite = sameSite(setting)
		}
	}
	return c, c.Name != "" && strings.Contains(parts[0], "=")
}

// sameSite keeps the values that browsers know; the others count for none.
func sameSite(setting string) string {
	setting = strings.ToLower(strings.TrimSpace(setting))
	if slices.Contains([]string{"strict", "lax", "none"}, setting) {
		return setting
	}
	return ""
}

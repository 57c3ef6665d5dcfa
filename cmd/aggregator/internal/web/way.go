// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"net/url"
	"strings"
)

// maxWay bounds the address that a sign-in leads back to, in bytes.
const maxWay = 2048

// signInFor is where somebody signs in who asked for a page, and comes back to it.
func signInFor(r *http.Request) string {
	way := r.URL.RequestURI()
	if r.Method != http.MethodGet || way == "/" || !isWay(way) {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"next": {way}}.Encode()
}

// isWay accepts the address of a page of this server, and of no other: browsers read
// "//host" and "/\\host" as another one.
func isWay(way string) bool {
	u, err := url.Parse(way)
	return err == nil && len(way) <= maxWay && u.Host == "" && u.Scheme == "" && strings.HasPrefix(way, "/") &&
		!strings.HasPrefix(way, "//") && !strings.ContainsAny(way, "\\\r\n\t")
}

// wayOrHome is where to go after a sign-in.
func wayOrHome(way string) string {
	if isWay(way) {
		return way
	}
	return "/"
}

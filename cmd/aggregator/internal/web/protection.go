// SPDX-License-Identifier: Apache-2.0

package web

import "net/http"

// contentPolicy allows the style and the pictures of this very server, and
// nothing else: no script runs on most pages.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// scriptPolicy is that of the few pages that ask for a passkey, with one script of this
// very server, which may write nothing into the page.
const scriptPolicy = contentPolicy + "; script-src 'self'; require-trusted-types-for 'script'"

// protect sets what browsers need to defend a page, and refuses requests that
// another site had a browser make.
func protect(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy":      contentPolicy,
			"Strict-Transport-Security":    "max-age=31536000",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
		} {
			w.Header().Set(name, value)
		}
		next.ServeHTTP(w, r)
	}))
}

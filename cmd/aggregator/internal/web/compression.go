// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// minCompressed is the size, in bytes, from which a page is worth compressing.
const minCompressed = 1 << 10

// compress shortens pages, styles and drawings. A page that shows a secret is sent as it
// is: the length of a compressed one tells of its content (BREACH, 2013).
func compress(next http.Handler) http.Handler {
	// Every option is a constant of ours; none can be refused.
	wrap, _ := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.ContentTypes([]string{"text/html", "text/css", "image/svg+xml"}))
	return wrap(next)
}

// secretive are the pages that show one.
var secretive = []string{"token", "welcome", "link", "recovery", "apitoken"}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"carescan/scanner/bounded"
	"carescan/scanner/probes/internal/excerpt"
)

// readsFile wants the file of RFC 9116, and no page that comes in its place.
func readsFile(u *url.URL, response *http.Response) int {
	if response.StatusCode == http.StatusOK && strings.HasSuffix(u.Path, "/security.txt") {
		return maxBody
	}
	return 0
}

// readsPage wants what a browser would show where it stops.
func readsPage(_ *url.URL, response *http.Response) int {
	if redirectOf(response) != "" || !isText(response.Header.Get("Content-Type")) {
		return 0
	}
	return maxPage
}

func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "" || strings.HasPrefix(media, "text/") || strings.Contains(media, "json") || strings.Contains(media, "xml")
}

// readBody reads a body up to a length, and says why it stopped before its end.
// What came before a failure is kept.
func readBody(response *http.Response, most int) (body []byte, cut string, err error) {
	if most == 0 {
		return nil, "", nil
	}
	reader, err := decoded(response)
	if err != nil {
		return nil, excerpt.Error(err, maxText), err
	}
	body, whole, err := bounded.Read(reader, most)
	switch {
	case err != nil:
		return body, excerpt.Error(err, maxText), err
	case !whole:
		return body, fmt.Sprintf("longer than %d bytes", most), nil
	}
	return body, "", nil
}

// decoded undoes the one compression that servers impose on whoever asked for
// none. What comes out is bounded by the reader, whatever the ratio.
func decoded(response *http.Response) (io.Reader, error) {
	switch coding := strings.ToLower(response.Header.Get("Content-Encoding")); coding {
	case "", "identity":
		return response.Body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(response.Body)
	default:
		return nil, fmt.Errorf("the body has an encoding nobody asked for: %q", coding)
	}
}

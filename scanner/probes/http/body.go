// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"carescan/scanner/bounded"
	"carescan/scanner/probes/internal/excerpt"
)

// readsFile wants the file of RFC 9116, wherever a redirect put it, and no page
// that it led to.
func readsFile(u *url.URL, response *http.Response) int {
	page := isHTML(response.Header.Get("Content-Type")) && !strings.HasSuffix(u.Path, "/security.txt")
	if response.StatusCode != http.StatusOK || page {
		return 0
	}
	return maxBody
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

// decoded undoes the compressions of HTTP/1.1 that servers impose on whoever
// asked for none, the last applied first. What comes out is bounded by the
// reader, whatever the ratio. A body whose list of codings holds an unknown word
// is read as it is, as browsers read it.
func decoded(response *http.Response) (io.Reader, error) {
	reader := io.Reader(response.Body)
	if isUnknownCoding(response) {
		return reader, nil
	}
	for _, coding := range slices.Backward(codings(response)) {
		var err error
		switch coding {
		case "identity":
		case "gzip", "x-gzip":
			reader, err = gzip.NewReader(reader)
		case "deflate":
			reader, err = zlib.NewReader(reader)
		default:
			err = fmt.Errorf("the body has an encoding nobody asked for: %q", coding)
		}
		if err != nil {
			return nil, err
		}
	}
	return reader, nil
}

// maxCodings bounds how many compressions are undone.
const maxCodings = 3

// codings lists the codings of a body, lower case, in the order of application.
func codings(response *http.Response) []string {
	var found []string
	for word := range strings.SplitSeq(strings.ToLower(strings.Join(response.Header.Values("Content-Encoding"), ",")), ",") {
		if word = strings.TrimSpace(word); word != "" {
			found = append(found, word)
		}
	}
	return found
}

// knownCodings are those of the registry of IANA that browsers undo (RFC 9110
// section 8.4.1, RFC 7932, RFC 8878, RFC 9842).
var knownCodings = [...]string{"identity", "gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz"}

// isUnknownCoding tells whether a word stands in Content-Encoding that is no
// coding, as in "Content-Encoding: UTF-8".
func isUnknownCoding(response *http.Response) bool {
	list := codings(response)
	return len(list) > maxCodings || slices.ContainsFunc(list, func(word string) bool { return !slices.Contains(knownCodings[:], word) })
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"carescan/scanner/probes/internal/loopback"
)

func TestWithoutSecret(t *testing.T) {
	for cookie, want := range map[string]string{
		"sid=secret":                  "sid=[removed]",
		"sid=secret; Secure; Path=/":  "sid=[removed]; Secure; Path=/",
		"sid = a=b ;HttpOnly":         "sid=[removed]; HttpOnly",
		"secret":                      "=[removed]",
		"secret; Secure":              "=[removed]; Secure",
		"":                            "=[removed]",
		"=secret":                     "=[removed]",
		"sid=\"sec;ret\"; SameSite=L": "sid=[removed]; SameSite=L",
	} {
		if got := withoutSecret(cookie); got != want {
			t.Errorf("withoutSecret(%q) = %q, want %q", cookie, got, want)
		}
	}
}

// FuzzHead keeps foreign heads: text, bounded, without the values of cookies.
func FuzzHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: nginx\r\nSet-Cookie: sid=secret; Secure\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 301 \xff\r\nLocation: //[::1\r\nLocation: \xe9\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 999 x\r\nStrict-Transport-Security: " + strings.Repeat("é", maxValueLen) + "\r\n\r\n"))
	at := &url.URL{Scheme: "https", Host: host, Path: "/"}
	f.Fuzz(func(t *testing.T, head []byte) {
		response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
		if err != nil {
			return
		}
		response.Header.Add("Set-Cookie", "fuzz=never-kept; Secure")
		if text := headText(at, response, nil); !utf8.ValidString(text) || strings.Contains(text, "never-kept") {
			t.Errorf("%q", text)
		}
		hop := describe(at, response)
		for name, values := range hop.Headers {
			for _, v := range values {
				if len(v) > maxValueLen+len("…") || len(values) > maxValues || !utf8.ValidString(v) {
					t.Errorf("%s: %d values, one of %d bytes", name, len(values), len(v))
				}
			}
		}
	})
}

// FuzzPermitted reads foreign redirects: they lead to the web, in the scope.
func FuzzPermitted(f *testing.F) {
	for _, location := range []string{
		"/a", "//vendor.test/", "https://www.chu.test:444/x?y#z", "http://user:pass@www.chu.test", "javascript:x", "https:www.chu.test", "\x00", "http://[::1]/",
	} {
		f.Add(location)
	}
	from := &url.URL{Scheme: "https", Host: host, Path: "/"}
	v := &visitor{net: &loopback.Network{Routes: map[string]string{host + ":443": ""}}}
	f.Fuzz(func(t *testing.T, location string) {
		to, err := v.permitted(t.Context(), from, location)
		if err != nil {
			return
		}
		web := to.Scheme == "https" || to.Scheme == "http"
		if !web || strings.TrimSuffix(strings.ToLower(to.Hostname()), ".") != host || to.User != nil {
			t.Errorf("%q leads to %s", location, to)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
)

// zipped compresses a text, as servers do for whoever did not ask.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deflated compresses a text in the zlib format (RFC 9110 section 8.4.1.2).
func deflated(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestObserveBodies holds that a page is read within its bounds whatever its
// server does, and that what could not be read is said.
func TestObserveBodies(t *testing.T) {
	t.Parallel()
	const login = `<form action=/in><input type=password></form>`
	small, bomb := zipped(t, login), zipped(t, login+strings.Repeat("\x00", 50<<20))
	coded := func(coding string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", coding)
			w.Write(body)
		}
	}
	tests := map[string]struct {
		serve     http.HandlerFunc
		passwords int
		cut       string
	}{
		"gzip":         {coded("gzip", small), 1, ""},
		"gzip-bomb":    {coded("gzip", bomb), 1, "longer than"},
		"gzip-broken":  {coded("gzip", []byte("not gzip at all")), 0, "gzip"},
		"gzip-cut":     {coded("gzip", small[:len(small)-10]), 1, "unexpected EOF"},
		"other-coding": {coded("br", small), 0, "nobody asked for"},
		// Browsers pass over a coding they do not know (RFC 9110 section 8.4.1 lists
		// none of these names).
		"coding-utf-8":   {coded("UTF-8", []byte(login)), 1, ""},
		"coding-none":    {coded("none", []byte(login)), 1, ""},
		"coding-among":   {coded("gzip, utf-8", []byte(login)), 1, ""},
		"coding-empty":   {coded("", []byte(login)), 1, ""},
		"gzip-identity":  {coded("gzip, identity", small), 1, ""},
		"gzip-twice":     {coded("gzip, gzip", zipped(t, string(small))), 1, ""},
		"deflate":        {coded("deflate", deflated(t, login)), 1, ""},
		"deflate-broken": {coded("deflate", []byte(login)), 0, "zlib"},
		"endless":        {endlessPage(login), 1, "longer than"},
		"drip":           {drip(login), 1, "timeout"},
		"not-text": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, login)
		}, 0, ""},
		"binary": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Write(make([]byte, 9999))
		}, 0, ""},
		"error-page":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, login, http.StatusForbidden) }, 1, ""},
		"cookie-flood":  {cookieFlood(login), 1, ""},
		"no-media-type": {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil; fmt.Fprint(w, login) }, 1, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := site(t, onlyAtRoot(tt.serve), nil)
			got, sighting := observe(t, l, time.Second)
			if got.Reach != fact.Answered || got.Page == nil || len(sighting.Missing) > 0 {
				t.Fatalf("%+v, missing %q", got, sighting.Missing.Detail())
			}
			if got.Page.Passwords != tt.passwords || !strings.Contains(got.Page.Cut, tt.cut) || (tt.cut == "") != (got.Page.Cut == "") {
				t.Errorf("%d password fields, cut %q", got.Page.Passwords, got.Page.Cut)
			}
			if got.Page.Bytes > maxPage || len(got.Hops[0].Cookies) > maxCookies {
				t.Errorf("%d bytes, %d cookies", got.Page.Bytes, len(got.Hops[0].Cookies))
			}
		})
	}
}

// onlyAtRoot keeps the other requests of a look short.
func onlyAtRoot(serve http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/{$}", serve)
	return mux
}

func endlessPage(start string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, err := io.WriteString(w, start)
		for err == nil {
			_, err = io.WriteString(w, strings.Repeat("x", 1000))
		}
	}
}

// drip sends a page and then keeps the visitor waiting for its end.
func drip(start string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, start)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

func cookieFlood(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%s", i, strings.Repeat("v", 200)))
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, body)
	}
}

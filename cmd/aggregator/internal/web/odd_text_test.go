// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"carescan/cmd/aggregator/internal/storetest"
)

// TestOddText sends what no text of PostgreSQL can hold, to every place that a visitor may
// fill: it is refused as any other wrong word is, on both engines.
func TestOddText(t *testing.T) { storetest.Each(t, testOddText) }

func testOddText(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	for _, odd := range []string{"\x00", "\xff\xfe", "é\x00"} {
		for _, r := range s.routes() {
			if r.path == "/sign-out" {
				continue
			}
			values := map[string][]string{}
			for _, place := range placeholder.FindAllStringSubmatch(r.path, -1) {
				values[place[1]] = []string{odd}
			}
			form := url.Values{}
			for _, field := range []string{"email", "password", "code", "finess", "next", "again", "lang", "check", "family", "outcome", "q"} {
				form.Set(field, odd)
			}
			for _, path := range filled(t, r.path, values) {
				for _, query := range []string{"", "?" + form.Encode()} {
					v := admin
					if strings.HasPrefix(r.path, "/sign-in") {
						v = s.visitor()
					}
					v.send(r.method, path+query, form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
					if v.last.StatusCode >= http.StatusInternalServerError {
						t.Errorf("%s %s%s answers %d", r.method, path, query, v.last.StatusCode)
					}
				}
			}
		}
	}
}

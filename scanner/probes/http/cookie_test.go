// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

func TestCookies(t *testing.T) {
	at := &url.URL{Scheme: "https", Host: host, Path: "/"}
	for name, tt := range map[string]struct {
		line string
		want []fact.Cookie
	}{
		"whole":            {"sid=secret; Path=/; SECURE; httponly; SameSite=Lax", []fact.Cookie{{Name: "sid", Secure: true, HTTPOnly: true, SameSite: "lax"}}},
		"bare":             {"sid=secret", []fact.Cookie{{Name: "sid"}}},
		"erased":           {`sid=""; Secure`, []fact.Cookie{{Name: "sid", Secure: true, Erased: true}}},
		"unknown_samesite": {"sid=s; SameSite=Sometimes", []fact.Cookie{{Name: "sid"}}},
		"all_value":        {"secret; Secure", nil},
		"no_name":          {"=secret; Secure", nil},
		"secure_by_value":  {"sid=Secure", []fact.Cookie{{Name: "sid"}}},
		"long_name":        {strings.Repeat("n", 3000) + "=s", []fact.Cookie{{Name: strings.Repeat("n", maxCookieName) + "…"}}},
		"samesite_last":    {"sid=s; SameSite=Lax; SameSite=Strict", []fact.Cookie{{Name: "sid", SameSite: "strict"}}},

		// A cookie being removed: RFC 6265 section 3.1, RFC 6265bis section 5.7 step 3.
		"removed_both":          {"sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/", []fact.Cookie{{Name: "sid", Erased: true}}},
		"removed_expires":       {"sid=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT", []fact.Cookie{{Name: "sid", Erased: true}}},
		"removed_age":           {"sid=deleted; Max-Age=0", []fact.Cookie{{Name: "sid", Erased: true}}},
		"removed_negative":      {"sid=deleted; Max-Age=-1", []fact.Cookie{{Name: "sid", Erased: true}}},
		"age_over_expires":      {"sid=s; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=3600", []fact.Cookie{{Name: "sid"}}},
		"age_not_a_number":      {"sid=s; Max-Age=soon", []fact.Cookie{{Name: "sid"}}},
		"age_last_counts":       {"sid=s; Max-Age=0; Max-Age=60", []fact.Cookie{{Name: "sid"}}},
		"age_unread_leaves":     {"sid=s; Max-Age=0; Max-Age=x", []fact.Cookie{{Name: "sid", Erased: true}}},
		"expires_unreadable":    {"sid=s; Expires=yesterday", []fact.Cookie{{Name: "sid"}}},
		"expires_zero":          {"sid=s; Expires=0", []fact.Cookie{{Name: "sid"}}},
		"expires_to_come":       {"sid=s; Expires=Fri, 31 Dec 9999 23:59:59 GMT", []fact.Cookie{{Name: "sid"}}},
		"attribute_too_long":    {"sid=s; Max-Age=0" + strings.Repeat("0", maxAttribute), []fact.Cookie{{Name: "sid"}}},
		"pair_too_long":         {"sid=" + strings.Repeat("s", maxPair), nil},
		"other_domain":          {"sid=s; Domain=vendor.test", nil},
		"parent_domain":         {"sid=s; Domain=.CHU.test", []fact.Cookie{{Name: "sid"}}},
		"end_of_name_only":      {"sid=s; Domain=w.chu.test", nil},
		"host_prefix":           {"__Host-sid=s; Secure; Path=/", []fact.Cookie{{Name: "__Host-sid", Secure: true}}},
		"host_prefix_no_path":   {"__Host-sid=s; Secure", nil},
		"none_not_secure":       {"sid=s; SameSite=None; HttpOnly", nil},
		"host_prefix_domain":    {"__host-sid=s; Secure; Path=/; Domain=www.chu.test", nil},
		"secure_prefix_without": {"__SECURE-sid=s", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := cookies(at, []string{tt.line})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCookiesTogether holds what the cookies of one answer do to one another.
func TestCookiesTogether(t *testing.T) {
	secure, plain := &url.URL{Scheme: "https", Host: host}, &url.URL{Scheme: "http", Host: host}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprintf("c%d=v", i))
	}
	for name, tt := range map[string]struct {
		at    *url.URL
		lines []string
		want  []fact.Cookie
	}{
		"replaced":        {secure, []string{"sid=a; Path=/", "x=y", "sid=b; Path=/; Secure; HttpOnly"}, []fact.Cookie{{Name: "sid", Secure: true, HTTPOnly: true}, {Name: "x"}}},
		"other_path":      {secure, []string{"sid=a; Path=/", "sid=b; Path=/x; Secure"}, []fact.Cookie{{Name: "sid"}, {Name: "sid", Secure: true}}},
		"set_and_unset":   {secure, []string{"sid=a", "sid=; Max-Age=0"}, []fact.Cookie{{Name: "sid", Erased: true}}},
		"secure_in_clear": {plain, []string{"sid=a; Secure", "x=y"}, []fact.Cookie{{Name: "x"}}},
	} {
		got, more := cookies(tt.at, tt.lines)
		if diff := cmp.Diff(tt.want, got); diff != "" || more != 0 {
			t.Errorf("%s: %d more\n%s", name, more, diff)
		}
	}
	if got, more := cookies(secure, many); len(got) != maxCookies || more != len(many)-maxCookies {
		t.Errorf("%d cookies kept, %d more", len(got), more)
	}
}

// TestCookieDate follows the algorithm of RFC 6265bis section 5.1.1.
func TestCookieDate(t *testing.T) {
	for text, want := range map[string]string{
		"Thu, 01 Jan 1970 00:00:00 GMT":    "1970-01-01T00:00:00Z",
		"Thu, 01-Jan-1970 00:00:01 GMT":    "1970-01-01T00:00:01Z",
		"Thursday, 01-Jan-70 00:00:00 GMT": "1970-01-01T00:00:00Z",
		"Thu Jan  1 00:00:00 1970":         "1970-01-01T00:00:00Z",
		"01 jan 69 1:2:3":                  "2069-01-01T01:02:03Z",
		"1970 Jan 01 00:00:00":             "1970-01-01T00:00:00Z",
		"Sat, 31 Apr 2026 00:00:00 GMT":    "",
		"Sat, 30 Apr 1600 00:00:00 GMT":    "",
		"Sat, 30 Apr 2026 24:00:00 GMT":    "",
		"Sat, 30 Apr 2026 00:00 GMT":       "",
		"Sat, 30 Apr 2026 00:00:00+0200":   "2026-04-30T00:00:00Z",
		"Sat, 30 April 2026 08:09:10":      "2026-04-30T08:09:10Z",
		"Mer, 30 avr 2026 08:09:10":        "",
		"-1":                               "",
		"0":                                "",
		"":                                 "",
		"Session":                          "",
		"2026-04-30T08:09:10Z":             "",
		"Sat, 30 Apr 20261 08:09:10":       "",
	} {
		at, ok := cookieDate(text)
		got := ""
		if ok {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzCookieDate(f *testing.F) {
	f.Add("Thu, 01 Jan 1970 00:00:00 GMT")
	f.Add("31:59:59\xff 99 feb 0000")
	f.Fuzz(func(t *testing.T, text string) {
		if at, ok := cookieDate(text); ok && (at.Year() < 1601 || at.Year() > 9999) {
			t.Errorf("%q is %s", text, at)
		}
	})
}

func FuzzCookie(f *testing.F) {
	f.Add("sid=value; Secure; SameSite=None")
	f.Add(";;=\xff; samesite")
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := readCookie("n=never-kept"+line, time.Unix(0, 0))
		if ok && c.Name != "n" || !ok && len(line) < maxPair/2 {
			t.Errorf("%+v, %t", c, ok)
		}
		if c, ok := readCookie(line, time.Unix(0, 0)); ok && (len(c.Name) > maxCookieName+len("…") || !utf8.ValidString(c.Name) || c.Name == "") {
			t.Errorf("%+v", c)
		}
	})
}

func TestSchemes(t *testing.T) {
	for challenge, want := range map[string][]string{
		`Basic realm="Salle, de garde"`:          {"basic"},
		`Negotiate, NTLM`:                        {"negotiate", "ntlm"},
		`Digest realm="x", nonce="y", Basic a=b`: {"digest", "basic"},
		`realm="x"`:                              nil,
		``:                                       nil,
	} {
		if diff := cmp.Diff(want, schemes([]string{challenge})); diff != "" {
			t.Errorf("%q: %s", challenge, diff)
		}
	}
}

func FuzzSchemes(f *testing.F) {
	f.Add(`Basic realm="a,b", Bearer error="x"`)
	f.Add(",,\xff\" ,=")
	f.Add("\",")
	f.Fuzz(func(t *testing.T, challenge string) {
		for _, scheme := range schemes([]string{challenge, challenge}) {
			if len(scheme) > maxScheme || strings.ContainsAny(scheme, "\"=,") || !utf8.ValidString(scheme) {
				t.Errorf("scheme %q", scheme)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
)

func TestCookies(t *testing.T) {
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
		"long_name":        {strings.Repeat("n", 9000) + "=s", []fact.Cookie{{Name: strings.Repeat("n", maxCookieName) + "…"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, cookies([]string{tt.line})); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := cookies(strings.Split(strings.Repeat("a=b\n", 1000), "\n")); len(got) != maxCookies {
		t.Errorf("%d cookies kept", len(got))
	}
}

func FuzzCookie(f *testing.F) {
	f.Add("sid=value; Secure; SameSite=None")
	f.Add(";;=\xff; samesite")
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := cookie("n=never-kept" + line)
		if !ok || c.Name != "n" {
			t.Errorf("%+v, %t", c, ok)
		}
		if c, ok := cookie(line); ok && (len(c.Name) > maxCookieName+len("…") || !utf8.ValidString(c.Name) || c.Name == "") {
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

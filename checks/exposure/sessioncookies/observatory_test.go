// SPDX-License-Identifier: Apache-2.0

package sessioncookies

import (
	"testing"

	"carescan/scanner"
	"carescan/scanner/fact"
)

// TestAgainstObservatory compares with the public rules of the MDN HTTP
// Observatory, named as it names them.
func TestAgainstObservatory(t *testing.T) {
	for rule, tt := range map[string]struct {
		cookie fact.Cookie
		want   scanner.Outcome
	}{
		"cookies-secure-with-httponly-sessions-and-samesite": {fact.Cookie{Name: "sid", Secure: true, HTTPOnly: true, SameSite: "lax"}, scanner.Pass},
		"cookies-session-without-secure-flag":                {fact.Cookie{Name: "PHPSESSID", HTTPOnly: true, SameSite: "lax"}, scanner.Fail},
		"cookies-session-without-httponly-flag":              {fact.Cookie{Name: "sessionid", Secure: true, SameSite: "lax"}, scanner.Fail},
		"cookies-without-secure-flag":                        {fact.Cookie{Name: "lang"}, scanner.NotApplicable},
		"cookies-anticsrf":                                   {fact.Cookie{Name: "csrftoken", Secure: true}, scanner.NotApplicable},
		"cookies-not-found":                                  {fact.Cookie{}, scanner.NotApplicable},
	} {
		t.Run(rule, func(t *testing.T) {
			hop := fact.Hop{URL: "https://www.chu.test/", Status: 200, Cookies: []fact.Cookie{tt.cookie}}
			got := judge(scanner.Case[struct{}]{}, fact.Web{Reach: fact.Answered, Hops: []fact.Hop{hop}})
			if got.Outcome != tt.want {
				t.Errorf("%+v is %s (%s), want %s", tt.cookie, got.Outcome, got.Reason, tt.want)
			}
		})
	}
}

// TestIsSession names cookies of well-known products.
func TestIsSession(t *testing.T) {
	for name, want := range map[string]bool{
		"phpsessid": true, "jsessionid": true, "asp.net_sessionid": true, ".aspxauth": true, "connect.sid": true, "laravel_session": true,
		"mrhsession": true, "svpncookie": true, "dssignin": false, "_ga": false, "lang": false, "xsrf-token": false, "incap_ses_1": false,
		"bigipserverpool": false, "cookieconsent": false,
	} {
		if got := isSession(name); got != want {
			t.Errorf("%s is a session: %t, want %t", name, got, want)
		}
	}
}

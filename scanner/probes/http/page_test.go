// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carescan/scanner/fact"
)

func TestReadPage(t *testing.T) {
	tests := map[string]struct {
		page string
		want fact.Page
	}{
		"login_over_https": {`<form action="/in"><input name=u><INPUT TYPE=Password></form>`, fact.Page{
			Forms: []fact.Form{{Scheme: "https", Host: host, Password: true}}, Passwords: 1,
		}},
		"login_in_clear": {`<form method=post action="http://login.chu.test/in"><input type="password"></form>`, fact.Page{
			Forms: []fact.Form{{Scheme: "http", Host: "login.chu.test", Password: true}}, Passwords: 1,
		}},
		"button_sends_elsewhere": {`<form><input type=password><button formaction="http://old.chu.test/">`, fact.Page{
			Forms: []fact.Form{{Scheme: "https", Host: host, Password: true}, {Scheme: "http", Host: "old.chu.test", Password: true}}, Passwords: 1,
		}},
		"password_outside_forms": {`<form></form><input type=password>`, fact.Page{Forms: []fact.Form{{Scheme: "https", Host: host}}, Passwords: 1}},
		"scripts": {
			`<script>inline()</script><script src="/a.js"></script><script src=//cdn.vendor.example/x.js integrity="sha384-a"></script>` +
				`<script src="https://cdn.vendor.example/y.js?session=secret" integrity="none"></script><script src="https://static.chu.test/z.js"></script>`,
			fact.Page{
				Scripts: []fact.Script{
					{Host: host, Count: 1, Bare: 1},
					{Host: "cdn.vendor.example", Count: 2, Bare: 1, Third: true},
					{Host: "static.chu.test", Count: 1, Bare: 1},
				}, Thirds: []string{"cdn.vendor.example"},
			},
		},
		"base_moves_all": {`<base href="http://cdn.vendor.example/"><base href="https://late.test/"><script src="a.js" integrity="sha256-x"></script>`, fact.Page{
			Scripts: []fact.Script{{Host: "cdn.vendor.example", Count: 1, Third: true}},
			Active:  []string{"cdn.vendor.example"}, Thirds: []string{"cdn.vendor.example"},
		}},
		"mixed": {
			`<link rel="preconnect" href="http://a.test"><link rel="Stylesheet" href="http://b.chu.test/s.css"><iframe src="http://c.chu.test/">` +
				`</iframe><img src="http://d.chu.test/i.png"><object data="http://e.chu.test/o"></object>`,
			fact.Page{
				Active: []string{"b.chu.test", "c.chu.test", "e.chu.test"}, Passive: []string{"d.chu.test"}, Frames: []string{"c.chu.test"},
			},
		},
		"meta": {
			`<meta name="Generator" content="WordPress 6.4.1"><meta http-equiv="Content-Security-Policy" content="default-src 'self'">` +
				`<meta name=referrer content="No-Referrer">`,
			fact.Page{Generator: "WordPress 6.4.1", Policies: []string{"default-src 'self'"}, Referrer: "no-referrer"},
		},
		"not_elements":    {`<!-- <script src="http://a.test/x"></script> --><textarea><form></textarea><title><input type=password></title>`, fact.Page{}},
		"other_addresses": {`<script src="data:text/javascript,1"></script><script src="javascript:1"></script><img src="mailto:x@chu.test">`, fact.Page{}},
		"empty":           {"", fact.Page{}},
		"bytes":           {"\x00\xff<\x00script src=\xff>", fact.Page{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var kept elements
			got := readPage(&url.URL{Scheme: "https", Host: host, Path: "/"}, []byte(tt.page), &kept)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(fact.Page{}, "Bytes")); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(kept.text.String(), "secret") {
				t.Errorf("kept %s", kept.text.String())
			}
		})
	}
}

// TestReadPageIsBounded holds that a page made to be endless costs a bounded
// look, and says so.
func TestReadPageIsBounded(t *testing.T) {
	var kept elements
	at := &url.URL{Scheme: "https", Host: host, Path: "/"}
	got := readPage(at, []byte(strings.Repeat("<b>", maxTokens+1)), &kept)
	if got.Cut == "" {
		t.Error("a page of too many elements is not said to be cut")
	}
	got = readPage(at, []byte(strings.Repeat(`<form action=//a.test><script src="http://x.test/`+strings.Repeat("a", 200)+`">1</script>`, 2000)), &kept)
	if len(got.Forms) != maxForms || kept.text.Len() > maxBody {
		t.Errorf("%d forms, %d bytes kept", len(got.Forms), kept.text.Len())
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<base href="http://a.test"><form action=x><input type=password></form><script src=//b.test/x integrity></script>`))
	f.Add([]byte(`<meta http-equiv=content-security-policy content="default-src *"><meta name=generator content=x><iframe src=http://[::1]/>`))
	f.Add([]byte("<script src=\"http://\xff.test\" src=2><link rel='stylesheet preload' href=http:///x><!--"))
	at := &url.URL{Scheme: "https", Host: host, Path: "/"}
	f.Fuzz(func(t *testing.T, body []byte) {
		var kept elements
		got := readPage(at, body, &kept)
		if len(got.Forms) > maxForms || len(got.Scripts) > maxScripts || len(got.Thirds) > maxThirds || len(got.Policies) > maxPolicies {
			t.Errorf("%d forms, %d scripts, %d thirds", len(got.Forms), len(got.Scripts), len(got.Thirds))
		}
		for _, s := range got.Scripts {
			if s.Bare > s.Count || len(s.Host) > maxHostName+len("…") || !utf8.ValidString(s.Host) {
				t.Errorf("script %+v", s)
			}
		}
		if kept.text.Len() > maxBody || !utf8.ValidString(kept.text.String()) || !utf8.ValidString(got.Generator) {
			t.Errorf("%d bytes kept", kept.text.Len())
		}
	})
}

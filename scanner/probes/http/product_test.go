// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

func TestRecognise(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for name, tt := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"nginx":             {header("Server", "nginx/1.22.1"), "", "nginx 1.22.1 banner"},
		"nginx_hidden":      {header("Server", "nginx"), "", "nginx  banner"},
		"apache_stack":      {header("Server", "Apache/2.4.57 (Debian) OpenSSL/1.1.1k PHP/7.4.33"), "", "apache-http-server 2.4.57 banner, openssl 1.1.1k banner, php 7.4.33 banner"},
		"iis":               {header("Server", "Microsoft-IIS/10.0", "X-Powered-By", "ASP.NET"), "", "iis 10.0 banner"},
		"tomcat_not_apache": {header("Server", "Apache-Coyote/1.1"), "", "tomcat  banner"},
		"tomcat_error_page": {header(), "<h1>HTTP 404</h1><h3>Apache Tomcat/9.0.80</h3>", "tomcat 9.0.80 page"},
		"jetty":             {header("Server", "Jetty(9.4.51.v20230217)"), "", "jetty 9.4.51 banner"},
		"php_twice":         {header("X-Powered-By", "PHP/8.2.1", "Set-Cookie", "PHPSESSID=x"), "", "php 8.2.1 banner"},
		"exchange_header":   {header("X-Owa-Version", "15.2.1544.9", "X-FEServer", "EX01"), "", "exchange 15.2.1544.9 page edge"},
		"exchange_page":     {header(), `<link href="/owa/auth/15.2.1118/themes/a.css">`, "exchange 15.2.1118 page edge"},
		"netscaler":         {header("Set-Cookie", "NSC_AAAC=x"), "", "citrix-netscaler  banner edge"},
		"fortios":           {header("Set-Cookie", "SVPNCOOKIE=; path=/"), "", "fortios  banner edge"},
		"ivanti":            {header(), `<a href="/dana-na/auth/url_default/welcome.cgi">`, "ivanti-connect-secure  page edge"},
		"wordpress":         {header(), `<meta name="generator" content="WordPress 6.4.1"><img src=/wp-content/a.png>`, "wordpress 6.4.1 page cms"},
		"wordpress_hidden":  {header(), `<link href="/wp-content/themes/x.css">`, "wordpress  page cms"},
		"drupal":            {header("X-Generator", "Drupal 10 (https://www.drupal.org)"), "", "drupal 10 page cms"},
		"joomla":            {header(), `<META content="Joomla! - Open Source Content Management" name=generator>`, "joomla  page cms"},
		"phpmyadmin":        {header(), `<input name="pma_username"><script>PMA_VERSION:"5.2.1"</script>`, "phpmyadmin 5.2.1 page"},
		"grafana":           {header(), `window.grafanaBootData={"settings":{"buildInfo":{"edition":"oss","version":"10.2.3"}}}`, "grafana 10.2.3 page"},
		"jenkins":           {header("X-Jenkins", "2.440.1"), "", "jenkins 2.440.1 page"},
		"orthanc":           {header(), "<title>Orthanc Explorer</title>", "orthanc  page"},
		"nothing":           {header("Server", "front"), "<p>nginx, WordPress, PHP</p>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range distinct(recognise(&url.URL{Scheme: "https", Host: host}, tt.header, []byte(tt.body))) {
				text := fmt.Sprintf("%s %s %s", p.Name, p.Version, p.Source)
				if p.Edge {
					text += " edge"
				}
				if p.CMS {
					text += " cms"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestMarksAreWellMade holds that each mark looks in one place, and that flags
// name products that exist.
func TestMarksAreWellMade(t *testing.T) {
	names := map[string]bool{}
	for _, m := range marks {
		names[m.product] = true
		places := 0
		for _, place := range []string{m.header, m.cookie, m.generator} {
			if place != "" {
				places++
			}
		}
		if places > 1 || places == 0 && m.sign == "" || m.sign != strings.ToLower(m.sign) {
			t.Errorf("mark %+v", m)
		}
		if m.header != http.CanonicalHeaderKey(m.header) {
			t.Errorf("header %q is not canonical", m.header)
		}
	}
	for _, name := range append(edges[:], managers[:]...) {
		if !names[name] {
			t.Errorf("%s has no mark", name)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("nginx/1.2.3", []byte(`<meta name=generator content="WordPress 6">/owa/auth/15.1.2/ pma_username`))
	f.Add("Apache/\xff PHP/", []byte("grafanabootdata\"buildinfo\":{\xff"))
	f.Fuzz(func(t *testing.T, server string, body []byte) {
		header := http.Header{"Server": {server}, "X-Powered-By": {server}, "Set-Cookie": {server}}
		for _, p := range recognise(&url.URL{Scheme: "https", Host: host}, header, body) {
			if p.Name == "" || len(p.Version) > maxVersion+len("…") || p.Where != origin {
				t.Errorf("%+v", p)
			}
		}
	})
}

// TestObserveProductOfAnErrorPage holds that a server which names itself only
// where nothing is, is recognised, at the site and not at a random path.
func TestObserveProductOfAnErrorPage(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/{$}", page())
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<html><h3>Apache Tomcat/9.0.80</h3>")
	})
	sightings, err := New(Options{}).Observe(t.Context(), site(t, mux, nil), scanner.Target{Kind: scanner.KindSite, ID: origin})
	if err != nil {
		t.Fatal(err)
	}
	want := fact.Products{Seen: []fact.Product{{Name: "tomcat", Version: "9.0.80", Where: origin + "/", Source: fact.FromPage}}}
	if diff := cmp.Diff(want, sightings[1].Fact); diff != "" {
		t.Error(diff)
	}
}

// TestObserveProducts holds that products are described, and told apart from how
// the site answers.
func TestObserveProducts(t *testing.T) {
	t.Parallel()
	p := New(Options{Lists: "list 2026-11-20", Describe: func(p fact.Product) fact.Product {
		p.Listed = p.Name == "nginx"
		return p
	}})
	l := site(t, page("Server", "nginx/1.22.1 (Debian)", "X-Powered-By", "PHP/8.2.1", "Content-Type", "text/html"), nil)
	sightings, err := p.Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
	if err != nil {
		t.Fatal(err)
	}
	want := fact.Products{Lists: "list 2026-11-20", Seen: []fact.Product{
		{Name: "nginx", Version: "1.22.1", Where: origin + "/", Source: fact.FromBanner, Listed: true, Distribution: "debian", Release: "12"},
		{Name: "php", Version: "8.2.1", Where: origin + "/", Source: fact.FromBanner},
	}}
	if diff := cmp.Diff(want, sightings[1].Fact); diff != "" {
		t.Error(diff)
	}
}

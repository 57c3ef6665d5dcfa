// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

const nginxConf = `daemon off; pid %[1]s/pid; error_log stderr; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; default_type application/octet-stream; types { text/html html; }
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  gzip on; gzip_min_length 1;
  server {
    listen 127.0.0.1:%[2]s ssl; server_name www.chu.test; root %[1]s/root;
    ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
    charset utf-8;
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header Content-Security-Policy "default-src 'self'" always;
    add_header Set-Cookie "session=secret; Secure; HttpOnly; SameSite=Strict";
  }
  server {
    listen 127.0.0.1:%[3]s; server_name www.chu.test;
    location = / { return 301 https://www.chu.test/; }
  }
}
`

const nginxPage = `<!doctype html><title>Accueil</title><form action="/in" method="post"><input type="password"></form>
<script src="https://cdn.vendor.test/x.js"></script>`

// TestObserveNginx looks at a real nginx, whose certificate leads to a declared
// authority, and to none.
func TestObserveNginx(t *testing.T) {
	t.Parallel()
	l, roots := startNginx(t)
	for name, tt := range map[string]struct {
		roots *x509.CertPool
		want  fact.Validity
	}{
		"declared-authority": {roots, fact.Valid}, "unknown-authority": {x509.NewCertPool(), fact.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			p := New(Options{Roots: tt.roots})
			sightings, err := p.Observe(t.Context(), l, scanner.Target{Kind: scanner.KindSite, ID: origin})
			if err != nil {
				t.Fatal(err)
			}
			checkNginx(t, sightings[0].Fact.(fact.Web), tt.want)
			products := sightings[1].Fact.(fact.Products).Seen
			if len(products) != 1 || products[0].Name != "nginx" || products[0].Version == "" {
				t.Errorf("products %+v", products)
			}
		})
	}
	if made := len(l.Dials()); made != 2*3 {
		t.Errorf("two looks at a healthy site cost %d connections, want 3 each: %v", made, l.Dials())
	}
}

func checkNginx(t *testing.T, got fact.Web, validity fact.Validity) {
	t.Helper()
	hop := got.Hops[0]
	if hop.Status != 200 || hop.Certificate != validity || hop.Headers["content-security-policy"][0] != "default-src 'self'" {
		t.Errorf("hop %+v", hop)
	}
	if diff := cmp.Diff([]fact.Cookie{{Name: "session", Secure: true, HTTPOnly: true, SameSite: "strict"}}, hop.Cookies); diff != "" {
		t.Error(diff)
	}
	if got.Page.Passwords != 1 || got.Page.Bytes != len(nginxPage) || got.Page.Scripts[0].Host != "cdn.vendor.test" || got.Page.Cut != "" {
		t.Errorf("page %+v", got.Page)
	}
	if diff := cmp.Diff([]int{404, 404}, got.Unlikely.Statuses); diff != "" {
		t.Error(diff)
	}
	if got.SecurityTxt.Status != 404 || got.Plain.Hops[0].Status != 301 || got.Plain.Page != nil {
		t.Errorf("security.txt %+v, plain %+v", got.SecurityTxt, got.Plain)
	}
}

// startNginx starts nginx on two free ports.
func startNginx(t *testing.T) (*loopback.Network, *x509.CertPool) {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/nginx", "nginx-light")
	folder, secure, plain := debian.Folder(t), debian.Port(t), debian.Port(t)
	identity := debian.NewIdentity(t, folder, host)
	conf := debian.Write(t, folder, "conf", fmt.Sprintf(nginxConf, folder, secure, plain))
	page := debian.Write(t, folder, "root/index.html", nginxPage)
	if err := os.Chmod(page, 0o644); err != nil { // the worker of nginx gives its rights up
		t.Fatal(err)
	}
	debian.Start(t, exec.Command(program, "-p", folder, "-e", "stderr", "-c", conf), plain, secure)
	return &loopback.Network{
		Routes:    map[string]string{host + ":443": "127.0.0.1:" + secure, host + ":80": "127.0.0.1:" + plain},
		Addresses: map[string][]netip.Addr{host: {here}, "cdn.vendor.test": {here}},
	}, identity.Roots
}

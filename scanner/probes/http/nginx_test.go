// SPDX-License-Identifier: Apache-2.0

package httpprobe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const nginxConf = `daemon off; pid %[1]s/pid; error_log stderr; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; default_type application/octet-stream; types { text/html html; }
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  gzip on; gzip_min_length 1;
  server {
    listen 127.0.0.1:%[2]d ssl; server_name www.chu.test; root %[1]s/root;
    ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
    charset utf-8;
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header Content-Security-Policy "default-src 'self'" always;
    add_header Set-Cookie "session=secret; Secure; HttpOnly; SameSite=Strict";
  }
  server {
    listen 127.0.0.1:%[3]d; server_name www.chu.test;
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
	if made := len(l.Dials()); made != 2*7 {
		t.Errorf("two looks at a healthy site cost %d connections, want 7 each: %v", made, l.Dials())
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

// startNginx starts nginx on two free ports and waits until it listens.
func startNginx(t *testing.T) (*loopback.Network, *x509.CertPool) {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed (package nginx-light)")
	}
	dir := t.TempDir()
	secure, plain := loopback.Free(t), loopback.Free(t)
	roots := certify(t, dir)
	store(t, dir, "conf", fmt.Appendf(nil, nginxConf, dir, secure.Port(), plain.Port()))
	if err := os.Mkdir(filepath.Join(dir, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	store(t, filepath.Join(dir, "root"), "index.html", []byte(nginxPage))
	openToWorker(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "conf"))
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); command.Wait() })
	waitForPort(t, plain.String())
	waitForPort(t, secure.String())
	return &loopback.Network{
		Routes:    map[string]string{host + ":443": secure.String(), host + ":80": plain.String()},
		Addresses: map[string][]netip.Addr{host: {here}, "cdn.vendor.test": {here}},
	}, roots
}

// openToWorker lets the worker of nginx, which gives its rights up when the test
// has many, read the pages: folders of tests are closed to others.
func openToWorker(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func store(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// certify writes a certificate for the host, which is its own authority.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	store(t, dir, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	store(t, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}

// waitForPort dials until somebody listens, within a bound.
func waitForPort(t *testing.T, address string) {
	t.Helper()
	for range 200 {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		<-time.After(25 * time.Millisecond)
	}
	t.Fatalf("nobody listens on %s", address)
}

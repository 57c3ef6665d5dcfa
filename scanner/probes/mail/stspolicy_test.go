// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

const goodPolicy = "version: STSv1\r\nmode: enforce\r\nmx: mx1.chu.test\r\nmx: *.chu.test\r\nmax_age: 604800\r\n"

func answering(policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/mta-sts.txt" || r.Host != "mta-sts.chu.test" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, policy)
	}
}

// servePolicy starts an HTTPS server with a certificate for the policy host.
func servePolicy(t *testing.T, handler http.Handler) (address string, roots *x509.CertPool) {
	t.Helper()
	return serveAs(t, handler, "mta-sts.chu.test", time.Now().Add(time.Hour))
}

func serveAs(t *testing.T, handler http.Handler, name string, until time.Time) (string, *x509.CertPool) {
	t.Helper()
	certificate := selfSigned(t, name, until)
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	return server.Listener.Addr().String(), roots
}

func selfSigned(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A host that the scope leaves out, and one that does not exist.
const outside, absent = "outside", "absent"

// fetch looks at the policy of the healthy domain behind an address.
func fetch(t *testing.T, address string, roots *x509.CertPool) fact.MTASTSPolicy {
	t.Helper()
	net := &loopback.Network{Recursives: []netip.AddrPort{loopback.ServeDNS(t, parseRecords(t, healthy))}}
	if address != absent {
		net.Addresses = map[string][]netip.Addr{"mta-sts.chu.test": {netip.MustParseAddr("192.0.2.80")}}
	}
	if address != absent && address != outside {
		net.Routes = map[string]string{"mta-sts.chu.test:443": address}
	}
	got := observe(t, net, Options{Roots: roots}, "chu.test").MTASTS
	if got.Policy == nil {
		t.Fatalf("no policy was looked for: %+v", got)
	}
	return *got.Policy
}

func TestPolicyAnswers(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := map[string]struct {
		handler http.Handler
		want    fact.PolicyFetch
	}{
		"good":             {answering(goodPolicy), fact.PolicyRead},
		"line_feeds":       {answering(strings.ReplaceAll(goodPolicy, "\r", "")), fact.PolicyRead},
		"no_mode":          {answering("version: STSv1\nmax_age: 1\nmx: a.test\n"), fact.PolicyMalformed},
		"page":             {answering("<html>"), fact.PolicyMalformed},
		"empty":            {answering(""), fact.PolicyMalformed},
		"oversize":         {answering(goodPolicy + strings.Repeat("x: y\r\n", maxPolicy)), fact.PolicyTooLong},
		"endless":          {http.HandlerFunc(endlessBody), fact.PolicyTooLong},
		"redirect":         {http.RedirectHandler("https://chu.test/", http.StatusFound), fact.PolicyRedirect},
		"missing":          {status(http.StatusNotFound), fact.PolicyStatus},
		"no_content":       {status(http.StatusNoContent), fact.PolicyStatus},
		"hang_up":          {http.HandlerFunc(hangUp), fact.PolicyUnknown},
		"endless_headers":  {http.HandlerFunc(endlessHead), fact.PolicyUnknown},
		"cut_in_the_body":  {http.HandlerFunc(cutBody), fact.PolicyUnknown},
		"not_http_at_last": {http.HandlerFunc(notHTTP), fact.PolicyUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, roots := servePolicy(t, tt.handler)
			if got := fetch(t, address, roots); got.Fetch != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func endlessBody(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, strings.Repeat("x: y\n", 1000)); err != nil {
			return
		}
	}
}

func hijack(w http.ResponseWriter, text string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		io.WriteString(conn, text)
		conn.Close()
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request)  { hijack(w, "") }
func notHTTP(w http.ResponseWriter, _ *http.Request) { hijack(w, "220 mx1.chu.test ESMTP\r\n") }

func cutBody(w http.ResponseWriter, _ *http.Request) {
	hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nversion: STSv1\r\n")
}

func endlessHead(w http.ResponseWriter, _ *http.Request) {
	hijack(w, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X-Y: "+strings.Repeat("z", 1000)+"\r\n", 100)+"\r\n"+goodPolicy)
}

func TestPolicyConnections(t *testing.T) {
	t.Parallel()
	good := answering(goodPolicy)
	expired, expiredRoots := serveAs(t, good, "mta-sts.chu.test", time.Now().Add(-time.Hour))
	misnamed, misnamedRoots := serveAs(t, good, "www.chu.test", time.Now().Add(time.Hour))
	unknown, _ := servePolicy(t, good)
	clear := httptest.NewServer(good)
	t.Cleanup(clear.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	tests := map[string]struct {
		address string
		roots   *x509.CertPool
		want    fact.PolicyFetch
	}{
		"expired":      {expired, expiredRoots, fact.PolicyCertificate},
		"misnamed":     {misnamed, misnamedRoots, fact.PolicyCertificate},
		"untrusted":    {unknown, x509.NewCertPool(), fact.PolicyCertificate},
		"clear":        {clear.Listener.Addr().String(), nil, fact.PolicyNotHTTPS},
		"closed":       {closed.Addr().String(), nil, fact.PolicyClosed},
		"out_of_scope": {outside, nil, fact.PolicyNotAsked},
		// No scope makes a host of a name that does not exist.
		"absent": {absent, nil, fact.PolicyNoAddress},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fetch(t, tt.address, tt.roots); got.Fetch != tt.want || got.Error == "" {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestPolicyCovers(t *testing.T) {
	tests := map[string]struct {
		pattern, host string
		want          bool
	}{
		"same":       {"mx.chu.test", "mx.chu.test", true},
		"star":       {"*.chu.test", "mx.chu.test", true},
		"star_twice": {"*.chu.test", "a.mx.chu.test", false},
		"star_none":  {"*.chu.test", "chu.test", false},
		"other":      {"mx.chu.test", "mx2.chu.test", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := covers([]string{tt.pattern}, tt.host); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
	found := &fact.MTASTSPolicy{}
	mx := fact.MailExchangers{Targets: []fact.MailTarget{{Host: "mx1.chu.test"}, {Host: "mx.ailleurs.test"}}}
	if err := parsePolicy(found, goodPolicy, mx); err != nil || len(found.Uncovered) != 1 || found.Uncovered[0] != "mx.ailleurs.test" {
		t.Errorf("%+v, %v", found, err)
	}
}

// FuzzExchangePolicy reads foreign bytes as the answer of a policy host.
func FuzzExchangePolicy(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + goodPolicy))
	f.Add([]byte("HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nversion"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		conn := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(raw), io.Discard}
		got, err := exchangePolicy(conn, "mta-sts.chu.test", "test", fact.MailExchangers{})
		if got.Fetch == "" || got.Fetch == fact.PolicyRead && (err != nil || got.Mode == "") || len(got.MX) > maxPatterns {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// FuzzReadKey reads foreign bytes as a key record.
func FuzzReadKey(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; h=sha1:sha256; t=y; p=")
	f.Add("k=ed25519; p=MCowBQYDK2VwAyEA")
	f.Fuzz(func(t *testing.T, text string) {
		var got fact.DKIMSelector
		readKey(&got, text)
		if got.Fault == "" && !got.Revoked && got.Bits == 0 || len(got.Hashes) > maxHashes || len(got.Fault) > 2*maxError {
			t.Errorf("%q became %+v", text, got)
		}
	})
}

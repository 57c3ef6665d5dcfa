// SPDX-License-Identifier: Apache-2.0

package scanner_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
)

// spoken is what a reader sees of an error.
func spoken(err error) string { return scanner.CausesOf(err).Text().FR }

func TestCausesOf_known(t *testing.T) {
	timeout := &net.OpError{Op: "read", Net: "udp", Addr: &net.UDPAddr{IP: net.IPv4(192, 0, 2, 53), Port: 53}, Err: os.ErrDeadlineExceeded}
	tests := []struct {
		name, want string
		err        error
	}{
		{"ours", "aucun résolveur DNS n'est déclaré", fmt.Errorf("look: %w", scanner.NotSeen(scanner.CauseNoResolver, nil, errors.New("no resolver")))},
		{"refusal", "la cible est hors du périmètre déclaré (chu.test)", fmt.Errorf("dial: %w", &scanner.Refusal{Code: scanner.RefusedOutOfScope, Address: "chu.test"})},
		{"refusal-of-a-later-version", "une cause technique non reconnue", &scanner.Refusal{Code: "full-moon", Address: "chu.test"}},
		{"deadline-of-a-context", "aucune réponse n'est venue à temps", fmt.Errorf("wait: %w", context.DeadlineExceeded)},
		{"end-of-a-context", "le passage a été arrêté avant la fin de cette observation", fmt.Errorf("wait: %w", context.Canceled)},
		{"time-out-of-a-socket", "aucune réponse n'est venue à temps (192.0.2.53:53)", fmt.Errorf("ask: %w", timeout)},
		{"end-of-a-stream", "l'échange a été coupé avant sa fin", fmt.Errorf("read: %w", io.ErrUnexpectedEOF)},
		{"name-without-address", "ce nom n'a pas d'adresse (www.chu.test)", &net.DNSError{Err: "the name has no address", Name: "www.chu.test", IsNotFound: true}},
		{"name-that-is-none", "ce nom n'existe pas dans le DNS (www.chu.test)", &net.DNSError{Err: "no such host", Name: "www.chu.test", IsNotFound: true}},
		{"time-out-of-a-resolver", "aucune réponse n'est venue à temps (192.0.2.53:53)", &net.DNSError{Err: "time", Server: "192.0.2.53:53", UnwrapErr: timeout}},
		{"failure-of-a-resolver", "le serveur DNS répond par une erreur (www.chu.test)", &net.DNSError{Err: "server misbehaving", Name: "www.chu.test"}},
		{"several", "aucune réponse n'est venue à temps\u00a0; l'échange a été coupé avant sa fin", errors.Join(context.DeadlineExceeded, io.EOF)},
		{"several-alike", "aucune réponse n'est venue à temps (192.0.2.53:53)", errors.Join(timeout, fmt.Errorf("again: %w", timeout))},
		{"unknown", "une cause technique non reconnue", errors.New("the moon is full")},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := spoken(tc.err); got != tc.want {
				t.Errorf("words are %q, want %q", got, tc.want)
			}
			if got := scanner.CauseOf(tc.err).Detail; got != scanner.Technical(tc.err.Error()) {
				t.Errorf("detail is %q, want the text of the error", got)
			}
		})
	}
	if got := scanner.CausesOf(nil); got != nil {
		t.Errorf("no error has the causes %v", got)
	}
}

// What sockets, TLS and the disk really answer.
func TestCausesOf_real(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = nil
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	folder := t.TempDir()
	dial := func(address string) error {
		_, err := net.DialTimeout("tcp", address, 1e9)
		return err
	}
	shake := func(server *httptest.Server, config *tls.Config) error {
		_, err := tls.Dial("tcp", server.Listener.Addr().String(), config)
		return err
	}
	pair := secure.TLS.Certificates[0]
	pair.Certificate, pair.Leaf = [][]byte{[]byte("none")}, nil
	garbled := httptest.NewUnstartedServer(http.NotFoundHandler())
	defer garbled.Close()
	old, authority := oldServer(t)
	defer old.Close()
	garbled.Config.ErrorLog = log.New(io.Discard, "", 0)
	garbled.Listener = tls.NewListener(garbled.Listener, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	garbled.Start()
	known := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	read := func(path string) error { _, err := os.ReadFile(path); return err }
	tests := []struct {
		name string
		err  error
		want scanner.Cause
	}{
		{"refused", dial(gone.Listener.Addr().String()), scanner.Cause{Code: scanner.CauseRefused}.At(gone.Listener.Addr().String())},
		{"not-tls", shake(plain, &tls.Config{ServerName: "chu.test", MinVersion: tls.VersionTLS12}), scanner.Cause{Code: scanner.CauseNotTLS}},
		{
			"authority", shake(secure, &tls.Config{ServerName: "example.com", MinVersion: tls.VersionTLS12}),
			scanner.Cause{Code: scanner.CauseBadCertificate, Values: scanner.Values{"reason": "authority"}},
		},
		{
			"name", shake(secure, &tls.Config{ServerName: "chu.test", RootCAs: known, MinVersion: tls.VersionTLS12}),
			scanner.Cause{Code: scanner.CauseBadCertificate, Values: scanner.Values{"reason": "name"}},
		},
		{
			"form", shake(garbled, &tls.Config{ServerName: "chu.test", MinVersion: tls.VersionTLS12}),
			scanner.Cause{Code: scanner.CauseBadCertificate, Values: scanner.Values{"reason": "form"}},
		},
		{
			"signature", shake(old, &tls.Config{ServerName: "example.com", RootCAs: authority, MinVersion: tls.VersionTLS12}),
			scanner.Cause{Code: scanner.CauseBadCertificate, Values: scanner.Values{"reason": "signature"}},
		},
		{"file-missing", read(filepath.Join(folder, "accounts.csv")), scanner.Cause{Code: scanner.CauseFileMissing}.At("accounts.csv")},
		{"file-unreadable", read(folder), scanner.Cause{Code: scanner.CauseFileUnreadable}.At(filepath.Base(folder))},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := scanner.CauseOf(tc.err)
			got.Detail = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("cause of %q (-want +got):\n%s", tc.err, diff)
			}
		})
	}
}

func TestTechnical_hidesOurSide(t *testing.T) {
	for text, want := range map[string]string{
		"read udp 127.0.0.1:47514->127.0.0.1:53: i/o timeout":                       "read udp 127.0.0.1:53: i/o timeout",
		"dial: dial tcp [fd00::1]:40000->[fd00::2]:443: connect: no route to host":  "dial: dial tcp [fd00::2]:443: connect: no route to host",
		"write tcp4 10.0.0.1:1->10.0.0.2:2: EPIPE; read tcp 10.0.0.1:1->10.0.0.2:2": "write tcp4 10.0.0.2:2: EPIPE; read tcp 10.0.0.2:2",
		"nothing to hide -> here": "nothing to hide -> here",
	} {
		if got := scanner.Technical(text); got != want {
			t.Errorf("technical text of %q is %q, want %q", text, got, want)
		}
	}
}

func TestCauses_merge(t *testing.T) {
	silent := scanner.Cause{Code: scanner.CauseTimeout}
	list := scanner.Causes{silent.At("ns1.chu.test"), {Code: scanner.CauseRefused}, silent.At("ns2.chu.test"), silent.At("ns1.chu.test")}
	if got, want := list.Merge().Text().FR, "aucune réponse n'est venue à temps (ns1.chu.test, ns2.chu.test)\u00a0; "+
		"la connexion est refusée, rien n'écoute à cette adresse"; got != want {
		t.Errorf("words are %q, want %q", got, want)
	}
	if got := list.Codes(); got != "timeout, refused" {
		t.Errorf("codes are %q", got)
	}
	var many scanner.Causes
	for i := range 12 {
		many = append(many, silent.At(fmt.Sprintf("ns%d.chu.test", i)))
	}
	if got := many.Merge().Text().EN; !strings.HasSuffix(got, "ns7.chu.test, …)") {
		t.Errorf("words of many servers are %q", got)
	}
	if list[0].Values[scanner.ValueWhere] != "ns1.chu.test" {
		t.Error("merging changed the list it was given")
	}
}

var holes = regexp.MustCompile(`\{([a-z]+)\}`)

// oldServer shows a certificate signed with SHA-1 by an authority that is known.
func oldServer(t *testing.T) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, DNSNames: []string{"example.com"}, SignatureAlgorithm: x509.ECDSAWithSHA1,
		NotBefore: root.NotBefore, NotAfter: root.NotAfter,
	}
	var made [2]*x509.Certificate
	for i, template := range []*x509.Certificate{root, leaf} {
		der, err := x509.CreateCertificate(rand.Reader, template, root, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		if made[i], err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(made[0])
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made[1].Raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	return server, pool
}

// Every cause is worded in both languages, with the same values, and nothing of
// the way it is written shows.
func TestCauseWords(t *testing.T) {
	full := scanner.Values{
		"where": "WHERE", "limit": "10 s", "line": "4", "code": "SERVFAIL", "field": "as_of", "expected": "2026-10-01", "count": "3",
	}
	for _, code := range allCauses() {
		for _, reason := range []string{"", scanner.CertificateExpired, scanner.CertificateAuthority, scanner.CertificateName, scanner.CertificateForm, scanner.CertificateSignature} {
			values := scanner.Values{"reason": reason, "field": "as_of"}
			for _, c := range []scanner.Cause{{Code: code, Values: values}, {Code: code, Values: merged(full, values)}} {
				words, remedy := c.Text(), c.Remedy()
				for _, text := range []string{words.FR, words.EN, remedy.FR, remedy.EN} {
					if text == "" || holes.MatchString(text) || strings.ContainsAny(text, "[]{}") || strings.Contains(text, "  ") {
						t.Errorf("%s is worded %q", code, text)
					}
				}
				if strings.HasSuffix(words.FR, ".") || !strings.HasSuffix(remedy.FR, ".") || !strings.HasSuffix(remedy.EN, ".") {
					t.Errorf("%s: a cause is a clause and a remedy a sentence: %q, %q", code, words.FR, remedy.FR)
				}
				for _, sign := range []string{" :", " ;", " ?", " !", "« ", " »"} {
					if strings.Contains(words.FR+remedy.FR, sign) {
						t.Errorf("%s: %q needs a no-break space in %q %q", code, sign, words.FR, remedy.FR)
					}
				}
				if strings.Contains(words.FR, "WHERE") != strings.Contains(words.EN, "WHERE") {
					t.Errorf("%s shows the place in one language only", code)
				}
			}
		}
	}
}

func merged(a, b scanner.Values) scanner.Values {
	all := scanner.Values{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

// allCauses reads the codes in the source, so that none can be forgotten.
func allCauses() []scanner.CauseCode {
	source, err := os.ReadFile("cause.go")
	if err != nil {
		panic(err)
	}
	var codes []scanner.CauseCode
	for _, match := range regexp.MustCompile(`CauseCode = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, scanner.CauseCode(match[1]))
	}
	return codes
}

func TestCauseWords_everyCodeIsWorded(t *testing.T) {
	unknown := scanner.Cause{Code: scanner.CauseUnknown}.Text()
	codes := allCauses()
	if len(codes) < 50 {
		t.Fatalf("only %d codes were found in the source", len(codes))
	}
	for i, code := range codes {
		if (scanner.Cause{Code: code}).Text() == unknown && code != scanner.CauseUnknown {
			t.Errorf("%s has no words", code)
		}
		if slices.Contains(codes[:i], code) {
			t.Errorf("%s stands twice", code)
		}
	}
	if got := (scanner.Cause{Code: "of-tomorrow"}).Text(); got != unknown {
		t.Errorf("a code of a later version says %q", got.FR)
	}
}

// An observation sealed before causes existed keeps its identifier, and one that
// has some is sealed with them.
func TestObservation_causesAreOnlyAdded(t *testing.T) {
	const before = `{"id":"","kind":"door","target":{"kind":"domain","id":"chu.test"},"vantage":"internet",` +
		`"at":"2026-11-02T12:00:00Z","probe":"walk","status":"error","error":"no key"}`
	var o scanner.Observation
	if err := json.Unmarshal([]byte(before), &o); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(before))
	if got, want := o.Identify().ID, "obs-"+hex.EncodeToString(sum[:12]); got != want {
		t.Errorf("the identifier is %s, want %s", got, want)
	}
	if got := o.Why(); len(got) != 1 || got[0].Code != scanner.CauseInDetail {
		t.Errorf("causes are %v, want one that points at the detail", got)
	}
	caused := o
	caused.Causes = scanner.Causes{{Code: scanner.CauseTimeout}}
	if caused.Identify().ID == o.Identify().ID || caused.Why()[0].Code != scanner.CauseTimeout {
		t.Errorf("causes are not sealed: %+v", caused.Identify())
	}
}

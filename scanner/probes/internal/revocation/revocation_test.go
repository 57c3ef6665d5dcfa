// SPDX-License-Identifier: Apache-2.0

package revocation

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// The places of the tests.
const (
	listAt      = "http://crl.ac.test/1.crl"
	responderAt = "http://ocsp.ac.test/"
)

// authority signs certificates and lists.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t testing.TB, usage x509.KeyUsage) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key}
	a.cert = a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "AC d'essai"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: usage, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), SubjectKeyId: []byte{1, 2, 3},
	}, key)
	return a
}

func (a authority) sign(t testing.TB, template *x509.Certificate, key crypto.Signer) *x509.Certificate {
	t.Helper()
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// leaf is a certificate with this serial number and these sources.
func (a authority) leaf(t testing.TB, serial int64, lists, responders []string) *x509.Certificate {
	t.Helper()
	return a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "www.chu.test"}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), CRLDistributionPoints: lists, OCSPServer: responders,
	}, a.key)
}

// revokes writes a list that names serial numbers.
func (a authority) revokes(t testing.TB, edit func(*x509.RevocationList), serials ...int64) []byte {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	for _, serial := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: big.NewInt(serial), RevocationTime: now.Add(-time.Minute), ReasonCode: 1,
		})
	}
	edit(template)
	der, err := x509.CreateRevocationList(rand.Reader, template, a.cert, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func asItIs(*x509.RevocationList) {}

// publishedAt says where a list is published, and about whom it is.
func publishedAt(address string, users, authorities bool) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		p := point{Users: users, CAs: authorities}
		if address != "" {
			p.Name.Full = []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)}}
		}
		value, err := asn1.Marshal(p)
		if err != nil {
			panic(err)
		}
		l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: oidPoint, Critical: true, Value: value})
	}
}

func extended(id asn1.ObjectIdentifier) func(*x509.RevocationList) {
	return func(l *x509.RevocationList) {
		l.ExtraExtensions = append(l.ExtraExtensions, pkix.Extension{Id: id, Critical: true, Value: []byte{2, 1, 1}})
	}
}

// publish serves what is at each path, and gives the network that leads there.
func publish(t testing.TB, pages map[string]func(http.ResponseWriter, *http.Request)) (*loopback.Network, *atomic.Int32) {
	t.Helper()
	asked := &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		page, found := pages["http://"+r.Host+r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		page(w, r)
	}))
	t.Cleanup(server.Close)
	at := server.Listener.Addr().String()
	return &loopback.Network{Authorities: map[string]string{"crl.ac.test:80": at, "ocsp.ac.test:80": at}}, asked
}

func bytesOf(raw []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(raw) }
}

func ask(t testing.TB, network scanner.AuthorityDialer, path ...*x509.Certificate) []fact.RevocationAnswer {
	t.Helper()
	return New().Ask(t.Context(), network, "CareScan-test", path)
}

// TestLists reads lists as RFC 5280 section 6.3.3 does: what is not signed by the
// authority, is about others, or cannot be understood, proves nothing.
func TestLists(t *testing.T) {
	both := x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	a, stranger, mute := newAuthority(t, both), newAuthority(t, both), newAuthority(t, x509.KeyUsageCertSign)
	leaf := a.leaf(t, 77, []string{listAt}, nil)
	for name, tt := range map[string]struct {
		der   []byte
		from  authority
		want  fact.Revocation
		cause scanner.CauseCode
	}{
		"not-listed":        {a.revokes(t, asItIs, 5, 6), a, fact.RevocationGood, ""},
		"empty":             {a.revokes(t, asItIs), a, fact.RevocationGood, ""},
		"listed":            {a.revokes(t, asItIs, 5, 77, 6), a, fact.Revoked, ""},
		"its-part":          {a.revokes(t, publishedAt(listAt, true, false)), a, fact.RevocationGood, ""},
		"another-part":      {a.revokes(t, publishedAt("http://crl.ac.test/2.crl", false, false)), a, "", scanner.CauseBadAnswer},
		"of-authorities":    {a.revokes(t, publishedAt("", false, true)), a, "", scanner.CauseBadAnswer},
		"only-changes":      {a.revokes(t, extended(oidDelta)), a, "", scanner.CauseBadAnswer},
		"unknown-critical":  {a.revokes(t, extended(asn1.ObjectIdentifier{1, 2, 3})), a, "", scanner.CauseBadAnswer},
		"by-a-stranger":     {stranger.revokes(t, asItIs), a, "", scanner.CauseBadAnswer},
		"by-who-may-not":    {stranger.revokes(t, asItIs), mute, "", scanner.CauseBadAnswer},
		"a-page":            {[]byte("<html>"), a, "", scanner.CauseBadAnswer},
		"cut-short":         {a.revokes(t, asItIs, 77)[:100], a, "", scanner.CauseBadAnswer},
		"larger-than-reads": {make([]byte, maxList+1), a, "", scanner.CauseTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			network, _ := publish(t, map[string]func(http.ResponseWriter, *http.Request){listAt: bytesOf(tt.der)})
			answers := ask(t, network, leaf, tt.from.cert)
			if len(answers) != 1 {
				t.Fatalf("%d answers", len(answers))
			}
			got := answers[0]
			var cause scanner.CauseCode
			if got.Cause != nil {
				cause = got.Cause.Code
			}
			if got.Status != tt.want || cause != tt.cause || got.Source != "crl" || got.Address != listAt || got.Certificate != scanner.Digest(leaf.Raw) {
				t.Errorf("%+v, cause %q, want %q and %q", got, cause, tt.want, tt.cause)
			}
			if tt.want == fact.Revoked && (got.Reason != "keyCompromise" || got.RevokedAt.IsZero()) || tt.want != "" && got.NextUpdate.IsZero() {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestSources goes from one source to the next, and stays where it is sent from.
func TestSources(t *testing.T) {
	a := newAuthority(t, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	second := "http://crl.ac.test/2.crl"
	network, _ := publish(t, map[string]func(http.ResponseWriter, *http.Request){
		listAt: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, second, http.StatusFound) },
		second: bytesOf(a.revokes(t, asItIs)),
	})
	for name, tt := range map[string]struct {
		lists []string
		want  string
	}{
		"redirected-then-good": {[]string{listAt, second}, "http-status good"},
		"directory-then-good":  {[]string{"ldap://ac.test/cn=ca", second}, "bad-answer good"},
		"two-at-most":          {[]string{listAt, listAt, second}, "http-status http-status"},
		"unknown-host":         {[]string{"http://other.test/1.crl"}, "out-of-scope"},
		"no-source":            {nil, ""},
	} {
		var words []string
		for _, got := range ask(t, network, a.leaf(t, 9, tt.lists, nil), a.cert) {
			if got.Cause != nil {
				words = append(words, string(got.Cause.Code))
			} else {
				words = append(words, string(got.Status))
			}
		}
		if got := strings.Join(words, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestResponder reads answers of OCSP, signed by the authority or by whom it
// charged with that (RFC 6960 section 4.2.2.2).
func TestResponder(t *testing.T) {
	a := newAuthority(t, x509.KeyUsageCertSign)
	leaf := a.leaf(t, 77, nil, []string{responderAt})
	charged := func(uses ...x509.ExtKeyUsage) *x509.Certificate {
		return a.sign(t, &x509.Certificate{
			SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "OCSP"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: uses,
		}, a.key)
	}
	answering := func(signer *x509.Certificate, status int, serial int64) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if request, err := ocsp.ParseRequest(body); err != nil || request.SerialNumber.Int64() != 77 {
				http.Error(w, "what?", http.StatusBadRequest)
				return
			}
			template := ocsp.Response{Status: status, SerialNumber: big.NewInt(serial), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour), RevokedAt: time.Now(), RevocationReason: 1}
			if signer != a.cert {
				template.Certificate = signer
			}
			der, err := ocsp.CreateResponse(a.cert, signer, template, a.key)
			if err != nil {
				t.Error(err)
			}
			w.Write(der)
		}
	}
	for name, tt := range map[string]struct {
		page func(http.ResponseWriter, *http.Request)
		want fact.Revocation
	}{
		"good":            {answering(a.cert, ocsp.Good, 77), fact.RevocationGood},
		"revoked":         {answering(a.cert, ocsp.Revoked, 77), fact.Revoked},
		"unknown":         {answering(a.cert, ocsp.Unknown, 77), fact.RevocationUnknown},
		"charged":         {answering(charged(x509.ExtKeyUsageOCSPSigning), ocsp.Good, 77), fact.RevocationGood},
		"not-charged":     {answering(charged(x509.ExtKeyUsageServerAuth), ocsp.Good, 77), ""},
		"of-another":      {answering(a.cert, ocsp.Good, 78), ""},
		"a-page":          {bytesOf([]byte("<html>")), ""},
		"an-endless-page": {bytesOf(make([]byte, maxAnswer+1)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			network, _ := publish(t, map[string]func(http.ResponseWriter, *http.Request){responderAt: tt.page})
			answers := ask(t, network, leaf, a.cert)
			if len(answers) != 1 || answers[0].Status != tt.want || answers[0].Source != "ocsp" || (answers[0].Cause == nil) != (tt.want != "") {
				t.Errorf("%+v, want %q", answers, tt.want)
			}
		})
	}
}

// TestOnce asks an authority once, whatever the number of those who want to know.
func TestOnce(t *testing.T) {
	a := newAuthority(t, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	network, asked := publish(t, map[string]func(http.ResponseWriter, *http.Request){listAt: bytesOf(a.revokes(t, asItIs, 4))})
	desk := New()
	var all sync.WaitGroup
	for serial := range int64(8) {
		leaf := a.leaf(t, serial+1, []string{listAt}, nil)
		all.Go(func() {
			want := fact.RevocationGood
			if serial == 3 {
				want = fact.Revoked
			}
			if got := desk.Ask(t.Context(), network, "", []*x509.Certificate{leaf, a.cert}); len(got) != 1 || got[0].Status != want {
				t.Errorf("%d: %+v", serial, got)
			}
		})
	}
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the list was fetched %d times", n)
	}
}

// TestAbandoned leaves nothing of a look that ended: the next one asks again.
func TestAbandoned(t *testing.T) {
	a := newAuthority(t, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	network, asked := publish(t, map[string]func(http.ResponseWriter, *http.Request){listAt: bytesOf(a.revokes(t, asItIs))})
	leaf := a.leaf(t, 9, []string{listAt}, nil)
	desk := New()
	over, end := context.WithCancel(t.Context())
	end()
	if got := desk.Ask(over, network, "", []*x509.Certificate{leaf, a.cert}); got[0].Cause == nil {
		t.Errorf("%+v", got)
	}
	if got := desk.Ask(t.Context(), network, "", []*x509.Certificate{leaf, a.cert}); got[0].Status != fact.RevocationGood || asked.Load() != 1 {
		t.Errorf("%+v, asked %d times", got, asked.Load())
	}
}

// FuzzList reads foreign lists.
func FuzzList(f *testing.F) {
	a := newAuthority(f, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
	leaf := a.leaf(f, 77, []string{listAt}, nil)
	f.Add(a.revokes(f, asItIs, 5, 77))
	f.Add(a.revokes(f, publishedAt(listAt, true, false)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := parseList(raw)
		if err != nil {
			return
		}
		_ = l.covers(leaf, a.cert, listAt)
		if _, listed, err := l.find(leaf.SerialNumber); listed && err != nil {
			t.Error("an entry was found in a list that cannot be read")
		}
	})
}

// TestTooHeavy: the limit told is that of what was read, a list or an answer of OCSP.
func TestTooHeavy(t *testing.T) {
	for most, want := range map[int]string{maxAnswer: "64 KiB", maxList: "12 MiB", maxLists: "64 MiB"} {
		if got := scanner.CauseOf(tooHeavy(most)).Values[scanner.ValueLimit]; got != want {
			t.Errorf("the limit of %d bytes is told as %q, want %q", most, got, want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carescan/scanner"
)

const agentID = "01990000-0000-7000-8000-000000000001"

func open(t *testing.T) *Authority {
	t.Helper()
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(t *testing.T) Request {
	t.Helper()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRequest(csr(t, key))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func csr(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"admin.test"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func certify(t *testing.T, a *Authority) *x509.Certificate {
	t.Helper()
	issued, err := a.Certify(request(t), "690000013", agentID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseCertificate([]byte(issued.PEM))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOpenAtOnce opens one folder from many programs: they agree on the keys.
func TestOpenAtOnce(t *testing.T) {
	folder := t.TempDir()
	pins := make([]string, 8)
	var group sync.WaitGroup
	for i := range pins {
		group.Go(func() {
			if a, err := Open(folder); err == nil {
				pins[i] = a.Pin()
			}
		})
	}
	group.Wait()
	for _, pin := range pins {
		if pin == "" || pin != pins[0] {
			t.Errorf("pins differ: %v", pins)
		}
	}
	for _, name := range []string{"ca.key", "seal.key"} {
		info, err := os.Stat(filepath.Join(folder, "keys", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v: %v", name, info.Mode(), err)
		}
	}
}

func TestAgentCertificate(t *testing.T) {
	a := open(t)
	c := certify(t, a)
	id, err := a.Identify(c, time.Now(), 0)
	if err != nil || id.FINESS != "690000013" || id.AgentID != agentID {
		t.Errorf("identity %+v: %v", id, err)
	}
	if len(c.DNSNames) != 0 || c.IsCA || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		t.Errorf("certificate allows more than to be an agent: %+v", c)
	}
	if got := c.NotAfter.Sub(c.NotBefore); got != AgentLife+clockSkew {
		t.Errorf("it lives %s", got)
	}
}

func TestIdentifyRefuses(t *testing.T) {
	a := open(t)
	c := certify(t, a)
	server, err := a.ServerCertificate("localhost").Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"ended":         func() error { _, err := a.Identify(c, c.NotAfter.Add(time.Second), 0); return err },
		"past_grace":    func() error { _, err := a.Identify(c, c.NotAfter.Add(2*time.Hour), time.Hour); return err },
		"other_region":  func() error { _, err := open(t).Identify(c, time.Now(), 0); return err },
		"server":        func() error { _, err := a.Identify(server.Leaf, time.Now(), 0); return err },
		"the_authority": func() error { _, err := a.Identify(a.certificate, time.Now(), 0); return err },
	} {
		t.Run(name, func(t *testing.T) {
			if try() == nil {
				t.Error("it was identified")
			}
		})
	}
	if _, err := a.Identify(c, c.NotAfter.Add(time.Minute), time.Hour); err != nil {
		t.Errorf("within the grace: %v", err)
	}
	if _, err := a.Identify(c, c.NotBefore.Add(-6*time.Hour), 0); err != nil {
		t.Errorf("issued while the clock was fast: %v", err)
	}
}

func TestParseRequestRefuses(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	good := csr(t, key)
	for name, text := range map[string]string{
		"empty": "", "rsa": csr(t, weak), "p224": csr(t, other), "two": good + good, "certificate": open(t).PEM(),
		"cut": strings.Replace(good, good[60:80], "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseRequest(text); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestServerCertificateIsKept(t *testing.T) {
	s := open(t).ServerCertificate("agr.test", "192.0.2.1")
	first, err := s.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Get(nil); err != nil || again != first {
		t.Errorf("another certificate at the second handshake: %v", err)
	}
	if err := first.Leaf.VerifyHostname("agr.test"); err != nil {
		t.Error(err)
	}
	if err := first.Leaf.VerifyHostname("192.0.2.1"); err != nil {
		t.Error(err)
	}
	if len(first.Certificate) != 2 {
		t.Error("the authority is not sent along")
	}
}

// TestServerCertificateFollowsTheClock: one made while the clock was fast is of no use
// once it is right, until that time has come.
func TestServerCertificateFollowsTheClock(t *testing.T) {
	s := open(t).ServerCertificate("agr.test")
	var err error
	if s.current, err = s.authority.certifyServer(s.hosts, time.Now().Add(6*time.Hour)); err != nil {
		t.Fatal(err)
	}
	made, err := s.Get(nil)
	if err != nil || made.Leaf.NotBefore.After(time.Now()) {
		t.Errorf("the certificate holds from %s: %v", made.Leaf.NotBefore, err)
	}
}

func TestBrokenKeysAreRefused(t *testing.T) {
	for name, content := range map[string]string{"ca.key": "x", "seal.key": "", "ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if _, err := Open(folder); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "keys", name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(folder); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestCertificateOfAnotherKeyIsRefused(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "keys", "ca.crt"), []byte(open(t).PEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("it was accepted")
	}
}

// FuzzAgentName reads any name of a certificate: what is accepted names a
// FINESS number and a UUID.
func FuzzAgentName(f *testing.F) {
	f.Add("carescan://establishment/690000013/agent/" + agentID)
	f.Add("carescan://establishment/690000013/agent/")
	f.Add("https://establishment/690000013/agent/" + agentID)
	f.Add("carescan:opaque")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			t.Skip("not a URI")
		}
		id, err := parseName(u)
		if err != nil {
			return
		}
		if _, _, err := scanner.ParseFINESS(string(id.FINESS)); err != nil || len(id.AgentID) != 36 {
			t.Errorf("%q names %+v", text, id)
		}
	})
}

// FuzzRequest reads any text as a certificate request.
func FuzzRequest(f *testing.F) {
	key, err := newKey()
	if err != nil {
		f.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})))
	f.Add("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRequest(text); err == nil && (r.KeyID == "" || len(r.PublicKey) == 0) {
			t.Error("a request without a key was accepted")
		}
	})
}

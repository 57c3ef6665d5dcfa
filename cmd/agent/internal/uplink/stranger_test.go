// SPDX-License-Identifier: Apache-2.0

package uplink

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"carescan/cmd/agent/internal/identity"
	"carescan/cmd/internal/cli"
	"carescan/scanner"
)

// stranger is a server that answers in the place of an aggregator, and counts what
// it is sent beside the handshake.
type stranger struct {
	address string
	heard   chan int // bytes, once for each connection
}

// newStranger listens in clear when it has no certificate.
func newStranger(t *testing.T, certificate *tls.Certificate) stranger {
	t.Helper()
	listener := must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { listener.Close() })
	s := stranger{listener.Addr().String(), make(chan int, 8)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				close(s.heard)
				return
			}
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if certificate != nil {
				conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*certificate}})
			}
			said, _ := io.ReadAll(conn) // of TLS: the handshake, then what follows it
			s.heard <- len(said)
			conn.Close()
		}
	}()
	return s
}

func TestEnrolSendsNothingToAStranger(t *testing.T) {
	region, other := newCounterpart(t), newCounterpart(t)
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	here := func() *x509.Certificate { return &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}} }
	past := here()
	genuine := region.sign(t, here(), &key.PublicKey)
	region.life = -time.Minute
	expired := region.sign(t, past, &key.PublicKey)
	region.life = time.Hour
	for name, chain := range map[string][]*x509.Certificate{
		"another-authority":               {other.sign(t, here(), &key.PublicKey), other.ca},
		"authority-borrowed":              {other.sign(t, here(), &key.PublicKey), other.ca, region.ca},
		"authority-not-shown":             {genuine},
		"certificate-of-another-address":  {region.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}}, &key.PublicKey), region.ca},
		"certificate-of-an-agent":         {region.sign(t, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, &key.PublicKey), region.ca},
		"certificate-expired":             {expired, region.ca},
		"certificate-for-clients-with-ip": {region.sign(t, &x509.Certificate{IPAddresses: here().IPAddresses, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, &key.PublicKey), region.ca},
	} {
		t.Run(name, func(t *testing.T) {
			shown := &tls.Certificate{PrivateKey: key}
			for _, c := range chain {
				shown.Certificate = append(shown.Certificate, c.Raw)
			}
			s := newStranger(t, shown)
			problem, heard := s.enrol(t, region, "https://"+s.address)
			if !strings.Contains(problem.Sentence.FR, "rien ne lui a été envoyé") {
				t.Errorf("Enrol says %q", problem.Sentence.FR)
			}
			if heard != 0 {
				t.Errorf("the stranger was sent %d bytes", heard)
			}
		})
	}
	t.Run("genuine", func(t *testing.T) {
		s := newStranger(t, &tls.Certificate{Certificate: [][]byte{genuine.Raw, region.ca.Raw}, PrivateKey: key})
		token := region.token()
		token.URL = "https://" + s.address
		go func() { _, _ = Enrol(t.Context(), must(identity.Open(t.TempDir()))(t), token, nil, "test 1", "") }()
		if heard := <-s.heard; heard == 0 {
			t.Error("the aggregator was sent nothing: the other cases prove nothing")
		}
	})
}

// enrol tries to enrol at a stranger with a token of the region.
func (s stranger) enrol(t *testing.T, region *counterpart, url string) (problem *cli.Problem, heard int) {
	t.Helper()
	token := region.token()
	token.URL = url
	id := must(identity.Open(t.TempDir()))(t)
	_, err := Enrol(t.Context(), id, token, nil, "test 1", "")
	if !errors.As(err, &problem) {
		t.Fatalf("Enrol = %v, want a sentence for a person", err)
	}
	if _, err := id.Enrolment(); !errors.Is(err, identity.ErrNotEnrolled) {
		t.Errorf("Enrolment = %v, want nothing kept", err)
	}
	return problem, <-s.heard
}

// TestSpeaksTLSOnly shows that an address without TLS is not even connected to, by
// an agent to enrol or by one whose enrolment was tampered with.
func TestSpeaksTLSOnly(t *testing.T) {
	for name, url := range map[string]string{
		"clear":        "http://%s",
		"no-scheme":    "%s",
		"capitals":     "HTTP://%s",
		"other-scheme": "ftp://%s",
		"no-host":      "https://",
		"account":      "https://agent:secret@%s",
		"query":        "https://%s/?x",
	} {
		t.Run(name, func(t *testing.T) {
			region := newCounterpart(t)
			listener := must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
			token := region.token()
			token.URL = strings.ReplaceAll(url, "%s", listener.Addr().String())
			id := must(identity.Open(t.TempDir()))(t)
			_, err := Enrol(t.Context(), id, token, nil, "test 1", "")
			problem, ok := errors.AsType[*cli.Problem](err)
			if !ok || !strings.Contains(problem.Sentence.FR, "n'est pas l'adresse https d'un agrégateur") {
				t.Errorf("Enrol = %v", err)
			}
			if ok && strings.Contains(problem.Sentence.FR+problem.Sentence.EN, "secret") {
				t.Errorf("a password is shown: %q", problem.Sentence.FR)
			}
			if _, err := newClient(token.URL, nil, ""); err == nil {
				t.Error("an enrolled agent would use this address")
			}
			defer listener.Close()
			_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond))
			if conn, err := listener.Accept(); err == nil {
				conn.Close()
				t.Error("it was connected to")
			}
		})
	}
}

// TestProxyIsToldAsTheProxy plays the case proxy-refusal of the public cases, and
// its siblings.
func TestProxyIsToldAsTheProxy(t *testing.T) {
	closed := must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
	closed.Close()
	for name, test := range map[string]struct {
		answer string // to CONNECT; none is a proxy that is not there
		fr, en string
	}{
		"proxy-refusal": {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "le mandataire %s refuse le passage vers l'agrégateur (403)", "the proxy %s refuses the way to the aggregator (403)"},
		"account-asked": {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "le mandataire %s refuse le passage vers l'agrégateur (407)", "the proxy %s refuses the way to the aggregator (407)"},
		"overwhelmed":   {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "le mandataire %s refuse le passage vers l'agrégateur (502)", "the proxy %s refuses the way to the aggregator (502)"},
		"not-there":     {"", "le mandataire de uplink.proxy ne répond pas", "the proxy of uplink.proxy does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			at := closed.Addr().String()
			if test.answer != "" {
				at = proxyThatSays(t, test.answer)
			}
			id := must(identity.Open(t.TempDir()))(t)
			_, err := Enrol(t.Context(), id, newCounterpart(t).token(), nil, "test 1", "http://account:secret@"+at)
			problem, ok := errors.AsType[*cli.Problem](err)
			if !ok {
				t.Fatalf("Enrol = %v, want a sentence about the proxy", err)
			}
			want := scanner.Text{FR: strings.ReplaceAll(test.fr, "%s", at), EN: strings.ReplaceAll(test.en, "%s", at)}
			if problem.Sentence != want {
				t.Errorf("Enrol says %+v, want %+v", problem.Sentence, want)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(problem.Sentence.FR+problem.Hint.FR, "secret") {
				t.Errorf("the password of the proxy is shown: %v", err)
			}
		})
	}
}

// proxyThatSays answers every CONNECT alike.
func proxyThatSays(t *testing.T, answer string) string {
	t.Helper()
	listener := must(new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			head := make([]byte, 4096)
			if n, _ := conn.Read(head); !strings.HasPrefix(string(head[:n]), http.MethodConnect+" ") {
				answer = "HTTP/1.1 200 not asked to connect\r\n\r\n"
			}
			_, _ = io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

// SPDX-License-Identifier: Apache-2.0

package services

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// answered is one web service of the test.
type answered struct {
	number int
	tls    bool
	handle http.HandlerFunc
	want   fact.Port // number, state and address apart
}

func text(status int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func webs() map[string]answered {
	type p = fact.Port
	return map[string]answered{
		"plain": {number: 80, handle: text(200, "Server", "nginx/1.26.0", "<h1>ok</h1>"), want: p{Protocol: "http", Group: fact.GroupWeb, Product: "nginx", Version: "1.26.0"}},
		"elasticsearch-open": {
			number: 9200, handle: text(200, "", "", `{"cluster_name":"x","tagline":"You Know, for Search"}`),
			want: p{Protocol: "elasticsearch", Group: fact.GroupDatabase, Product: "elasticsearch", Login: fact.LoginNone},
		},
		"elasticsearch-login": {
			number: 9200, handle: text(401, "", "", `{"error":{"type":"security_exception"},"status":401}`),
			want: p{Protocol: "elasticsearch", Group: fact.GroupDatabase, Product: "elasticsearch", Login: fact.LoginRequired},
		},
		"docker": {
			number: 2375, handle: onPath("/version", `{"ApiVersion":"1.47","GitCommit":"x"}`),
			want: p{Protocol: "docker", Group: fact.GroupBroker, Product: "docker", Login: fact.LoginNone},
		},
		"kubernetes": {
			number: 6443, tls: true, handle: onPath("/version", `{"gitVersion":"v1.31","platform":"linux"}`),
			want: p{Protocol: "kubernetes", Group: fact.GroupBroker, Product: "kubernetes", TLS: true, Issuer: "Acme Co"},
		},
		"prometheus": {
			number: 9090, handle: onPath("/metrics", "# HELP go x\n# TYPE go gauge\n"),
			want: p{Protocol: "prometheus", Group: fact.GroupBroker, Product: "prometheus", Login: fact.LoginNone},
		},
		"kubelet": {
			number: 10250, tls: true, handle: text(401, "", "", "Unauthorized"),
			want: p{Protocol: "kubelet", Group: fact.GroupBroker, Login: fact.LoginRequired, TLS: true, Issuer: "Acme Co"},
		},
		"winrm": {
			number: 5985, handle: text(405, "Server", "Microsoft-HTTPAPI/2.0", ""), want: p{Protocol: "winrm", Group: fact.GroupDirectory, Login: fact.LoginRequired},
		},
		"orthanc": {
			number: 8042, handle: text(401, "WWW-Authenticate", `Basic realm="Orthanc Secure Area"`, ""),
			want: p{Protocol: "pacs", Group: fact.GroupHealth, Product: "orthanc", Login: fact.LoginRequired},
		},
		"esxi": {number: 443, tls: true, handle: text(200, "", "", "<title>VMware ESXi</title>"), want: p{Protocol: "console", Group: fact.GroupManagement, Product: "esxi", TLS: true, Issuer: "Acme Co"}},
		"vpn":  {number: 10443, tls: true, handle: text(302, "Location", "/remote/login", ""), want: p{Protocol: "http", Group: fact.GroupWeb, Product: "fortios", Portal: "vpn", TLS: true, Issuer: "Acme Co"}},
		"article": {
			number: 80, handle: text(200, "", "", `<title>Our partners</title>We chose Nutanix, VMware ESXi, iDRAC, Orthanc and WALLIX. <a href="/owa/">Webmail</a> <a href="/RDWeb">Desktop</a>`),
			want: p{Protocol: "http", Group: fact.GroupWeb},
		},
		"sent-elsewhere": {
			number: 80, handle: text(302, "Location", "https://sso.example/cas/login?service=x", ""), want: p{Protocol: "http", Group: fact.GroupWeb},
		},
		"sent-by-script": {
			number: 8443, tls: true, handle: text(200, "", "", `<script>top.location="/remote/login?lang=en"</script>`),
			want: p{Protocol: "http", Group: fact.GroupWeb, Product: "fortios", Portal: "vpn", TLS: true, Issuer: "Acme Co"},
		},
		"sent-by-refresh": {
			number: 8080, handle: text(200, "", "", `<meta http-equiv="refresh" content="0; url=guacamole/">`),
			want: p{Protocol: "http", Group: fact.GroupWeb, Product: "guacamole", Portal: "virtual-desktop"},
		},
		"webmail-legacy": {
			number: 443, tls: true, handle: exchange,
			want: p{Protocol: "http", Group: fact.GroupWeb, Product: "exchange", Portal: "webmail", LegacyAuth: true, TLS: true, Issuer: "Acme Co"},
		},
	}
}

func onPath(path, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(body))
	}
}

func exchange(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/EWS/") {
		w.Header().Add("WWW-Authenticate", "Negotiate")
		w.Header().Add("WWW-Authenticate", `Basic realm="mail"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Header().Set("Location", "/owa/")
	w.WriteHeader(http.StatusFound)
}

func TestObserveWeb(t *testing.T) {
	t.Parallel()
	for name, tt := range webs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(recordingAgent(t, tt.handle))
			if tt.tls {
				s.StartTLS()
			} else {
				s.Start()
			}
			t.Cleanup(s.Close)
			got := lookAt(t, tt.number, s.Listener.Addr().String())
			tt.want.Number, tt.want.Transport, tt.want.State, tt.want.Address = got.Number, "tcp", fact.PortOpen, got.Address
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// recordingAgent wants every request to say who asks, and to be a GET.
func recordingAgent(t *testing.T, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasPrefix(r.UserAgent(), "CareScan-test") || r.Header.Get("Authorization") != "" {
			t.Errorf("%s %s from %q", r.Method, r.URL, r.UserAgent())
		}
		next(w, r)
	})
}

// TestMailOnAnotherPort tells mail by its greeting where no number tells of it.
func TestMailOnAnotherPort(t *testing.T) {
	t.Parallel()
	s := serve(t, "220 mx.chu.test ESMTP Postfix\r\n", nil)
	if got := lookAt(t, 8888, s.address); got.Protocol != "smtp" || got.Product != "postfix" || got.Group != fact.GroupMail {
		t.Errorf("got %+v", got)
	}
}

// TestInsideTLS says inside TLS what fits the port.
func TestInsideTLS(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		number           int
		greeting, answer string
	}{
		"ldap": {636, "", unhex("300c02010165070a010004000400")},
		"mqtt": {8883, "", "\x20\x02\x00\x05"},
		"imap": {993, "* OK Dovecot ready.\r\n", ""},
		"tls":  {8443, "", ""},
	}
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	t.Cleanup(certificate.Close)
	for protocol, tt := range tests {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			plain := serve(t, tt.greeting, func([]byte) []byte { return []byte(tt.answer) })
			got := lookAt(t, tt.number, underCertificate(t, certificate.TLS, plain.address))
			if got.Protocol != protocol || !got.TLS || got.Issuer != "Acme Co" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// underCertificate puts TLS before a server, as stunnel does.
func underCertificate(t *testing.T, config *tls.Config, to string) string {
	t.Helper()
	config = config.Clone()
	config.NextProtos = nil
	return loopback.Serve(t, func(raw net.Conn) {
		_ = raw.SetDeadline(time.Now().Add(20 * time.Second))
		outer := tls.Server(raw, config)
		if err := outer.Handshake(); err != nil {
			return
		}
		inner, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer inner.Close()
		go func() { _, _ = io.Copy(outer, inner) }()
		_, _ = io.Copy(inner, outer)
	})
}

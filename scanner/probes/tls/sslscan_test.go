// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

// scan is what sslscan tells in its XML.
type scan struct {
	Test struct {
		Protocols []struct {
			Type    string `xml:"type,attr"`
			Version string `xml:"version,attr"`
			Enabled int    `xml:"enabled,attr"`
		} `xml:"protocol"`
		Ciphers []struct {
			Version string `xml:"sslversion,attr"`
			ID      string `xml:"id,attr"`
		} `xml:"cipher"`
		Groups []struct {
			ID string `xml:"id,attr"`
		} `xml:"group"`
		Renegotiation *struct {
			Supported int `xml:"supported,attr"`
			Secure    int `xml:"secure,attr"`
		} `xml:"renegotiation"`
	} `xml:"ssltest"`
}

// seen is what both are compared on.
type seen struct {
	Versions []string
	Suites   map[string][]string
	Groups   []string
}

func sslscan(t *testing.T, address string) seen {
	t.Helper()
	binary := debian.Program(t, "sslscan", "sslscan")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	raw, err := exec.CommandContext(ctx, binary, "--xml=-", "--no-colour", "--sni-name="+service, address).Output()
	if err != nil {
		t.Fatalf("sslscan: %v", err)
	}
	var s scan
	if err := xml.Unmarshal(raw[slices.Index(raw, '<'):], &s); err != nil {
		t.Fatal(err)
	}
	return s.seen(t)
}

func (s scan) seen(t *testing.T) seen {
	t.Helper()
	got := seen{Suites: map[string][]string{}}
	for _, p := range s.Test.Protocols {
		if name := strings.Replace(strings.Replace(p.Version, "2", "SSL 2.0", 1), "3", "SSL 3.0", 1); p.Enabled == 1 && p.Type == "ssl" {
			got.Versions = append(got.Versions, name)
		} else if p.Enabled == 1 {
			got.Versions = append(got.Versions, p.Version)
		}
	}
	for _, c := range s.Test.Ciphers {
		version := strings.Replace(strings.TrimPrefix(c.Version, "TLSv"), "SSLv3", "SSL 3.0", 1)
		got.Suites[version] = append(got.Suites[version], hello.SuiteName(number(t, c.ID)))
	}
	for _, g := range s.Test.Groups {
		got.Groups = append(got.Groups, hello.GroupName(number(t, g.ID)))
	}
	return got.sorted()
}

func number(t *testing.T, text string) uint16 {
	t.Helper()
	n, err := strconv.ParseUint(text, 0, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(n)
}

func ours(f fact.TLS) seen {
	got := seen{Suites: map[string][]string{}, Groups: slices.Clone(f.Groups)}
	for version, answer := range f.Versions {
		if answer == fact.Accepted {
			got.Versions = append(got.Versions, version)
		}
	}
	for version, names := range f.Suites {
		got.Suites[version] = slices.Clone(names)
	}
	return got.sorted()
}

func (s seen) sorted() seen {
	slices.Sort(s.Versions)
	slices.Sort(s.Groups)
	s.Groups = slices.Compact(s.Groups)
	for v := range s.Suites {
		slices.Sort(s.Suites[v])
		s.Suites[v] = slices.Compact(s.Suites[v])
	}
	return s
}

// TestAgainstSSLScan holds that both see the same versions, suites and groups in
// real servers. Where they differ, the row says who is right.
func TestAgainstSSLScan(t *testing.T) {
	hybrid := []string{"SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X25519MLKEM768"}
	curves := []string{"secp256r1", "secp384r1", "secp521r1", "x25519", "x448"}
	tests := map[string]struct {
		start func(t *testing.T) *loopback.Network
		most  int      // connections
		only  []string // groups that only we see…
		why   string   // …and who is right
	}{
		"openssl-default": {openSSL("-dcert", "EC", "-dkey", "EC"), budget, nil, ""},
		"openssl-mozilla": {openSSL("-dcert", "EC", "-dkey", "EC", "-cipher", intermediate), 25, nil, ""},
		"openssl-tls10":   {openSSL("-tls1", "-cipher", "ALL:@SECLEVEL=0"), budget, nil, ""},
		"openssl-old":     {openSSL("-cipher", "AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"), budget, nil, ""},
		"openssl-anon":    {openSSL("-tls1_2", "-cipher", "aNULL:ECDHE-RSA-AES128-SHA:@SECLEVEL=0"), budget, nil, ""},
		"openssl-null": {
			openSSL("-tls1_2", "-cipher", "eNULL:@SECLEVEL=0"), budget, curves,
			"we are: the server has ECDHE-RSA-NULL-SHA, but sslscan looks for groups with suites that encrypt",
		},
		"openssl-static": {openSSL("-tls1_2", "-cipher", "kRSA"), budget, nil, ""},
		"openssl-ccm8":   {openSSL("-cipher", "AES128-CCM8:ECDHE-RSA-AES128-GCM-SHA256", "-ciphersuites", "TLS_AES_128_CCM_8_SHA256"), budget, nil, ""},
		"openssl-p521":   {openSSL("-groups", "P-521"), budget, nil, ""},
		"openssl-weak":   {openSSL("-tls1_2", "-groups", "secp192r1:sect163k1:P-256", "-cipher", "ALL:@SECLEVEL=0"), budget, nil, ""},
		"nginx":          {nginx("ssl_ciphers " + intermediate + ";"), 25, nil, ""},
		"nginx-default":  {nginx(""), budget, nil, ""},
		"go": {
			goServer(&tls.Config{MinVersion: tls.VersionTLS12}), 32, hybrid,
			"we are: the server is Go 1.24 or later; sslscan knows the groups of its OpenSSL 3.0, which has no ML-KEM",
		},
		"go-old": {goServer(&tls.Config{MinVersion: tls.VersionTLS10}), budget, hybrid, "we are, as above"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			door := tt.start(t)
			want := sslscan(t, door.Routes[service+":443"])
			got, sighting := observe(t, door, Options{Roots: x509.NewCertPool()})
			t.Logf("%d connections, why %v", got.Connections, got.Why)
			want.add(tt.only)
			if diff := cmp.Diff(want.within(got), ours(got)); diff != "" {
				t.Errorf("-sslscan +ours\n%s", diff)
			}
			if tt.why != "" {
				t.Logf("who is right: %s", tt.why)
			}
			if len(sighting.Missing) > 0 || got.Connections > tt.most {
				t.Errorf("%d connections, missing %q", got.Connections, sighting.Missing.Detail())
			}
		})
	}
}

// add puts groups that only we see.
func (s *seen) add(groups []string) {
	s.Groups = append(s.Groups, groups...)
	*s = s.sorted()
}

// within leaves out what we say not to have asked: the lists that are not whole.
func (s seen) within(f fact.TLS) seen {
	mine := ours(f)
	for version := range s.Suites {
		if f.Why["suites "+version] != "" {
			s.Suites[version] = slices.DeleteFunc(s.Suites[version], func(n string) bool { return !slices.Contains(mine.Suites[version], n) })
		}
	}
	if f.Why["groups 1.0"]+f.Why["groups 1.2"]+f.Why["groups 1.3"] != "" {
		s.Groups = slices.DeleteFunc(s.Groups, func(n string) bool { return !slices.Contains(mine.Groups, n) })
	}
	return s
}

// intermediate are the suites of the profile of that name of Mozilla, version 6.0.
const intermediate = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

// rsaSigned makes a certificate with a key of RSA 2048 that vouches for itself.
func rsaSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := template(service)
	return tls.Certificate{Certificate: [][]byte{sign(t, c, c, key.Public(), key).Raw}, PrivateKey: key}
}

// openSSL starts the server of OpenSSL with an RSA key; "EC" among the flags
// stands for the file of a second one.
func openSSL(flags ...string) func(t *testing.T) *loopback.Network {
	return func(t *testing.T) *loopback.Network {
		t.Helper()
		flags := slices.Clone(flags)
		pair := writePair(t, selfSigned(t))
		for i := range flags {
			if flags[i] == "EC" {
				flags[i] = pair
			}
		}
		return startOpenSSL(t, append(flags, "-cert", writePair(t, rsaSigned(t))))
	}
}

func goServer(config *tls.Config) func(t *testing.T) *loopback.Network {
	return func(t *testing.T) *loopback.Network {
		config.Certificates = []tls.Certificate{rsaSigned(t), selfSigned(t)}
		return serveTLS(t, config)
	}
}

// nginx starts the web server with both types of key.
func nginx(directives string) func(t *testing.T) *loopback.Network {
	return func(t *testing.T) *loopback.Network {
		t.Helper()
		return startNginx(t, directives)
	}
}

func startNginx(t testing.TB, directives string) *loopback.Network {
	t.Helper()
	program := debian.Program(t, "/usr/sbin/nginx", "nginx-light")
	folder, port := debian.Folder(t), debian.Port(t)
	conf := debian.Write(t, folder, "nginx.conf", fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events { worker_connections 64; }
http {
	access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	server { listen 127.0.0.1:%[2]s ssl http2; ssl_certificate %[3]s; ssl_certificate_key %[3]s; ssl_certificate %[4]s; ssl_certificate_key %[4]s; %[5]s }
}`, folder, port, writePair(t, rsaSigned(t)), writePair(t, selfSigned(t)), directives))
	debian.Start(t, exec.Command(program, "-c", conf, "-p", folder), port)
	return doorTo("127.0.0.1:" + port)
}

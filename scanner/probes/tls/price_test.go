// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	httpprobe "carescan/scanner/probes/http"
	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/hello"
	"carescan/scanner/probes/internal/loopback"
)

var update = flag.Bool("update", false, "rewrite testdata/verdicts.txt")

// counted puts a counter of the hellos on the wire before a server.
func counted(t *testing.T, server *loopback.Network, hellos *atomic.Int32) *loopback.Network {
	t.Helper()
	return behind(t, server, func([]byte) bool { hellos.Add(1); return false })
}

// costly are the servers that cost most, and some of today.
func costly() map[string]func(*testing.T) *loopback.Network {
	const all, old = "ALL:eNULL:@SECLEVEL=0", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; "
	plays := func(r responder) func(*testing.T) *loopback.Network { return r.start }
	whole := func(change func(*responder)) func(*testing.T) *loopback.Network {
		r := responder{versions: []uint16{hello.SSL3, hello.TLS10, hello.TLS11, hello.TLS12}, suites: hello.Suites(hello.TLS12, 0), old: oldHello}
		change(&r)
		return r.start
	}
	return map[string]func(*testing.T) *loopback.Network{
		"nginx-mozilla":      nginx(old + "ssl_ciphers " + intermediate + ";"),
		"nginx-debian":       nginx("ssl_protocols TLSv1.2 TLSv1.3;"),
		"nginx-debian-order": nginx(old + "ssl_prefer_server_ciphers on;"),
		"nginx-all":          nginx(old + "ssl_ciphers " + all + ";"),
		"openssl":            openSSL("-dcert", "EC", "-dkey", "EC"),
		"openssl-all":        openSSL("-dcert", "EC", "-dkey", "EC", "-cipher", all),
		"openssl-all-order":  openSSL("-dcert", "EC", "-dkey", "EC", "-cipher", all, "-serverpref"),
		"openssl-all-tls10":  openSSL("-tls1", "-cipher", all),
		"openssl-all-tls12":  openSSL("-tls1_2", "-cipher", all),
		"openssl-all-groups": openSSL("-groups", "secp192r1:sect163k1:P-256:brainpoolP256r1:ffdhe2048:X25519:sect571r1", "-cipher", all),
		"openssl-all-dh":     withParameters("modp_1536", "-cipher", all),
		"openssl-static":     openSSL("-tls1_2", "-cipher", "kRSA"),
		"openssl-only-13":    openSSL("-tls1_3"),
		"go":                 goServer(&tls.Config{MinVersion: tls.VersionTLS12}),
		"go-only-13":         goServer(&tls.Config{MinVersion: tls.VersionTLS13}),
		"go-old":             goServer(&tls.Config{MinVersion: tls.VersionTLS10}),
		"gnutls":             gnuTLS("NORMAL"),
		"gnutls-all":         gnuTLS("NONE:+VERS-ALL:+CIPHER-ALL:+ARCFOUR-128:+3DES-CBC:+KX-ALL:+ANON-DH:+ANON-ECDH:+MAC-ALL:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:%UNSAFE_RENEGOTIATION"),
		"java-8": plays(responder{versions: []uint16{hello.TLS10, hello.TLS11, hello.TLS12}, suites: []uint16{
			0xC024, 0xC028, 0x003D, 0xC026, 0xC02A, 0x006B, 0xC00A, 0xC014, 0x0035, 0xC005, 0xC00F, 0x0039, 0xC023, 0xC027, 0x003C, 0xC009, 0xC013, 0x002F, 0x0033,
			0xC02C, 0xC02B, 0xC030, 0x009D, 0xC02E, 0xC032, 0x009F, 0xC02F, 0x009C, 0x009E, 0xC008, 0xC012, 0x000A, 0x0016, 0xC007, 0xC011, 0x0005, 0x0004,
		}}),
		"everything":         whole(func(*responder) {}),
		"everything-closing": whole(func(r *responder) { r.closes = true }),
		"everything-small":   whole(func(r *responder) { r.closes, r.most = true, 255 }),
		"modern-closing":     plays(responder{versions: []uint16{hello.TLS12}, suites: []uint16{0xC02F, 0xC030}, closes: true}),
		"old-closing":        plays(responder{versions: []uint16{hello.TLS10}, suites: []uint16{0x000A, 0x0005, 0x002F}, closes: true}),
	}
}

// gnuTLS starts the directory of Debian, which speaks TLS by GnuTLS.
func gnuTLS(priorities string) func(*testing.T) *loopback.Network {
	return func(t *testing.T) *loopback.Network {
		t.Helper()
		program, folder, port := debian.Program(t, "/usr/sbin/slapd", "slapd"), debian.Folder(t), debian.Port(t)
		pair := writePair(t, rsaSigned(t))
		conf := debian.Write(t, folder, "slapd.conf", fmt.Sprintf("include /etc/ldap/schema/core.schema\npidfile %[1]s/pid\nTLSCertificateFile %[2]s\nTLSCertificateKeyFile %[2]s\nTLSCipherSuite %[3]s\n", folder, pair, priorities))
		debian.Start(t, exec.Command(program, "-f", conf, "-h", "ldaps://127.0.0.1:"+port+"/", "-d", "0"), port)
		return doorTo("127.0.0.1:" + port)
	}
}

// TestPrice holds that no server costs more hellos on the wire than the probe may
// send, and that all verdicts are had within: testdata/verdicts.txt was first written
// by a probe that could send as many as it wished.
func TestPrice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	said := map[string]string{}
	t.Cleanup(func() { compareVerdicts(t, said) })
	for name, start := range costly() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hellos atomic.Int32
			got, sighting := observe(t, counted(t, start(t), &hellos), Options{Roots: x509.NewCertPool()})
			if n := int(hellos.Load()); n > budget || n != got.Connections {
				t.Errorf("%d hellos on the wire, %d connections; %d at most", n, got.Connections, budget)
			}
			t.Logf("%s: %d hellos, unread %v, why %v", name, hellos.Load(), sighting.Unread, got.Why)
			var lines strings.Builder
			for _, check := range slices.Concat(protocolChecks, certificateChecks) {
				fmt.Fprintf(&lines, "%s %s: %s\n", name, check.ID, verdict(t, check, got))
			}
			mu.Lock()
			defer mu.Unlock()
			said[name] = lines.String()
		})
	}
}

// TestPriceBesideTheWebProbe holds that the two probes that make most connections leave
// four of the thirty hellos of a port to the others (ADR 0039), at a server that keeps no
// connection.
func TestPriceBesideTheWebProbe(t *testing.T) {
	t.Parallel()
	var hellos atomic.Int32
	door := counted(t, nginx("keepalive_timeout 0; ssl_protocols TLSv1.2 TLSv1.3; location = / { return 302 /fr/; } location /fr/ { return 200 accueil; }")(t), &hellos)
	observe(t, door, Options{Roots: x509.NewCertPool()})
	if _, err := httpprobe.New(httpprobe.Options{}).Observe(t.Context(), door, scanner.Target{Kind: scanner.KindSite, ID: "https://" + service}); err != nil {
		t.Fatal(err)
	}
	if n := hellos.Load(); n > 30-4 {
		t.Errorf("%d hellos", n)
	}
}

func compareVerdicts(t *testing.T, said map[string]string) {
	t.Helper()
	if len(said) < len(costly()) {
		return // one was asked for, or could not be started
	}
	const path = "testdata/verdicts.txt"
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(said)) {
		got.WriteString(said[name])
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

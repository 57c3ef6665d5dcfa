// SPDX-License-Identifier: Apache-2.0

package tlsprobe

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/debian"
)

// TestHabits looks at servers of OpenSSL with one setting each.
func TestHabits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		flags []string
		offer string
		want  fact.Offer
	}{
		"early-data":       {[]string{"-early_data", "-no_anti_replay"}, fact.OfferEarlyData, fact.Accepted},
		"no-early-data":    {nil, fact.OfferEarlyData, fact.Declined},
		"no-ticket":        {[]string{"-num_tickets", "0"}, fact.OfferEarlyData, fact.Declined},
		"chacha-ticket":    {[]string{"-early_data", "-no_anti_replay", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}, fact.OfferEarlyData, fact.Accepted},
		"aes256-ticket":    {[]string{"-early_data", "-no_anti_replay", "-ciphersuites", "TLS_AES_256_GCM_SHA384"}, fact.OfferEarlyData, fact.Accepted},
		"renegotiation":    {[]string{"-client_renegotiation"}, fact.OfferClientRenego, fact.Accepted},
		"no-renegotiation": {nil, fact.OfferClientRenego, fact.Declined},
		"secure":           {nil, fact.OfferRenegotiation, fact.Accepted},
		"encrypt-mac":      {[]string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"}, fact.OfferEncryptMAC, fact.Accepted},
		"no-encrypt-mac":   {[]string{"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA", "-no_etm"}, fact.OfferEncryptMAC, fact.Declined},
		"master-secret":    {nil, fact.OfferEMS, fact.Accepted},
		"fallback":         {nil, fact.OfferFallback, fact.Accepted},
		"no-compression":   {nil, fact.OfferCompression, fact.Declined},
		"no-hybrid":        {nil, fact.OfferHybrid, fact.Declined},
		"weak-groups":      {[]string{"-groups", "secp256k1:P-256", "-cipher", "DEFAULT:@SECLEVEL=0"}, fact.OfferWeakGroups, fact.Accepted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, _ := observe(t, openSSL(tt.flags...)(t), Options{Roots: x509.NewCertPool()})
			if got.Offers[tt.offer] != tt.want {
				t.Errorf("%s is %s, want %s; why %v", tt.offer, got.Offers[tt.offer], tt.want, got.Why)
			}
		})
	}
}

// TestEarlyDataOfGo looks at servers that send tickets only to who could use them,
// and one of which speaks as soon as the handshake is over.
func TestEarlyDataOfGo(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{"silent": "", "speaks-first": strings.Repeat("settings ", 100)} {
		for tickets, disabled := range map[string]bool{"tickets": false, "no-tickets": true} {
			config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, SessionTicketsDisabled: disabled}
			door := serve(t, func(conn net.Conn) {
				server := tls.Server(conn, config)
				_, _ = io.WriteString(server, greeting)
				_, _ = io.Copy(io.Discard, server)
				_ = server.Close()
			})
			got, _ := observe(t, door, Options{Roots: x509.NewCertPool()})
			if got.Offers[fact.OfferEarlyData] != fact.Declined {
				t.Errorf("%s, %s: early data %s, want declined; why %v", name, tickets, got.Offers[fact.OfferEarlyData], got.Why)
			}
			if !disabled && got.TicketLife == 0 {
				t.Errorf("%s: no ticket was sent", name)
			}
		}
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	old, _ := observe(t, openSSL("-tls1_2", "-cipher", "DEFAULT:@SECLEVEL=0", "-sigalgs", "RSA+SHA1:RSA+SHA224:RSA+SHA256")(t), Options{})
	if old.Signatures["sha1"] != fact.Accepted || old.Signatures["sha224"] != fact.Accepted || old.Signatures["md5"] != fact.Declined {
		t.Errorf("%v", old.Signatures)
	}
	sound, _ := observe(t, openSSL("-sigalgs", "RSA+SHA256:RSA-PSS+SHA256")(t), Options{})
	if sound.Signatures["sha1"] != fact.Declined || sound.Signatures["sha256"] != fact.Accepted {
		t.Errorf("%v", sound.Signatures)
	}
}

// TestFiniteGroups holds that parameters are measured, and known ones named.
func TestFiniteGroups(t *testing.T) {
	t.Parallel()
	for group, want := range map[string]fact.DHGroup{
		"ffdhe2048": {Bits: 2048, Known: "RFC 7919 ffdhe2048", Modulus: fact.SafePrime},
		"ffdhe3072": {Bits: 3072, Known: "RFC 7919 ffdhe3072", Modulus: fact.SafePrime},
		"modp_1536": {Bits: 1536, Known: "RFC 3526 group 5", Modulus: fact.SafePrime},
		"modp_2048": {Bits: 2048, Known: "RFC 3526 group 14", Modulus: fact.SafePrime},
	} {
		t.Run(group, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dh.pem")
			if err := exec.CommandContext(t.Context(), debian.Program(t, "openssl", "openssl"), "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:"+group, "-out", path).Run(); err != nil {
				t.Fatalf("openssl makes no parameters: %v", err)
			}
			got, _ := observe(t, openSSL("-tls1_2", "-dhparam", path, "-cipher", "DEFAULT:@SECLEVEL=0")(t), Options{})
			if got.DH == nil || *got.DH != want || got.Offers[fact.OfferDHE] != fact.Accepted {
				t.Errorf("%+v, want %+v", got.DH, want)
			}
		})
	}
}

// TestOldFiniteGroup looks at a prime of 1024 bits that every old server shared.
func TestOldFiniteGroup(t *testing.T) {
	t.Parallel()
	prime, ok := new(big.Int).SetString(oakley2, 16)
	if !ok {
		t.Fatal("the prime cannot be read")
	}
	raw, err := asn1.Marshal(struct{ P, G *big.Int }{prime, big.NewInt(2)}) // PKCS #3
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dh.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "DH PARAMETERS", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	got, _ := observe(t, openSSL("-tls1_2", "-dhparam", path, "-cipher", "DEFAULT:@SECLEVEL=0")(t), Options{})
	if want := (fact.DHGroup{Bits: 1024, Known: "RFC 2409 group 2", Modulus: fact.SafePrime}); got.DH == nil || *got.DH != want {
		t.Errorf("%+v, want %+v", got.DH, want)
	}
}

// oakley2 is the prime of RFC 2409 section 6.2.
const oakley2 = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF"

func TestServerOrder(t *testing.T) {
	t.Parallel()
	suites := "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"
	for want, flags := range map[fact.Offer][]string{
		fact.Accepted: {"-serverpref", "-tls1_2", "-cipher", suites},
		fact.Declined: {"-tls1_2", "-cipher", suites},
		"":            {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"},
	} {
		if got, _ := observe(t, openSSL(flags...)(t), Options{}); got.ServerOrder != want {
			t.Errorf("%v: %q, want %q", flags, got.ServerOrder, want)
		}
	}
}

// TestUnnamed looks at a server that shows another certificate without a name.
func TestUnnamed(t *testing.T) {
	t.Parallel()
	named, other := selfSigned(t), selfSigned(t)
	for _, most := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := &tls.Config{MaxVersion: most, MinVersion: most, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" {
				return &other, nil
			}
			return &named, nil
		}}
		got, _ := observe(t, serveTLS(t, config), Options{})
		if got.Unnamed == nil || got.Unnamed.Digest == got.Chain[0].Digest || len(got.Alternates) != 0 {
			t.Errorf("unnamed %+v, %d alternates", got.Unnamed, len(got.Alternates))
		}
	}
}

func TestTwoKeys(t *testing.T) {
	t.Parallel()
	got, _ := observe(t, openSSL("-dcert", "EC", "-dkey", "EC")(t), Options{})
	if len(got.Alternates) != 1 || got.Alternates[0].Key == got.Chain[0].Key || got.Unnamed != nil || got.TicketLife != 2*time.Hour {
		t.Errorf("%d alternates, unnamed %v, tickets of %s", len(got.Alternates), got.Unnamed, got.TicketLife)
	}
}

// TestStaple serves an OCSP answer.
func TestStaple(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	c := template(service)
	c.OCSPServer = []string{"http://ocsp.test"}
	features, err := asn1.Marshal([]int{5})
	if err != nil {
		t.Fatal(err)
	}
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: features}}
	cert := root.leaf(t, c, newKey(t))
	cert.Certificate = append(cert.Certificate, root.cert.Raw)
	if got, _ := lookAt(t, cert, Options{Roots: root.pool()}); got.Staple != nil || got.Revocation != fact.RevocationUnknown || !got.Chain[0].MustStaple {
		t.Errorf("without a staple: %+v, %s", got.Staple, got.Revocation)
	}
	now := time.Now().UTC().Truncate(time.Second)
	for want, status := range map[fact.Revocation]int{fact.RevocationGood: ocsp.Good, fact.Revoked: ocsp.Revoked} {
		answer := ocsp.Response{Status: status, SerialNumber: parse(t, cert.Certificate[0]).SerialNumber, ThisUpdate: now, NextUpdate: now.Add(time.Hour), RevokedAt: now}
		cert.OCSPStaple, err = ocsp.CreateResponse(root.cert, root.cert, answer, root.key)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := lookAt(t, cert, Options{Roots: root.pool()}); got.Revocation != want || got.Staple == nil || !got.Staple.NextUpdate.Equal(now.Add(time.Hour)) {
			t.Errorf("%+v, %s, want %s", got.Staple, got.Revocation, want)
		}
	}
	// The issuer is sought among what was sent: here it comes last.
	mixed := cert
	mixed.Certificate = [][]byte{cert.Certificate[0], selfSigned(t).Certificate[0], root.cert.Raw}
	if got, _ := lookAt(t, mixed, Options{Roots: root.pool()}); got.Revocation != fact.Revoked && got.Revocation != fact.RevocationGood {
		t.Errorf("after another certificate: %+v, %s", got.Staple, got.Revocation)
	}
	cert.OCSPStaple = []byte("no answer")
	if got, _ := lookAt(t, cert, Options{Roots: root.pool()}); got.Staple == nil || got.Staple.Status != "invalid" || got.Revocation != fact.RevocationUnknown {
		t.Errorf("%+v, %s", got.Staple, got.Revocation)
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	root := newRoot(t, "Racine d'essai")
	middle := root.below(t, authorityTemplate("Autorité d'essai"))
	source := template(service)
	source.IssuingCertificateURL = []string{"http://ca.test/middle.crt"}
	whole := middle.leaf(t, source, newKey(t))
	leaf, between := whole.Certificate[0], whole.Certificate[1]
	tests := map[string]struct {
		sent    [][]byte
		private bool
		want    fact.ChainShape
		trust   fact.Trust
	}{
		"whole":    {[][]byte{leaf, between}, false, fact.ChainShape{Ordered: true}, fact.Trusted},
		"anchored": {[][]byte{leaf, between, root.cert.Raw}, false, fact.ChainShape{Ordered: true, Anchor: true}, fact.Trusted},
		"crossed":  {[][]byte{leaf, root.cert.Raw, between}, false, fact.ChainShape{Anchor: true}, fact.Trusted},
		"surplus":  {[][]byte{leaf, between, selfSigned(t).Certificate[0], between}, false, fact.ChainShape{Ordered: true, Surplus: 2}, fact.Trusted},
		"missing":  {[][]byte{leaf}, false, fact.ChainShape{Ordered: true, Open: "CN=Autorité d'essai,O=CHU d'essai", OpenFetchable: true}, fact.Untrusted},
		"private":  {[][]byte{leaf, between}, true, fact.ChainShape{Ordered: true}, fact.PrivatelyTrusted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			options := Options{Roots: root.pool()}
			if tt.private {
				options = Options{Roots: x509.NewCertPool(), Private: root.pool()}
			}
			got, _ := lookAt(t, tls.Certificate{Certificate: tt.sent, PrivateKey: whole.PrivateKey}, options)
			if got.Shape == nil || *got.Shape != tt.want || got.Trust != tt.trust {
				t.Errorf("%+v %s, want %+v %s", got.Shape, got.Trust, tt.want, tt.trust)
			}
		})
	}
}

// TestWithinSMTP looks at a mail server, where TLS begins within SMTP.
func TestWithinSMTP(t *testing.T) {
	t.Parallel()
	options := Options{Protocols: map[string]string{service + ":443": "smtp"}}
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}, NextProtos: []string{"strict"}}
	got, sighting := observe(t, serve(t, func(c net.Conn) { greetMail(c, config) }), options)
	if got.StartTLS != "smtp" || got.Versions["1.3"] != fact.Accepted || len(got.Chain) != 1 || got.ALPN != "" || len(sighting.Missing) > 0 {
		t.Errorf("%+v, missing %q", got, sighting.Missing.Detail())
	}
	got, _ = observe(t, serve(t, func(c net.Conn) { greetMail(c, nil) }), options)
	if got.Reach != fact.OtherTalk || got.Error == "" || got.Connections != 1 {
		t.Errorf("without TLS: %+v", got)
	}
}

// greetMail speaks SMTP up to TLS, which is offered when there is a config.
func greetMail(conn net.Conn, config *tls.Config) {
	io.WriteString(conn, "220 mail.chu.test ESMTP\r\n")
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		switch {
		case err != nil:
			return
		case strings.HasPrefix(line, "STARTTLS") && config != nil:
			io.WriteString(conn, "220 go ahead\r\n")
			handshake(conn, config)
			return
		case strings.HasPrefix(line, "EHLO") && config != nil:
			io.WriteString(conn, "250-mail.chu.test\r\n250 STARTTLS\r\n")
		case strings.HasPrefix(line, "EHLO"):
			io.WriteString(conn, "250 mail.chu.test\r\n")
		default:
			io.WriteString(conn, "502 no\r\n")
		}
	}
}

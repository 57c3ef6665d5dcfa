// SPDX-License-Identifier: Apache-2.0

package smtpprobe

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// serve plays a server on loopback and gives its port.
func serve(t *testing.T, play func(net.Conn)) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(loopback.Serve(t, play))
	return port
}

// answering says a greeting, then the same answer to each line.
func answering(greeting, answer string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, greeting)
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			io.WriteString(conn, answer)
		}
	}
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	endless := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, err := io.WriteString(conn, text); err == nil; _, err = io.WriteString(conn, text) {
			}
		}
	}
	tests := map[string]struct {
		play  func(net.Conn)
		reach fact.Reach
	}{
		"endless-banner": {endless("220-" + strings.Repeat("a", 60) + "\r\n"), fact.Unreached},
		"endless-line":   {endless("220 " + strings.Repeat("a", 60)), fact.Unreached},
		"drip": {func(conn net.Conn) {
			for tick := time.Tick(20 * time.Millisecond); ; <-tick {
				if _, err := conn.Write([]byte("2")); err != nil {
					return
				}
			}
		}, fact.Unreached},
		"many-capabilities": {answering("220 mx\r\n", strings.Repeat("250-AUTH PLAIN\r\n", 10_000)+"250 HELP\r\n"), fact.Unreached},
		"random": {func(conn net.Conn) {
			source := rand.NewChaCha8([32]byte{1})
			io.Copy(conn, source)
		}, fact.OtherTalk},
		"silent":     {func(conn net.Conn) { io.Copy(io.Discard, conn) }, fact.Unreached},
		"hangs-up":   {func(net.Conn) {}, fact.Unreached},
		"comes-back": {answering("451 greylisted, come back\r\n", ""), fact.Unreached},
		"no-service": {answering("554 no service for strangers\r\n", ""), fact.Unreached},
		"ssh":        {answering("SSH-2.0-OpenSSH_9.2\r\n", ""), fact.OtherTalk},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := world(t, mx, map[string]string{"25": serve(t, tt.play)})
			n.Authorised = true
			f, sighting := observe(t, n, Options{Timeout: time.Second})
			h := only(t, f)
			mail := h.Ports[0]
			if mail.Reach != tt.reach || mail.StartTLS == fact.Declined || mail.Error == "" || len(sighting.Missing) > 0 {
				t.Errorf("port 25 is %+v, missing %q", mail, sighting.Missing.Detail())
			}
			if len(mail.Error) > maxText+len("…") || len(mail.Banner) > maxText+len("…") {
				t.Errorf("%d bytes of error, %d of banner", len(mail.Error), len(mail.Banner))
			}
		})
	}
}

// TestBrokenSTARTTLS meets servers that announce encryption and do not hold it.
func TestBrokenSTARTTLS(t *testing.T) {
	t.Parallel()
	hello := "250-mx\r\n250 STARTTLS\r\n"
	then := func(answer string) func(net.Conn) {
		return func(conn net.Conn) {
			io.WriteString(conn, "220 mx\r\n")
			lines := bufio.NewScanner(conn)
			for answers := []string{hello, answer}; len(answers) > 0 && lines.Scan(); answers = answers[1:] {
				io.WriteString(conn, answers[0])
			}
		}
	}
	tests := map[string]struct {
		answer string
		want   fact.Offer
	}{
		"later":   {"454 not now\r\n", fact.Accepted},
		"never":   {"502 never\r\n", fact.Declined},
		"policy":  {"554 5.7.1 not for your address\r\n", fact.Accepted},
		"garbage": {"220 go\r\nnot a word of TLS, not at all, really\r\n", fact.Accepted},
		"end":     {"", fact.Accepted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := observe(t, world(t, mx, map[string]string{"25": serve(t, then(tt.answer))}), Options{Timeout: 5 * time.Second})
			h := only(t, f)
			if h.Ports[0].StartTLS != tt.want || h.Versions["1.3"] != fact.OfferUnknown || h.TLSError == "" || len(h.Chain) != 0 {
				t.Errorf("STARTTLS %s, versions %v, error %q", h.Ports[0].StartTLS, h.Versions, h.TLSError)
			}
		})
	}
}

// TestOddCertificate meets a server whose certificate has a negative serial number
// (RFC 5280 section 4.1.2.2): it is described all the same.
func TestOddCertificate(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x11223344), DNSNames: []string{mx}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(crand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der = loopback.OddCertificate(t, der, key, "\x02\x04\x11\x22\x33\x44", "\x02\x04\xd1\x22\x33\x44")
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	play := func(conn net.Conn) {
		io.WriteString(conn, "220 mx\r\n")
		lines := bufio.NewReader(conn)
		for {
			line, err := lines.ReadString('\n')
			switch {
			case err != nil:
				return
			case strings.HasPrefix(line, "STARTTLS"):
				io.WriteString(conn, "220 go\r\n")
				tls.Server(conn, config).Handshake()
				return
			default:
				io.WriteString(conn, "250-mx\r\n250 STARTTLS\r\n")
			}
		}
	}
	f, _ := observe(t, world(t, mx, map[string]string{"25": serve(t, play)}), Options{Timeout: 5 * time.Second})
	h := only(t, f)
	if len(h.Chain) != 1 || !slices.Equal(h.Chain[0].Oddities, []string{fact.OddSerial}) || h.Versions["1.3"] != fact.Accepted || h.Versions["1.2"] != fact.Accepted {
		t.Errorf("versions %v, chain %+v, error %q", h.Versions, h.Chain, h.TLSError)
	}
}

// TestHostileRelay meets a server that never ends its answers.
func TestHostileRelay(t *testing.T) {
	t.Parallel()
	play := func(conn net.Conn) {
		io.WriteString(conn, "220 mx\r\n")
		lines := bufio.NewScanner(conn)
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "RCPT") {
			io.WriteString(conn, "250 go on\r\n")
		}
		for _, err := io.WriteString(conn, "250-on\r\n"); err == nil; _, err = io.WriteString(conn, "250-on\r\n") {
		}
	}
	n := world(t, mx, map[string]string{"25": serve(t, play)})
	n.Authorised = true
	f, _ := observe(t, n, Options{Timeout: 5 * time.Second, RelaySender: "probe@ours.example", RelayRecipient: "probe@ours-too.example"})
	if h := only(t, f); h.Relay != fact.RelayUnknown || h.RelayError == "" {
		t.Errorf("relay %q, error %q", h.Relay, h.RelayError)
	}
}

// TestNoMessageIsSent holds that the conversation stops before a message, on a
// server that would take one.
func TestNoMessageIsSent(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 100)
	n := world(t, mx, map[string]string{"25": serve(t, func(conn net.Conn) {
		io.WriteString(conn, "220 mx\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			heard <- lines.Text()
			io.WriteString(conn, "250 yes\r\n")
		}
		heard <- "END"
	})})
	n.Authorised = true
	f, _ := observe(t, n, Options{RelaySender: "probe@ours.example", RelayRecipient: "probe@ours-too.example"})
	if h := only(t, f); h.Relay != fact.RelayAccepted {
		t.Errorf("relay %q, error %q", h.Relay, h.RelayError)
	}
	allowed := []string{"EHLO carescan.invalid", "EHLO ours.example", "QUIT", "MAIL FROM:<probe@ours.example>", "RCPT TO:<probe@ours-too.example>", "RSET"}
	for ends := 0; ends < 2; {
		line := <-heard
		if line == "END" {
			ends++
		} else if !strings.Contains(strings.Join(allowed, "\n"), line) {
			t.Errorf("said %q", line)
		}
	}
}

// TestDomains looks at domains whose mail is elsewhere, or nowhere.
func TestDomains(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want func(f fact.MailServers, missing string) bool
	}{
		"null-mx": {"chu.test. IN MX 0 .\n", func(f fact.MailServers, _ string) bool { return f.Null && len(f.Servers) == 0 }},
		"null-mx-and-another": {"chu.test. IN MX 0 .\nchu.test. IN MX 10 mx2.chu.test.\n", func(f fact.MailServers, _ string) bool {
			return !f.Null && len(f.Servers) == 1 && f.Servers[0].Name == "mx2.chu.test"
		}},
		"no-mx":   {"chu.test. IN A 192.0.2.1\n", func(f fact.MailServers, _ string) bool { return f.MX.Answer == fact.NoData }},
		"unknown": {"", func(f fact.MailServers, _ string) bool { return f.MX.Answer == fact.NXDomain }},
		"no-address": {"chu.test. IN MX 10 mx2.chu.test.\n", func(f fact.MailServers, _ string) bool {
			return len(f.Servers) == 1 && f.Servers[0].Reach == fact.NoAddress
		}},
		"provider": {"chu.test. IN MX 10 mx.messagerie.example.\n", func(f fact.MailServers, _ string) bool {
			return f.Servers[0].Provider == "messagerie.example" && len(f.Servers[0].Hosts) == 0 && f.Servers[0].TLSA.Answer == fact.NXDomain
		}},
		"own-name-out-of-scope": {"chu.test. IN MX 10 mx9.chu.test.\n", func(f fact.MailServers, _ string) bool {
			return f.Servers[0].Provider == "" && f.Servers[0].Reach == fact.Unreached && f.Servers[0].Error != ""
		}},
		"provider-that-does-not-exist": {"chu.test. IN MX 10 mx.parti.example.\n", func(f fact.MailServers, _ string) bool {
			return f.Servers[0].Provider == "" && f.Servers[0].Reach == fact.NoAddress
		}},
		"provider-with-a-silent-dns": {"chu.test. IN MX 10 mx.muet.example.\n", func(f fact.MailServers, _ string) bool {
			return f.Servers[0].Provider == "muet.example" && f.Servers[0].Cause.Code == scanner.CauseOutOfScope
		}},
		"many": {strings.ReplaceAll("chu.test. IN MX 1 a.example.\nchu.test. IN MX 2 b.example.\nchu.test. IN MX 3 c.example.\nchu.test. IN MX 4 d.example.\n"+
			"chu.test. IN MX 5 e.example.\nchu.test. IN MX 6 f.example.\nchu.test. IN MX 7 g.example.\n", "\n\n", "\n"), func(f fact.MailServers, _ string) bool {
			return f.LeftOut == 1 && len(f.Servers) == 6 && f.Servers[0].Name == "a.example"
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := world(t, tt.text, nil)
			n.Routes["mx2.chu.test:25"] = "127.0.0.1:1" // permitted, without an address
			n.Addresses["mx2.chu.test"] = nil
			for _, elsewhere := range []string{"mx.messagerie.example", "mx9.chu.test"} {
				n.Addresses[elsewhere] = []netip.Addr{netip.MustParseAddr("192.0.2.99")}
			}
			n.Silent = map[string]error{"mx.muet.example": scanner.NotSeen(scanner.CauseTimeout, nil, errors.New("silence"))}
			f, s := observe(t, n, Options{})
			if !tt.want(f, s.Missing.Detail()) {
				t.Errorf("got %+v, missing %q", f, s.Missing.Detail())
			}
			for _, dial := range n.Dials() {
				if strings.HasPrefix(dial, "tcp") {
					t.Errorf("dialled %s", dial)
				}
			}
		})
	}
}

// TestFailingResolver wants ignorance from a resolver that fails.
func TestFailingResolver(t *testing.T) {
	t.Parallel()
	failing := loopback.ServeDNS(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeServerFailure))
	}))
	n := world(t, mx, nil)
	n.Recursives = []netip.AddrPort{failing}
	f, s := observe(t, n, Options{})
	if f.MX.Answer != fact.NoAnswer || len(s.Missing) == 0 {
		t.Errorf("MX %+v, missing %q", f.MX, s.Missing.Detail())
	}
	n.Recursives = nil
	if _, err := New(Options{}).Observe(t.Context(), n, scanner.DomainTarget("chu.test")); err == nil {
		t.Error("looked without any resolver")
	}
	if _, err := New(Options{}).Observe(t.Context(), n, scanner.HostTarget("chu.test")); err == nil {
		t.Error("looked at a host")
	}
}

// TestAddresses looks at several addresses of a server: those of the scope, the
// families in turn, within the bound.
func TestAddresses(t *testing.T) {
	t.Parallel()
	n := world(t, mx, nil)
	n.Addresses["mx1.chu.test"] = nil
	for _, a := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::1", "2001:db8::2"} {
		n.Addresses["mx1.chu.test"] = append(n.Addresses["mx1.chu.test"], netip.MustParseAddr(a))
		n.Routes[net.JoinHostPort(a, "25")] = n.Routes["mx1.chu.test:25"]
	}
	f, _ := observe(t, n, Options{})
	var looked []string
	for _, h := range f.Servers[0].Hosts {
		looked = append(looked, h.Address)
	}
	if got := strings.Join(looked, " "); got != "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2" || f.Servers[0].LeftOut != 2 {
		t.Errorf("looked at %s, %d left out", got, f.Servers[0].LeftOut)
	}
	for a := range n.Routes { // a scope of names has no literal addresses
		if host, _, _ := net.SplitHostPort(a); host != "mx1.chu.test" {
			delete(n.Routes, a)
		}
	}
	f, _ = observe(t, n, Options{})
	if len(f.Servers[0].Hosts) != 2 || f.Servers[0].LeftOut != 4 {
		t.Errorf("looked at %d addresses, %d left out", len(f.Servers[0].Hosts), f.Servers[0].LeftOut)
	}
}

// TestUncheckedZone wants nothing called secure nor insecure when no resolver
// checks signatures.
func TestUncheckedZone(t *testing.T) {
	t.Parallel()
	n := world(t, "", nil)
	n.Recursives = []netip.AddrPort{loopback.ServeDNS(t, zone{parse(mx), false})}
	f, _ := observe(t, n, Options{})
	if set := f.Servers[0].TLSA; f.Validating || set.Security != fact.Indeterminate || set.Answer != fact.NXDomain {
		t.Errorf("validating %t, TLSA %+v", f.Validating, set)
	}
}

func TestBanner(t *testing.T) {
	for given, want := range map[string]string{
		"mx1 ESMTP for jeanne.martin@chu.test": "mx1 ESMTP for …@chu.test",
		"ready <1896.697@chu.test>":            "ready …@chu.test>",
		"a\x00b\x1b[31m\xff":                   "ab[31m\uFFFD",
	} {
		if got := banner(given); got != want {
			t.Errorf("banner(%q) = %q, want %q", given, got, want)
		}
	}
}

// FuzzCapabilities reads foreign lines as capabilities.
func FuzzCapabilities(f *testing.F) {
	f.Add("AUTH PLAIN LOGIN\nAUTH=LOGIN\nSTARTTLS")
	f.Add("SASL PLAIN\nUSER\nSTLS")
	f.Add("AUTH=PLAIN\nLOGINDISABLED")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, found := range [][]string{logins("smtp", lines), logins("imap", lines)} {
			if len(found) > maxLogins {
				t.Errorf("%d logins", len(found))
			}
		}
		announcesTLS(lines)
		if len(banner(text)) > 8*maxText {
			t.Errorf("a banner of %d bytes", len(banner(text)))
		}
	})
}

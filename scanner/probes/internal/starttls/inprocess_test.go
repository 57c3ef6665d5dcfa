// SPDX-License-Identifier: Apache-2.0

package starttls

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner/probes/internal/debian"
	"carescan/scanner/probes/internal/loopback"
)

// serve plays a server on loopback, once per connection, and gives its port.
func serve(t *testing.T, play func(net.Conn)) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(loopback.Serve(t, play))
	return port
}

// step is what a server waits for, and what it says then.
type step struct{ until, say string }

// script plays steps, then TLS when there is a certificate.
func script(id *debian.Identity, steps ...step) func(net.Conn) {
	return func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for _, s := range steps {
			for heard := ""; s.until != "" && !strings.HasSuffix(heard, s.until); {
				b, err := reader.ReadByte()
				if err != nil {
					return
				}
				heard += string([]byte{b})
			}
			io.WriteString(conn, s.say)
		}
		if id != nil {
			tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{id.TLS}}).Handshake()
			return
		}
		io.Copy(io.Discard, reader) // until the other side leaves
	}
}

const xmppHeader = "<?xml version='1.0'?><stream:stream from='srv.chu.test' id='1' xmlns='jabber:client' xmlns:stream='" + streams + "' version='1.0'>"

const (
	confirmTLS = "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"
	refuseTLS  = "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x02\x00\x00\x00"
	oldRDP     = "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"
)

// TestScripts plays the servers that Debian has no small one of.
func TestScripts(t *testing.T) {
	id := debian.NewIdentity(t, t.TempDir(), "srv.chu.test")
	tests := map[string]struct {
		protocol Protocol
		steps    []step
		agrees   bool
	}{
		"xmpp": {XMPP, []step{
			{"version='1.0'>", xmppHeader + "<stream:features><starttls xmlns='" + xmppTLS + "'><required/></starttls></stream:features>"},
			{"/>", "<proceed xmlns='" + xmppTLS + "'></proceed>"},
		}, true},
		"xmpp-server": {XMPPServer, []step{
			{"jabber:server' xmlns:stream='" + streams + "' version='1.0'>", xmppHeader + "<stream:features><starttls xmlns='" + xmppTLS + "'/></stream:features>"},
			{"/>", "<proceed xmlns='" + xmppTLS + "'/>"},
		}, true},
		"xmpp-without": {XMPP, []step{{"version='1.0'>", xmppHeader + "<stream:features><bind/></stream:features>"}}, false},
		"xmpp-refuses": {XMPP, []step{
			{"version='1.0'>", xmppHeader + "<stream:features><starttls xmlns='" + xmppTLS + "'/></stream:features>"},
			{"/>", "<failure xmlns='" + xmppTLS + "'/></stream:stream>"},
		}, false},
		"rdp":           {RDP, []step{{rdpRequest, confirmTLS}}, true},
		"rdp-refuses":   {RDP, []step{{rdpRequest, refuseTLS}}, false},
		"rdp-old":       {RDP, []step{{rdpRequest, oldRDP}}, false},
		"sieve":         {Sieve, []step{{"", "\"IMPLEMENTATION\" \"x\"\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"}, {"STARTTLS\r\n", "OK\r\n"}}, true},
		"sieve-without": {Sieve, []step{{"", "\"IMPLEMENTATION\" \"x\"\r\nOK\r\n"}}, false},
		"smtp-helo":     {SMTP, []step{{"", "220 mx\r\n"}, {"\r\n", "502 what?\r\n"}}, false},
		"smtp-many":     {SMTP, []step{{"", "220-one\r\n220 two\r\n"}, {"\r\n", "250-mx\r\n250-SIZE 1\r\n250-starttls\r\n250 HELP\r\n"}, {"STARTTLS\r\n", "220 go\r\n"}}, true},
		"ftp-folded":    {FTP, []step{{"", "120 wait\r\n220-hello\r\n 220 not yet\r\nstill\r\n220 ready\r\n"}, {"AUTH TLS\r\n", "234 go\r\n"}}, true},
		"imap-preauth":  {IMAP, []step{{"", "* PREAUTH known\r\n"}}, false},
		"imap-refuses":  {IMAP, []step{{"", "* OK\r\n"}, {"\r\n", "* CAPABILITY STARTTLS\r\na1 OK\r\n"}, {"\r\n", "a2 NO\r\n"}}, false},
		"pop3-old":      {POP3, []step{{"", "+OK\r\n"}, {"CAPA\r\n", "-ERR\r\n"}, {"STLS\r\n", "+OK\r\n"}}, true},
		"ldap-windows":  {LDAP, []step{{startTLSRequest, "\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"}}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.agrees {
				if err := upgrade(t, serve(t, script(&id, tt.steps...)), tt.protocol, id); err != nil {
					t.Error(err)
				}
				return
			}
			err := upgrade(t, serve(t, script(nil, tt.steps...)), tt.protocol, id)
			if _, ok := errors.AsType[*NotOffered](err); !ok {
				t.Errorf("got %v, want NotOffered", err)
			}
		})
	}
}

// TestPassingRefusals wants neither agreement nor proof from refusals that may
// not last.
func TestPassingRefusals(t *testing.T) {
	tests := map[string]struct {
		protocol Protocol
		steps    []step
	}{
		"smtp-later":       {SMTP, []step{{"", "421 come back\r\n"}}},
		"smtp-stranger":    {SMTP, []step{{"", "554 no service for you\r\n"}}},
		"smtp-ehlo":        {SMTP, []step{{"", "220 mx\r\n"}, {"\r\n", "450 later\r\n"}}},
		"smtp-starttls":    {SMTP, []step{{"", "220 mx\r\n"}, {"\r\n", "250-mx\r\n250 STARTTLS\r\n"}, {"\r\n", "454 not now\r\n"}}},
		"ftp-later":        {FTP, []step{{"", "421 too many\r\n"}}},
		"imap-bye":         {IMAP, []step{{"", "* BYE too many\r\n"}}},
		"pop3-err":         {POP3, []step{{"", "-ERR too many\r\n"}}},
		"sieve-bye":        {Sieve, []step{{"", "BYE too many\r\n"}}},
		"ldap-busy":        {LDAP, []step{{startTLSRequest, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x33\x04\x00\x04\x00"}}},
		"xmpp-error":       {XMPP, []step{{"version='1.0'>", xmppHeader + "<stream:error><reset/></stream:error>"}}},
		"postgresql-error": {PostgreSQL, []step{{sslRequest, "E\x00\x00\x00\x08SFATAL"}}},
		"mysql-blocked":    {MySQL, []step{{"", "\x05\x00\x00\x00\xff\x69\x04no"}}},
		"rdp-hybrid":       {RDP, []step{{rdpRequest, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x06\x00\x00\x00"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := upgrade(t, serve(t, script(nil, tt.steps...)), tt.protocol, debian.Identity{})
			_, refused := errors.AsType[*NotOffered](err)
			_, other := errors.AsType[*OtherTalk](err)
			if err == nil || refused || other {
				t.Errorf("got %v, want an error that proves nothing", err)
			}
		})
	}
}

// TestOtherTalk speaks each protocol to a server of SSH.
func TestOtherTalk(t *testing.T) {
	port := serve(t, script(nil, step{"", "SSH-2.0-OpenSSH_9.2\r\n"}))
	for _, p := range Known() {
		if p == PostgreSQL {
			continue // one letter answers, and it happens to be the first of SSH
		}
		err := upgrade(t, port, p, debian.Identity{})
		if _, ok := errors.AsType[*OtherTalk](err); !ok {
			t.Errorf("%s: got %v, want OtherTalk", p, err)
		}
	}
}

// TestHostileServers speaks each protocol to servers that never end.
func TestHostileServers(t *testing.T) {
	endless := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, err := io.WriteString(conn, text); err == nil; _, err = io.WriteString(conn, text) {
			}
		}
	}
	hostile := map[string]string{
		"endless-line":  serve(t, endless("220 aaaaaaaaaaaaaaaaaaaaa")),
		"endless-reply": serve(t, endless("220-again\r\n")),
		"endless-list":  serve(t, endless("+OK\r\n")),
		"endless-xml":   serve(t, endless("<a>")),
		"zeroes":        serve(t, endless("\x00\x00\x00\x00")),
		"ones":          serve(t, endless("\xff\xff\xff\xff")),
		"hangs-up":      serve(t, func(net.Conn) {}),
	}
	for name, port := range hostile {
		for _, p := range Known() {
			if err := upgrade(t, port, p, debian.Identity{}); err == nil {
				t.Errorf("%s was believed by %s", name, p)
			}
		}
	}
}

// TestUpgradeObeysItsContext meets a server that says nothing, ever.
func TestUpgradeObeysItsContext(t *testing.T) {
	port := serve(t, script(nil))
	for _, p := range Known() {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := Upgrade(ctx, conn, p, "srv.chu.test"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", p, err)
		}
		cancel()
		conn.Close()
	}
}

func TestPortsAndNames(t *testing.T) {
	if got := ForPort(443); got != AtOnce {
		t.Errorf("port 443 begins with %q", got)
	}
	for port, p := range ports {
		if !slices.Contains(Known(), p) || ForPort(port) != p {
			t.Errorf("port %d speaks %q, which is not known", port, p)
		}
	}
	if err := Upgrade(t.Context(), nil, "gopher", ""); err == nil {
		t.Error("an unknown protocol was accepted")
	}
}

func TestAnnounce(t *testing.T) {
	tests := map[string]struct {
		protocol Protocol
		steps    []step
		want     Announced
	}{
		"smtp": {
			SMTP,
			[]step{{"", "220-mx ESMTP\r\n220 hello\r\n"}, {"\r\n", "250-mx\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n"}},
			Announced{"mx ESMTP hello", []string{"AUTH PLAIN", "SIZE 1"}},
		},
		"smtp-old": {SMTP, []step{{"", "220 mx\r\n"}, {"\r\n", "500 what?\r\n"}}, Announced{Greeting: "mx"}},
		"imap":     {IMAP, []step{{"", "* OK ready\r\n"}, {"\r\n", "* CAPABILITY imap4rev1 AUTH=PLAIN\r\na1 OK\r\n"}}, Announced{"OK ready", []string{"IMAP4REV1", "AUTH=PLAIN"}}},
		"pop3":     {POP3, []step{{"", "+OK ready\r\n"}, {"\r\n", "+OK\r\nUSER\r\nSTLS\r\n.\r\n"}}, Announced{"ready", []string{"USER", "STLS"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", "127.0.0.1:"+serve(t, script(nil, tt.steps...)))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			got, err := Announce(t.Context(), conn, tt.protocol)
			if diff := cmp.Diff(fmt.Sprint(tt.want, nil), fmt.Sprint(got, err)); diff != "" {
				t.Errorf("announced (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := Announce(t.Context(), nil, FTP); err == nil {
		t.Error("an announcement of FTP was read")
	}
}

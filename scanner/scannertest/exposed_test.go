// SPDX-License-Identifier: Apache-2.0

package scannertest_test

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// TestRegistryRefers asks the parent as the probes do: it delegates, denies, and
// answers by itself for DS records only.
func TestRegistryRefers(t *testing.T) {
	h := start(t)
	for _, test := range []struct {
		name           string
		kind           uint16
		answers, below int
		authoritative  bool
		rcode          int
	}{
		{"chu-exemple.test.", dns.TypeNS, 0, 2, false, dns.RcodeSuccess},
		{"www.chu-exemple.test.", dns.TypeA, 0, 2, false, dns.RcodeSuccess},
		{"chu-exemple.test.", dns.TypeDS, 1, 0, true, dns.RcodeSuccess},
		{"absent.test.", dns.TypeNS, 0, 0, true, dns.RcodeNameError},
		{"test.", dns.TypeNS, 1, 0, true, dns.RcodeSuccess},
		{"exemple.fr.", dns.TypeNS, 0, 0, false, dns.RcodeRefused},
		{"test.", dns.TypeAXFR, 0, 0, false, dns.RcodeRefused},
	} {
		client := dns.Client{}
		answer, _, err := client.Exchange(new(dns.Msg).SetQuestion(test.name, test.kind), h.Settings().Redirects["ns.registre.test:53"])
		if err != nil {
			t.Fatal(err)
		}
		below := len(slices.DeleteFunc(answer.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype != dns.TypeNS }))
		if len(answer.Answer) != test.answers || below != test.below || answer.Authoritative != test.authoritative || answer.Rcode != test.rcode {
			t.Errorf("%s %s: %v", test.name, dns.TypeToString[test.kind], answer)
		}
	}
}

// TestAliases follows one to the absence of its target.
func TestAliases(t *testing.T) {
	h := start(t)
	answer := ask(t, h, "campagne-vaccination.chu-exemple.test.", dns.TypeA)
	if len(answer.Answer) != 1 || answer.Rcode != dns.RcodeNameError {
		t.Errorf("%v", answer)
	}
	if answer := ask(t, h, "campagne-vaccination.chu-exemple.test.", dns.TypeCNAME); answer.Rcode != dns.RcodeSuccess {
		t.Errorf("%v", answer)
	}
}

func TestRegistration(t *testing.T) {
	h := start(t)
	var domain struct {
		Name   string   `json:"ldhName"`
		Status []string `json:"status"`
		Events []struct {
			Date time.Time `json:"eventDate"`
		} `json:"events"`
	}
	got := get(t, h, h.Settings().RDAP+"domain/chu-exemple-sante.test")
	if err := json.Unmarshal([]byte(got.body), &domain); err != nil || got.headers.Get("Content-Type") != "application/rdap+json" {
		t.Fatalf("%v: %v", got, err)
	}
	if left := time.Until(domain.Events[0].Date); left > 31*24*time.Hour || left < 29*24*time.Hour || len(domain.Status) != 1 {
		t.Errorf("%+v", domain)
	}
	if got := get(t, h, h.Settings().RDAP+"domain/absent.test"); got.status != 404 {
		t.Errorf("an unknown domain: %d", got.status)
	}
}

// TestMailServers compares the careful server with the careless one.
func TestMailServers(t *testing.T) {
	h := start(t)
	careful, err := smtp.DialStartTLS(h.Settings().Redirects["mx1.chu-exemple.test:25"], &tls.Config{RootCAs: pool(t, h), ServerName: "mx1.chu-exemple.test"})
	if err != nil {
		t.Fatal(err)
	}
	defer careful.Close()
	if err := careful.Mail("essai@exemple.test", nil); err == nil {
		err = careful.Rcpt("personne@chu-exemple.test", nil)
		if err == nil {
			t.Error("the careful server takes mail")
		}
	}
	careless, err := smtp.Dial(h.Settings().Redirects["courriel.chu-exemple-sante.test:25"])
	if err != nil {
		t.Fatal(err)
	}
	defer careless.Close()
	if encrypted, _ := careless.Extension("STARTTLS"); encrypted || !careless.SupportsAuth("PLAIN") {
		t.Errorf("encrypted %t, logins in clear %t", encrypted, careless.SupportsAuth("PLAIN"))
	}
	if err := careless.Mail("essai@exemple.test", nil); err == nil {
		t.Error("the careless server takes mail")
	}
	if policy := get(t, h, "https://mta-sts.chu-exemple.test/.well-known/mta-sts.txt"); !strings.Contains(policy.body, "mx: mx1.chu-exemple.test\r\n") {
		t.Errorf("the policy is %q", policy.body)
	}
}

// TestDoorsLeftOpen holds that each responder answers its handshake, and hangs up
// at anything else.
func TestDoorsLeftOpen(t *testing.T) {
	h := start(t)
	association := append([]byte{1, 0, 0, 0, 0, 100}, make([]byte, 100)...)
	for _, test := range []struct{ name, port, send, want string }{
		{"remote-desktop", "3389", "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00", "\x03\x00\x00\x13\x0e\xd0"},
		{"remote-desktop-noise", "3389", "GET / HTTP/1.1\r\n\r\n", ""},
		{"cache", "6379", "PING\r\n", "+PONG\r\n"},
		{"cache-noise", "6379", "KEYS *\r\n", ""},
		{"imaging", "104", string(association), "\x02\x00"},
		{"imaging-noise", "104", "\x04\x00\x00\x00\x00\x04", ""},
	} {
		conn := dial(t, h, "acces.chu-exemple.test:"+test.port)
		if _, err := conn.Write([]byte(test.send)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 512)
		n, _ := conn.Read(answer) // nothing when the responder hangs up
		if got := string(answer[:n]); !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: %q", test.name, got)
		}
		_ = conn.Close()
	}
}

func dial(t *testing.T, h *scannertest.Hospital, address string) net.Conn {
	t.Helper()
	conn, err := dialer(h)(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestEveryPortLeadsSomewhere keeps the scan of the open machine away from what
// really runs on this one.
func TestEveryPortLeadsSomewhere(t *testing.T) {
	s := start(t).Settings()
	for _, port := range append(s.Ports, 161, 123, 1900, 389, 11211, 623, 137, 47808) {
		if s.Redirects[net.JoinHostPort(s.Hosts[0], strconv.Itoa(port))] == "" {
			t.Errorf("port %d of %s leads to itself", port, s.Hosts[0])
		}
	}
}

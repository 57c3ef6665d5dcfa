// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/scanner"
	"carescan/scanner/guard/netlab"
	"carescan/scanner/probes/providers"
	"carescan/scanner/settings"
)

// rolePlayed tells this test binary, started again inside a namespace of the
// lab, which side of the cable it is on.
const rolePlayed = "CARESCAN_RUNNER_ROLE"

// roles are what the binary plays then.
var roles = map[string]func(){"world": playProviders, "scanner": playHospital, "discoverer": playDiscovery}

func TestMain(m *testing.M) {
	if play, known := roles[os.Getenv(rolePlayed)]; known {
		play()
		return
	}
	os.Exit(m.Run())
}

// The servers of others that serve chu.test. Those declared are so by their
// address, because no address of the lab is public.
const (
	declaredNames  = "10.77.2.53"
	strangeNames   = "10.77.2.54"
	declaredMail   = "10.77.2.25"
	strangeMail    = "10.77.2.26"
	excludedMail   = "10.77.2.99"
	ownNames       = "10.77.1.53"
	ownMail        = "10.77.1.25"
	resolverInTest = netlab.WorldAddr
)

var providersZone = []string{
	"chu.test. 300 IN SOA ns0.chu.test. root.chu.test. 2026113001 14400 3600 1209600 3600",
	"chu.test. 300 IN NS ns0.chu.test.", "chu.test. 300 IN NS ns1.provider.test.", "chu.test. 300 IN NS ns2.stranger.test.",
	"chu.test. 300 IN MX 10 mx0.chu.test.", "chu.test. 300 IN MX 20 mx1.filter.test.", "chu.test. 300 IN MX 30 mx2.stranger.test.",
	"chu.test. 300 IN MX 40 mx3.filter.test.",
	"labo.test. 300 IN SOA ns1.provider.test. root.provider.test. 2026113001 14400 3600 1209600 3600",
	"labo.test. 300 IN NS ns1.provider.test.", "labo.test. 300 IN MX 10 mx1.filter.test.",
	"ns0.chu.test. 300 IN A " + ownNames, "mx0.chu.test. 300 IN A " + ownMail,
	"ns1.provider.test. 300 IN A " + declaredNames, "ns2.stranger.test. 300 IN A " + strangeNames,
	"mx1.filter.test. 300 IN A " + declaredMail, "mx2.stranger.test. 300 IN A " + strangeMail, "mx3.filter.test. 300 IN A " + excludedMail,
}

// TestProvidersAreMetAsAClientMeetsThem runs a whole plan at a domain served by
// others, and counts at the cable what each of them was sent.
func TestProvidersAreMetAsAClientMeetsThem(t *testing.T) {
	lab := netlab.New(t)
	for name, match := range map[string]string{
		"names_wanted": "ip daddr " + declaredNames + " meta l4proto { tcp, udp } th dport 53",
		"names_other":  "ip daddr " + declaredNames + " meta l4proto { tcp, udp } th dport != 53",
		"names_rest":   "ip daddr " + declaredNames + " meta l4proto != { tcp, udp }",
		"mail_wanted":  "ip daddr " + declaredMail + " tcp dport 25",
		"mail_other":   "ip daddr " + declaredMail + " tcp dport != 25",
		"mail_rest":    "ip daddr " + declaredMail + " meta l4proto != tcp",
		"undeclared":   "ip daddr { " + strangeNames + ", " + strangeMail + ", " + excludedMail + " }",
		"own":          "ip daddr " + netlab.InScope,
		"elsewhere_2":  "ip daddr " + netlab.OutOfScope + " ip daddr != { " + declaredNames + ", " + declaredMail + " }",
	} {
		lab.Watch(t, name, match)
	}
	heard := lab.Play(t, rolePlayed+"=world")
	scan := lab.Command(t.Context(), os.Args[0])
	scan.Env = append(os.Environ(), rolePlayed+"=scanner")
	var said, trouble bytes.Buffer
	scan.Stdout, scan.Stderr = &said, &trouble
	if err := scan.Run(); err != nil {
		t.Fatalf("scan: %v\n%s", err, trouble.String())
	}
	for _, name := range []string{"names_wanted", "mail_wanted", "own"} {
		if lab.Counter(t, name) == 0 {
			t.Errorf("counter %s saw nothing: this proves nothing\n%s", name, trouble.String())
		}
	}
	for _, name := range []string{"names_other", "names_rest", "mail_other", "mail_rest", "undeclared", "elsewhere_2"} {
		if sent := lab.Counter(t, name); sent != 0 {
			t.Errorf("counter %s saw %d packets, want none", name, sent)
		}
	}
	checkHeard(t, heard())
	checkConcluded(t, said.Bytes())
}

// TestDiscoveryAsksTheResolversOnly looks for providers, declared or not, and counts
// what leaves beside the questions to the resolver.
func TestDiscoveryAsksTheResolversOnly(t *testing.T) {
	lab := netlab.New(t)
	lab.Watch(t, "resolver", "ip daddr "+resolverInTest+" meta l4proto { tcp, udp } th dport 53")
	lab.Watch(t, "others", "oifname != lo ip daddr != "+resolverInTest)
	heard := lab.Play(t, rolePlayed+"=world")
	discovery := lab.Command(t.Context(), os.Args[0])
	discovery.Env = append(os.Environ(), rolePlayed+"=discoverer")
	said, err := discovery.Output()
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	want := "ns1.provider.test as-client\nns2.stranger.test undeclared\nmx1.filter.test as-client\nmx2.stranger.test undeclared\n"
	if diff := cmp.Diff(want, string(said)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if lab.Counter(t, "resolver") == 0 {
		t.Error("nothing was asked of the resolver: this proves nothing")
	}
	if sent := lab.Counter(t, "others"); sent != 0 || len(heard()) > 0 {
		t.Errorf("%d packets were sent to others, who heard %q", sent, heard())
	}
}

// checkHeard wants only questions about the domain at the provider's name server,
// and an introduction at its mail server.
func checkHeard(t *testing.T, lines []string) {
	t.Helper()
	counts := map[string]int{}
	for _, line := range lines {
		counts[line]++
		server, what, _ := strings.Cut(line, " ")
		switch server {
		case declaredNames:
			if !slices.Contains([]string{"chu.test. SOA", "chu.test. NS", "labo.test. SOA", "labo.test. NS"}, what) {
				t.Errorf("the provider's name server was asked %q", what)
			}
		case declaredMail:
			if !slices.Contains([]string{"EHLO", "STARTTLS", "QUIT", "handshake"}, what) {
				t.Errorf("the provider's mail server was told %q", what)
			}
		}
	}
	const looks = 4 // two domains, and what fails is looked at again
	if made := counts[declaredMail+" handshake"]; made == 0 || made > looks {
		t.Errorf("%d handshakes at the provider's mail server, want one in each look", made)
	}
	if made := counts[ownMail+" handshake"]; made < looks {
		t.Errorf("%d handshakes at the hospital's own: that the provider's got fewer proves nothing", made)
	}
	if counts[ownNames+" chu.test. AXFR"] == 0 {
		t.Error("no transfer was asked of the hospital's own server: the absence of one at the provider's proves nothing")
	}
}

// concluded is what a finding says, of those that need the servers.
type concluded struct {
	Outcome     scanner.Outcome
	Reason, Fix string
}

func checkConcluded(t *testing.T, raw []byte) {
	t.Helper()
	var got map[string]concluded
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	const line = "providers: [ns2.stranger.test]"
	for _, check := range []string{"exposure.delegation", "exposure.open-recursion", "exposure.soa-timers"} {
		if !strings.Contains(got["chu.test "+check].Fix, line) {
			t.Errorf("%s says %+v, want the line %q", check, got["chu.test "+check], line)
		}
	}
	want := map[string]concluded{
		"chu.test exposure.delegation":      {scanner.Inconclusive, "stranger", ""},
		"chu.test exposure.open-recursion":  {scanner.Inconclusive, "stranger", ""},
		"chu.test exposure.soa-timers":      {scanner.Inconclusive, "stranger", ""},
		"chu.test exposure.zone-transfer":   {scanner.Fail, "delivered-inside", ""}, // by the hospital's own server
		"chu.test exposure.mail-starttls":   {scanner.Inconclusive, "server-unknown", ""},
		"labo.test exposure.delegation":     {scanner.Pass, "aligned", ""},
		"labo.test exposure.open-recursion": {scanner.Pass, "closed", ""},
		"labo.test exposure.soa-timers":     {scanner.Pass, "fine", ""},
		"labo.test exposure.zone-transfer":  {scanner.Inconclusive, "provider", ""},
		"labo.test exposure.mail-starttls":  {scanner.Pass, "offered", ""},
	}
	for check, c := range got {
		c.Fix = ""
		got[check] = c
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// hospitalServedByOthers looks at two domains, of which the second is wholly served
// by others.
func hospitalServedByOthers() config.Config {
	c := config.Default(sources.Sections())
	c.Establishment = config.Establishment{FINESS: "690781810", Name: "CHU"}
	c.Scope = config.Scope{
		Names: []string{"chu.test", "*.chu.test", "labo.test"}, Ranges: []netip.Prefix{netip.MustParsePrefix(netlab.InScope)},
		Excluded:      []netip.Prefix{netip.MustParsePrefix(excludedMail + "/32")},
		Providers:     []string{declaredNames, declaredMail, "*.filter.test"},
		Authorisation: config.Authorisation{By: "directeur", From: settings.Moment(time.Now().Add(-time.Hour)), Until: settings.Moment(time.Now().Add(time.Hour))},
	}
	c.Targets.Domains = []string{"chu.test", "labo.test"}
	c.Network.Resolvers, c.Network.RootHints = []string{resolverInTest}, []string{resolverInTest}
	c.Network.ConfirmAfter = time.Millisecond
	c.Network.RequestRate, c.Network.ConcurrentPerHost = 1e6, 64
	return c
}

// playDiscovery writes the servers of others.
func playDiscovery() {
	ready, err := Runner{Config: hospitalServedByOthers()}.Prepare(time.Now())
	endOn(err)
	found, err := providers.Find(context.Background(), ready.Door, []string{"chu.test", "labo.test"})
	endOn(err)
	for _, s := range found.Servers {
		fmt.Println(s.Name, s.Meeting)
	}
}

// playHospital runs the plan and writes what it concluded.
func playHospital() {
	run, err := Runner{Config: hospitalServedByOthers()}.Run(context.Background())
	endOn(err)
	told := map[string]concluded{}
	for _, f := range run.Findings {
		if slices.Contains([]string{"exposure.delegation", "exposure.open-recursion", "exposure.soa-timers", "exposure.zone-transfer", "exposure.mail-starttls"}, f.Check) {
			told[f.Target.ID+" "+f.Check] = concluded{f.Outcome, f.Reason, f.Fix.FR}
		}
	}
	endOn(json.NewEncoder(os.Stdout).Encode(told))
}

// playProviders serves names and mail at every address, and says what it hears.
func playProviders() {
	var mu sync.Mutex
	hear := func(server, what string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(server, what)
	}
	var started sync.WaitGroup
	for _, at := range []string{resolverInTest, ownNames, declaredNames, strangeNames} {
		for _, transport := range []string{"udp", "tcp"} {
			started.Add(1)
			handler := dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) { answerProviders(at, w, question, hear) })
			server := &dns.Server{Addr: at + ":53", Net: transport, Handler: handler, NotifyStartedFunc: started.Done}
			go func() { endOn(server.ListenAndServe()) }()
		}
	}
	certificate := selfSigned()
	for _, at := range []string{ownMail, declaredMail, strangeMail, excludedMail} {
		listener, err := net.Listen("tcp", at+":25")
		endOn(err)
		go func() {
			for {
				conn, err := listener.Accept()
				endOn(err)
				go receive(conn, certificate, func(what string) { hear(at, what) })
			}
		}()
	}
	started.Wait()
	mu.Lock()
	fmt.Println("ready")
	mu.Unlock()
	select {}
}

// answerProviders answers with authority, or as the resolver; anybody may have the
// whole zone.
func answerProviders(at string, w dns.ResponseWriter, question *dns.Msg, hear func(server, what string)) {
	q := question.Question[0]
	reply := new(dns.Msg).SetReply(question)
	reply.Authoritative, reply.RecursionAvailable = true, at == resolverInTest
	if at != resolverInTest {
		hear(at, strings.ToLower(q.Name)+" "+dns.TypeToString[q.Qtype])
	}
	var zone []dns.RR
	for _, text := range providersZone {
		record, err := dns.NewRR(text)
		endOn(err)
		zone = append(zone, record)
		if strings.EqualFold(record.Header().Name, q.Name) && record.Header().Rrtype == q.Qtype {
			reply.Answer = append(reply.Answer, record)
		}
	}
	if q.Qtype == dns.TypeAXFR {
		reply.Answer = append(append([]dns.RR{}, zone...), zone[0])
	}
	_ = w.WriteMsg(reply) // the asker may be gone
}

// receive plays a mail server up to its first handshake.
func receive(conn net.Conn, certificate tls.Certificate, hear func(string)) {
	defer conn.Close()
	_, _ = io.WriteString(conn, "220 mx ESMTP\r\n")
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		hear(verb)
		switch verb {
		case "EHLO":
			_, _ = io.WriteString(conn, "250-mx\r\n250 STARTTLS\r\n")
		case "STARTTLS":
			_, _ = io.WriteString(conn, "220 go on\r\n")
			hear("handshake")
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
			return
		default:
			_, _ = io.WriteString(conn, "221 bye\r\n")
			return
		}
	}
}

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	endOn(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mx1.filter.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	endOn(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func endOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

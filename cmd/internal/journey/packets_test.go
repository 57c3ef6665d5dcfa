// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner"
	"carescan/scanner/guard/netlab"
)

// traps is a zone that leads out of the scope, and to excluded machines, by every
// record there is.
var traps = []string{
	"chu.test. 60 SOA ns1.chu.test. root.chu.test. 1 7200 3600 1209600 3600",
	"chu.test. 60 NS ns1.chu.test.", "ns1.chu.test. 60 A 10.77.1.53",
	"chu.test. 60 NS ns.evil.test.", "ns.evil.test. 60 A 10.77.2.53",
	"chu.test. 60 NS ns3.chu.test.", "ns3.chu.test. 60 A 10.77.2.54",
	"chu.test. 60 MX 10 mx.evil.test.", "mx.evil.test. 60 A 10.77.2.25",
	"chu.test. 60 MX 20 mx1.chu.test.", "mx1.chu.test. 60 A 10.77.1.25", "mx1.chu.test. 60 A 10.77.2.26",
	"_25._tcp.mx1.chu.test. 60 TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000",
	"_25._tcp.mx.evil.test. 60 CNAME tlsa.evil.test.", "tlsa.evil.test. 60 A 10.77.2.27",
	"chu.test. 60 TXT \"v=spf1 include:spf.evil.test a:dpi.evil.test mx:evil.test exists:%{i}.evil.test redirect=evil.test\"",
	"spf.evil.test. 60 TXT \"v=spf1 include:deep.evil.test ip4:10.77.2.0/24 -all\"", "deep.evil.test. 60 A 10.77.2.28",
	"evil.test. 60 MX 10 mx.evil.test.", "evil.test. 60 A 10.77.2.29", "evil.test. 60 NS ns.evil.test.",
	"_dmarc.chu.test. 60 TXT \"v=DMARC1; p=none; rua=mailto:x@evil.test\"",
	"_mta-sts.chu.test. 60 TXT \"v=STSv1; id=1\"", "mta-sts.chu.test. 60 CNAME sts.evil.test.", "sts.evil.test. 60 A 10.77.2.21",
	"_smtp._tls.chu.test. 60 TXT \"v=TLSRPTv1; rua=https://rapports.evil.test/\"", "rapports.evil.test. 60 A 10.77.2.22",
	"s1._domainkey.chu.test. 60 CNAME s1.evil.test.", "s1.evil.test. 60 A 10.77.2.23",
	"_autodiscover._tcp.chu.test. 60 SRV 0 0 443 auto.evil.test.", "auto.evil.test. 60 A 10.77.2.24",
	"intranet.chu.test. 60 CNAME chu.github.io.", "chu.github.io. 60 A 10.77.2.32", "test.chu.test. 60 CNAME nowhere.azurewebsites.net.",
	"acces.chu.test. 60 A 10.77.1.30", "forge.chu.test. 60 A 10.77.2.33", "cache.chu.test. 60 A 10.77.1.34",
	"rdap.source.test. 60 A 10.77.0.2", "journal.source.test. 60 A 10.77.0.2", "source.test. 60 A 10.77.0.2",
	"_ldap._tcp.chu.test. 60 SRV 0 0 636 ldap.evil.test.", "ldap.evil.test. 60 A 10.77.2.36",
	"chu.test. 60 NS ns4.chu.test.", "ns4.chu.test. 60 A 10.77.1.98",
	"chu.test. 60 MX 30 pacs.chu.test.", "pacs.chu.test. 60 A 10.77.1.98",
	"_autodiscover._tcp.chu.test. 60 SRV 0 0 104 pacs.chu.test.",
	"modalite.chu.test. 60 CNAME irm.chu.test.", "irm.chu.test. 60 A 10.77.1.98",
	"salle.chu.test. 60 A 10.77.1.97", "xn--hpital-ixa.chu.test. 60 A 10.77.1.97",
	"www.chu.test. 60 A 10.77.1.10",
	"portail.chu.test. 60 CNAME cdn.evil.test.", "cdn.evil.test. 60 A 10.77.2.20",
	"vpn.chu.test. 60 A 10.77.2.30",
	"six.chu.test. 60 AAAA 2001:db8:77::1",
	"mixte.chu.test. 60 A 10.77.2.31", "mixte.chu.test. 60 A 10.77.1.31",
	"annuaire.chu.test. 60 A 10.77.2.40",
	"dpi.evil.test. 60 A 10.77.2.50",
	"hopital.test. 60 SOA ns.hopital.test. root.hopital.test. 1 7200 3600 1209600 3600",
	"hopital.test. 60 NS ns.hopital.test.", "ns.hopital.test. 60 A " + publicAddress,
	"hopital.test. 60 A " + publicAddress, "www.hopital.test. 60 CNAME hopital.test.",
	"hopital.test. 60 TXT \"v=spf1 -all\"",
}

// publicAddress plays a site of the internet, inside the lab.
const publicAddress = "93.184.216.34"

// TestPacketsStayInScope counts, at the network card, what the whole agent
// sends with every probe switched on: nothing out of the scope, ever.
func TestPacketsStayInScope(t *testing.T) {
	lab := netlab.New(t)
	certificate := startWorld(t, lab)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "agent.yaml"), fmt.Sprintf(trappedConfig, certificate))
	write(t, filepath.Join(folder, "pw"), "secret")
	write(t, filepath.Join(folder, "hosting.yaml"), trappedRegister)
	scan := lab.Command(t.Context(), programs.agent, "scan", "--config", filepath.Join(folder, "agent.yaml"), "--format", "json")
	scan.Env = append(os.Environ(), "HTTP_PROXY=http://10.77.2.80:3128", "HTTPS_PROXY=http://10.77.2.80:3128", "ALL_PROXY=socks5://10.77.2.80:1080")
	var progress strings.Builder
	scan.Stderr = &progress
	out, err := scan.Output()
	if code := scan.ProcessState.ExitCode(); code != 1 && code != 3 {
		t.Fatalf("scan: %v\n%s", err, tail([]byte(progress.String())))
	}
	if lab.Counter(t, netlab.CountInScope) == 0 || lab.Counter(t, netlab.CountLink) == 0 {
		t.Errorf("nothing was sent in scope or to the resolver: this proves nothing\n%s", tail(out))
	}
	for _, name := range []string{netlab.CountOutOfScope, netlab.CountElsewhere, netlab.CountExcluded, netlab.CountDevices} {
		if n := lab.Counter(t, name); n != 0 {
			t.Errorf("counter %s saw %d packets, want none\n%s", name, n, tail(out))
		}
	}
	var seen report
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	looked(t, seen.Run, "https://www.chu.test", "web-site", "template-matches")
	looked(t, seen.Run, "www.chu.test:443/tcp", "tls-endpoint")
	looked(t, seen.Run, "chu.test", "dns-zone", "zone-transfer", "dns-delegation", "dns-recursion", "dnssec")
	looked(t, seen.Run, "chu.test", "registration", "name-inventory", "mail-policy", "mail-servers")
	looked(t, seen.Run, "acces.chu.test", "host-services")
	temptedBySources(t, seen.Run)
	judgesWithoutPackets(t, lab, folder, seen.Run)
}

// temptedBySources makes sure that what the declared sources told was heard: a
// name of the log, and a registration.
func temptedBySources(t *testing.T, run scanner.Run) {
	t.Helper()
	for kind, word := range map[string]string{"name-inventory": "forge.chu.test", "registration": "client transfer prohibited"} {
		if !slices.ContainsFunc(run.Observations, func(o scanner.Observation) bool {
			return o.Kind == kind && bytes.Contains(o.Fact, []byte(word))
		}) {
			t.Errorf("%s does not hold %q: a source was not read", kind, word)
		}
	}
}

// startWorld plays the other side of the cable until the test ends, and returns
// the file of its certificate.
func startWorld(t *testing.T, lab *netlab.Lab) (certificate string) {
	t.Helper()
	world := lab.WorldCommand(t.Context(), os.Args[0])
	ready := filepath.Join(t.TempDir(), "ready")
	world.Env = append(os.Environ(), rolePlayed+"=world", "READY="+ready)
	if err := world.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = world.Process.Kill()
		_ = world.Wait()
	})
	await(t, ready)
	return ready
}

// judgesWithoutPackets judges the sealed bundle again where every packet would
// be counted: the same findings, and none sent.
func judgesWithoutPackets(t *testing.T, lab *netlab.Lab, folder string, want scanner.Run) {
	t.Helper()
	names := []string{netlab.CountInScope, netlab.CountLink, netlab.CountOutOfScope, netlab.CountElsewhere}
	before := map[string]int{}
	for _, name := range names {
		before[name] = lab.Counter(t, name)
	}
	sealed := bundleFile(t, filepath.Join(folder, "state", "spool", "outbox"))
	judge := lab.Command(t.Context(), programs.agent, "judge", sealed, "--config", filepath.Join(folder, "agent.yaml"), "--format", "json")
	out, err := judge.Output()
	if code := judge.ProcessState.ExitCode(); code != 1 && code != 3 {
		t.Fatalf("judge: %v", err)
	}
	var again report
	if err := json.Unmarshal(out, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Findings, again.Run.Findings); diff != "" {
		t.Errorf("judged again, the findings differ (-scan +judge):\n%s", diff)
	}
	for _, name := range names {
		if n := lab.Counter(t, name) - before[name]; n != 0 {
			t.Errorf("judging sent %d packets (%s)", n, name)
		}
	}
}

// looked makes sure that a target inside the scope was really looked at:
// silence would prove nothing.
func looked(t *testing.T, run scanner.Run, target string, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if !slices.ContainsFunc(run.Observations, func(o scanner.Observation) bool {
			return o.Target.ID == target && o.Kind == kind && len(o.Fact) > 0
		}) {
			t.Errorf("%s of %s was not observed", kind, target)
		}
	}
}

// TestOneDomain points the agent at a domain and nothing else, as a first-time
// user does: authorised on the command line, it looks at the public addresses
// that the name leads to, and says what it could not know.
func TestOneDomain(t *testing.T) {
	lab := netlab.New(t)
	if out, err := lab.WorldCommand(t.Context(), "ip", "route", "add", "local", publicAddress, "dev", "lo").CombinedOutput(); err != nil {
		t.Fatalf("route %s: %v: %s", publicAddress, err, out)
	}
	startWorld(t, lab)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "agent.yaml"), "vantage: internet\nnetwork: {resolvers: [\"10.77.0.2\"], request_rate: 200, concurrent_per_host: 8, confirm_after: 1s}\n")
	scan := lab.Command(t.Context(), programs.agent, "scan", "--config", filepath.Join(folder, "agent.yaml"), "--format", "json",
		"--domain", "Hopital.test.", "--authorised-by", "RSSI", "--authorised-until", "2099-01-01")
	var errs strings.Builder
	scan.Stderr = &errs
	out, err := scan.Output()
	if code := scan.ProcessState.ExitCode(); code != 1 {
		t.Fatalf("scan: %v, exit code %d, want 1\n%s", err, code, errs.String())
	}
	var seen report
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	looked(t, seen.Run, "hopital.test", "dns-zone", "zone-transfer")
	looked(t, seen.Run, "https://www.hopital.test", "web-site", "template-matches")
	looked(t, seen.Run, "www.hopital.test:443/tcp", "tls-endpoint")
	outcome := map[string]scanner.Outcome{}
	for _, f := range seen.Run.Findings {
		outcome[f.Check] = f.Outcome
	}
	want := map[string]scanner.Outcome{
		"exposure.certificate-validity": scanner.Fail, "exposure.spf-record": scanner.NotApplicable, "exposure.idle-domain": scanner.Fail,
		"mfa.admins-enforced": scanner.Inconclusive, "governance.crisis-exercise": scanner.Inconclusive,
	}
	for check, o := range want {
		if outcome[check] != o {
			t.Errorf("%s is %q, want %q", check, outcome[check], o)
		}
	}
}

const trappedConfig = `
establishment: {finess: "990000028", name: Pièges}
vantage: internet
scope:
  names: [chu.test, "*.chu.test"]
  ranges: [10.77.1.0/24]
  excluded_names: ["IRM.chu.test.", "hôpital.chu.test"]
  authorisation: {by: RSSI, until: 2099-01-01}
targets:
  domains: [chu.test]
  sites:
    - https://www.chu.test
    - https://portail.chu.test
    - https://vpn.chu.test
    - https://six.chu.test
    - https://mixte.chu.test
    - https://pacs.chu.test
    - https://modalite.chu.test
  services: ["pacs.chu.test:443", "mx1.chu.test:25", "vpn.chu.test:443", "portail.chu.test:993"]
  hosts: [acces.chu.test, vpn.chu.test, portail.chu.test, mixte.chu.test, 10.77.1.31, pacs.chu.test, salle.chu.test, 10.77.1.98]
mail: [{domain: chu.test, selectors: [s1]}]
intrusive: {by: RSSI, until: 2099-01-01, relay_sender: a@source.test, relay_recipient: b@source.test}
network:
  resolvers: ["10.77.0.2"]
  root_hints: ["10.77.0.2"]
  private_ca_files: [%q]
  rdap: https://rdap.source.test/
  certificate_log: https://journal.source.test/{domain}
  confirm_after: 1s
  request_rate: 400
  concurrent_per_host: 8
  budget_per_host: 5000
directories:
  - {id: ad, url: "ldaps://annuaire.chu.test:636", bind_dn: x, password_file: pw, base_dn: "DC=chu,DC=test"}
hosting_register: hosting.yaml
`

const trappedRegister = `
as_of: 2026-11-01
applications:
  - id: dpi
    name: Dossier patient
    mode: saas
    health_data: true
    activities: [1, 2, 3, 4, 5, 6]
    endpoints: [dpi.evil.test]
    chain: []
`

// playWorld answers on every address of the world, in scope and out of it, and
// tempts: pages redirect out and load scripts from there. It is ready once every
// port listens, and its certificate is then in the file.
func playWorld() {
	mux := dns.NewServeMux()
	mux.HandleFunc(".", answerTraps)
	questions, err := net.ListenPacket("udp", ":53")
	if err != nil {
		log.Fatal(err)
	}
	tempt := http.HandlerFunc(temptPages)
	secure := &tls.Config{Certificates: []tls.Certificate{worldCertificate()}}
	streams, plain, web, mail := listen(":53"), listen(":80"), tls.NewListener(listen(":443"), secure), listen(":25")
	post := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return nil, errNoMail }))
	post.Domain, post.TLSConfig = "mx1.chu.test", secure
	go serve(func() error { return (&dns.Server{PacketConn: questions, Handler: mux}).ActivateAndServe() })
	go serve(func() error { return (&dns.Server{Listener: streams, Handler: mux}).ActivateAndServe() })
	go serve(func() error { return http.Serve(plain, tempt) })
	go serve(func() error { return http.Serve(web, tempt) })
	go serve(func() error { return post.Serve(mail) })
	shown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificates[0].Certificate[0]})
	if err := os.WriteFile(os.Getenv("READY"), shown, 0o600); err != nil {
		log.Fatal(err)
	}
	<-time.After(5 * time.Minute) // ended by the test; a bound for when it could not
}

var errNoMail = errors.New("no mail here")

// temptPages plays the declared sources, a page that leads out by every element
// there is, and redirects everything else out.
func temptPages(w http.ResponseWriter, r *http.Request) {
	switch out := [...]string{
		"https://cdn.evil.test/", "https://10.77.2.10/", "https://vpn.chu.test/", "http://mx.evil.test/", "http://www.chu.test:9100/",
		"https://www.chu.test:2575/", "https://pacs.chu.test/", "http://h%C3%B4pital.chu.test/", "http://10.77.1.98:104/",
	}; {
	case r.Host == "rdap.source.test":
		w.Header().Set("Content-Type", "application/rdap+json")
		fmt.Fprintf(w, `{"objectClassName":"domain","ldhName":%q,"status":["client transfer prohibited"],"links":[{"href":"https://rdap.evil.test/"}]}`, path.Base(r.URL.Path))
	case r.Host == "journal.source.test":
		fmt.Fprint(w, "pacs.chu.test\nirm.chu.test\nforge.chu.test\ncache.chu.test\ncdn.evil.test\n10.77.2.10\n")
	case r.Host == "www.chu.test" && r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Link", "<https://cdn.evil.test/a.css>; rel=preload")
		fmt.Fprint(w, temptingPage)
	default:
		http.Redirect(w, r, out[len(r.URL.Path)%len(out)], http.StatusFound)
	}
}

const temptingPage = `<!DOCTYPE html><title>Accueil</title><base href="https://cdn.evil.test/">
<meta http-equiv="refresh" content="0; url=https://cdn.evil.test/">
<script src="https://cdn.evil.test/a.js"></script><script src="//10.77.2.10/b.js"></script>
<link rel="stylesheet" href="https://cdn.evil.test/a.css"><iframe src="https://vpn.chu.test/"></iframe>
<iframe src="http://www.chu.test:9100/"></iframe><script src="https://www.chu.test:2575/c.js"></script>
<form action="http://mx.evil.test/login" method="post"><input type="password" name="p"></form>`

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func serve(answer func() error) { log.Fatal(answer()) }

func answerTraps(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg).SetReply(question)
	answer.RecursionAvailable, answer.Authoritative = true, true
	name := question.Question[0].Name
	known := false
	for _, line := range traps {
		rr, err := dns.NewRR(line)
		if err != nil {
			log.Fatal(err)
		}
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		known = true
		kind := rr.Header().Rrtype
		if kind == question.Question[0].Qtype || kind == dns.TypeCNAME {
			answer.Answer = append(answer.Answer, rr)
		}
		if alias, ok := rr.(*dns.CNAME); ok {
			name = alias.Target // the address follows in the list
		}
	}
	if !known {
		answer.Rcode = dns.RcodeNameError
	}
	_ = w.WriteMsg(answer)
}

func worldCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"*.chu.test", "*.source.test"}, IPAddresses: []net.IP{net.ParseIP("10.77.1.10")},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, // its own authority
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(fmt.Errorf("make certificate: %w", err))
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

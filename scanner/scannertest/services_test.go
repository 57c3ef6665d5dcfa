// SPDX-License-Identifier: Apache-2.0

package scannertest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"carescan/scanner/scannertest"
)

// askEverything opens a conversation with every service.
func askEverything(t *testing.T, h *scannertest.Hospital) {
	t.Helper()
	ask(t, h, "www.chu-exemple.test.", dns.TypeA)
	for _, origin := range h.Settings().Sites {
		if !strings.Contains(origin, "ancien.") {
			get(t, h, origin+"/")
		}
	}
	get(t, h, "http://www.chu-exemple.test/")
	search(t, h, "(objectClass=group)")
}

func ask(t *testing.T, h *scannertest.Hospital, name string, kind uint16) *dns.Msg {
	t.Helper()
	return askWith(t, h, name, kind, false)
}

func askWith(t *testing.T, h *scannertest.Hospital, name string, kind uint16, signed bool) *dns.Msg {
	t.Helper()
	client := dns.Client{}
	answer, _, err := client.Exchange(new(dns.Msg).SetQuestion(name, kind).SetEdns0(1232, signed), h.Settings().Resolvers[0])
	if err != nil {
		t.Fatalf("ask %s %s: %v", name, dns.TypeToString[kind], err)
	}
	return answer
}

func TestDNSAnswers(t *testing.T) {
	h := start(t)
	for _, test := range []struct {
		name    string
		kind    uint16
		answers int
		rcode   int
	}{
		{"chu-exemple.test.", dns.TypeNS, 2, dns.RcodeSuccess},
		{"chu-exemple.test.", dns.TypeCAA, 2, dns.RcodeSuccess},
		{"chu-exemple.test.", dns.TypeDS, 1, dns.RcodeSuccess},
		{"chu-exemple.test.", dns.TypeDNSKEY, 1, dns.RcodeSuccess},
		{"CHU-Exemple.test.", dns.TypeTXT, 1, dns.RcodeSuccess},
		{"_dmarc.chu-exemple.test.", dns.TypeTXT, 2, dns.RcodeSuccess},
		{"chu-exemple-sante.test.", dns.TypeDS, 0, dns.RcodeSuccess},
		{"chu-exemple-sante.test.", dns.TypeDNSKEY, 0, dns.RcodeSuccess},
		{"chu-exemple-sante.test.", dns.TypeCAA, 0, dns.RcodeSuccess},
		{"_dmarc.chu-exemple-sante.test.", dns.TypeTXT, 1, dns.RcodeSuccess},
		{"rdv.hebergeur-exemple.test.", dns.TypeA, 1, dns.RcodeSuccess},
		{"www.chu-exemple.test.", dns.TypeAAAA, 0, dns.RcodeSuccess},
		{"absent.chu-exemple.test.", dns.TypeA, 0, dns.RcodeNameError},
		{"_dmarc.test.", dns.TypeTXT, 0, dns.RcodeNameError},
		{"registre.test.", dns.TypeA, 0, dns.RcodeSuccess}, // an empty non-terminal
		{"exemple.fr.", dns.TypeA, 0, dns.RcodeRefused},
	} {
		answer := ask(t, h, test.name, test.kind)
		if len(answer.Answer) != test.answers || answer.Rcode != test.rcode {
			t.Errorf("%s %s: %d answers, %s", test.name, dns.TypeToString[test.kind], len(answer.Answer), dns.RcodeToString[answer.Rcode])
		}
		absent := len(answer.Answer) == 0 && test.rcode != dns.RcodeRefused
		if absent != (len(answer.Ns) == 1) {
			t.Errorf("%s %s: %d records of authority", test.name, dns.TypeToString[test.kind], len(answer.Ns))
		}
	}
}

func TestDelegationMatchesKey(t *testing.T) {
	h := start(t)
	key := ask(t, h, "chu-exemple.test.", dns.TypeDNSKEY).Answer[0].(*dns.DNSKEY)
	ds := ask(t, h, "chu-exemple.test.", dns.TypeDS).Answer[0].(*dns.DS)
	if want := key.ToDS(dns.SHA256); want.Digest != ds.Digest || want.KeyTag != ds.KeyTag {
		t.Errorf("DS is %v, want %v", ds, want)
	}
}

func TestOneZoneMayBeCopied(t *testing.T) {
	h := start(t)
	if records, err := copyZone(h, "chu-exemple-sante.test."); err != nil || len(records) < 10 {
		t.Errorf("open zone: %d records, %v", len(records), err)
	}
	if records, err := copyZone(h, "chu-exemple.test."); err == nil {
		t.Errorf("closed zone: %d records", len(records))
	}
	if answer := ask(t, h, "chu-exemple-sante.test.", dns.TypeAXFR); answer.Rcode != dns.RcodeRefused {
		t.Errorf("transfer over UDP: %v", answer)
	}
}

// TestLameServer asks both servers of the school: one of them gave its zone up.
func TestLameServer(t *testing.T) {
	h := start(t)
	for server, want := range map[string]int{"ns1": dns.RcodeSuccess, "ns2": dns.RcodeRefused} {
		client := dns.Client{}
		question := new(dns.Msg).SetQuestion("ifsi-exemple.test.", dns.TypeSOA)
		answer, _, err := client.Exchange(question, h.Settings().Redirects[server+".ifsi-exemple.test:53"])
		if err != nil {
			t.Fatal(err)
		}
		if answer.Rcode != want || answer.Authoritative != (want == dns.RcodeSuccess) {
			t.Errorf("%s: %v", server, answer)
		}
	}
}

// TestOperatorServesItsCustomers asks the declared provider as a client does: it
// answers for the group alone, resolves nothing, and does not encrypt mail.
func TestOperatorServesItsCustomers(t *testing.T) {
	h := start(t)
	for name, want := range map[string]int{
		"ght-exemple.test.": dns.RcodeSuccess, "chu-exemple.test.": dns.RcodeRefused, "exemple.fr.": dns.RcodeRefused,
	} {
		client := dns.Client{}
		answer, _, err := client.Exchange(new(dns.Msg).SetQuestion(name, dns.TypeSOA), h.Settings().Redirects["ns1.operateur-exemple.test:53"])
		if err != nil {
			t.Fatal(err)
		}
		if answer.Rcode != want || answer.RecursionAvailable {
			t.Errorf("%s: %v", name, answer)
		}
	}
	filter, err := smtp.Dial(h.Settings().Redirects["filtre.operateur-exemple.test:25"])
	if err != nil {
		t.Fatal(err)
	}
	defer filter.Close()
	if encrypted, _ := filter.Extension("STARTTLS"); encrypted || filter.SupportsAuth("PLAIN") {
		t.Errorf("encrypted %t, logins %t", encrypted, filter.SupportsAuth("PLAIN"))
	}
	for place := range h.Settings().Redirects {
		if strings.HasPrefix(place, "ns1.hebergeur-exemple.test:") {
			t.Errorf("%s leads somewhere: the provider that nobody declared must not be met", place)
		}
	}
}

func copyZone(h *scannertest.Hospital, name string) (records []dns.RR, err error) {
	server := h.Settings().Redirects["ns1."+strings.TrimSuffix(name, ".")+":53"]
	parts, err := new(dns.Transfer).In(new(dns.Msg).SetAxfr(name), server)
	if err != nil {
		return nil, err
	}
	for part := range parts {
		records, err = append(records, part.RR...), errors.Join(err, part.Error)
	}
	return records, err
}

func pool(t *testing.T, h *scannertest.Hospital) *x509.CertPool {
	t.Helper()
	raw, err := os.ReadFile(h.Settings().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		t.Fatal("the authority file holds no certificate")
	}
	return roots
}

type page struct {
	status  int
	headers http.Header
	body    string
}

func get(t *testing.T, h *scannertest.Hospital, address string) page {
	t.Helper()
	transport := &http.Transport{DialContext: dialer(h), TLSClientConfig: &tls.Config{RootCAs: pool(t, h)}}
	t.Cleanup(transport.CloseIdleConnections)
	client := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Header, string(body)}
}

func TestPages(t *testing.T) {
	h := start(t)
	for _, test := range []struct {
		address   string
		status    int
		mediaType string
		holds     string
	}{
		{"https://www.chu-exemple.test/", 200, "text/html; charset=utf-8", "Préparer votre venue"},
		{"https://portail.chu-exemple.test/", 200, "text/html; charset=utf-8", "Se connecter"},
		{"https://imagerie-ancienne.chu-exemple.test/", 200, "text/html; charset=utf-8", "Visualisation"},
		{"https://admin.chu-exemple.test/", 200, "text/html; charset=utf-8", "Accès réservé"},
		{"https://admin.chu-exemple.test/phpmyadmin/", 200, "text/html; charset=utf-8", "<title>phpMyAdmin</title>"},
		{"https://admin.chu-exemple.test/phpmyadmin/index.php", 200, "text/html; charset=utf-8", `name="pma_username"`},
		{"https://pacs.chu-exemple.test/app/explorer.html", 200, "text/html; charset=utf-8", "<title>Orthanc Explorer</title>"},
		{"https://pacs.chu-exemple.test/system", 200, "application/json; charset=utf-8", `"Name": "Orthanc"`},
		{"https://fhir.chu-exemple.test/metadata", 200, "application/fhir+json; charset=utf-8", `"CapabilityStatement"`},
		{"https://fhir.chu-exemple.test/fhir/metadata", 200, "application/fhir+json; charset=utf-8", `"CapabilityStatement"`},
		{"https://fhir.chu-exemple.test/fhir/Patient/1", 401, "application/fhir+json; charset=utf-8", `"OperationOutcome"`},
		{"https://fhir.chu-exemple.test/Patient", 401, "application/fhir+json; charset=utf-8", `"OperationOutcome"`},
		{"https://www.chu-exemple.test/absent", 404, "text/plain; charset=utf-8", "404"},
		{"https://portail.chu-exemple.test/.well-known/security.txt", 404, "text/plain; charset=utf-8", "404"},
		{"http://portail.chu-exemple.test/", 200, "text/html; charset=utf-8", "motdepasse"},
	} {
		got := get(t, h, test.address)
		if got.status != test.status || got.headers.Get("Content-Type") != test.mediaType || !strings.Contains(got.body, test.holds) {
			t.Errorf("%s: %d %s, without %q?\n%s", test.address, got.status, got.headers.Get("Content-Type"), test.holds, got.body)
		}
	}
}

func TestCarefulSites(t *testing.T) {
	h := start(t)
	for _, origin := range h.Settings().Sites {
		if strings.Contains(origin, "portail.") || strings.Contains(origin, "ancien.") {
			continue
		}
		got := get(t, h, origin+"/.well-known/security.txt")
		if !strings.Contains(got.headers.Get("Strict-Transport-Security"), "max-age=31536000") {
			t.Errorf("%s: no HSTS", origin)
		}
		_, expires, _ := strings.Cut(got.body, "Expires: ")
		expires, _, _ = strings.Cut(expires, "\n")
		if until, err := time.Parse(time.RFC3339, expires); err != nil || time.Until(until) < 30*24*time.Hour || !strings.HasPrefix(got.body, "Contact: ") {
			t.Errorf("%s: security.txt is %q (%v)", origin, got.body, err)
		}
		plain := get(t, h, strings.Replace(origin, "https:", "http:", 1)+"/page?x=1")
		if plain.status != 301 || plain.headers.Get("Location") != origin+"/page?x=1" {
			t.Errorf("%s: port 80 answers %d %s", origin, plain.status, plain.headers.Get("Location"))
		}
	}
}

func TestCarelessSite(t *testing.T) {
	h := start(t)
	if got := get(t, h, "https://portail.chu-exemple.test/").headers.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("the portal sends HSTS %q", got)
	}
}

func TestSitesAreReadOnly(t *testing.T) {
	h := start(t)
	client := http.Client{Transport: &http.Transport{DialContext: dialer(h), DisableKeepAlives: true}}
	answer, err := client.Post("http://portail.chu-exemple.test/", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("status %d", answer.StatusCode)
	}
}

func TestUnknownHost(t *testing.T) {
	h := start(t)
	answer, err := http.Get("http://" + h.Settings().Redirects["www.chu-exemple.test:80"] + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("status %d", answer.StatusCode)
	}
}

func handshake(t *testing.T, h *scannertest.Hospital, host string, version uint16) error {
	t.Helper()
	conn, err := dialer(h)(t.Context(), "tcp", host+":443")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: pool(t, h), MinVersion: version, MaxVersion: version})
	return client.HandshakeContext(t.Context())
}

func TestTLSVersions(t *testing.T) {
	h := start(t)
	for version, want := range map[uint16][2]bool{ // good site, old site
		tls.VersionTLS10: {false, true},
		tls.VersionTLS11: {false, true},
		tls.VersionTLS12: {true, true},
		tls.VersionTLS13: {true, true},
	} {
		good := handshake(t, h, "www.chu-exemple.test", version)
		old := handshake(t, h, "imagerie-ancienne.chu-exemple.test", version)
		if got := [2]bool{good == nil, old == nil}; got != want {
			t.Errorf("%s: %v, want %v", tls.VersionName(version), got, want)
		}
	}
}

func TestExpiredCertificate(t *testing.T) {
	h := start(t)
	err := handshake(t, h, "ancien.chu-exemple.test", tls.VersionTLS13)
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("handshake: %v", err)
	}
}

// TestNegativeSerial holds that the certificate of the exchange of results is what the
// standard library refuses.
func TestNegativeSerial(t *testing.T) {
	h := start(t)
	if err := handshake(t, h, "resultats.chu-exemple.test", tls.VersionTLS13); err == nil || !strings.Contains(err.Error(), "negative serial number") {
		t.Errorf("handshake: %v", err)
	}
}

// TestLongHellos holds that the box in front of the remote consultation resets a hello
// of more than 255 bytes, and lets a smaller one through.
func TestLongHellos(t *testing.T) {
	h := start(t)
	const host = "teleconsultation.chu-exemple.test"
	if err := handshake(t, h, host, tls.VersionTLS13); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a long hello: %v", err)
	}
	conn := dial(t, h, host+":443")
	defer conn.Close()
	small := &tls.Config{
		ServerName: host, RootCAs: pool(t, h), MaxVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.X25519},
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	}
	if err := tls.Client(conn, small).HandshakeContext(t.Context()); err != nil {
		t.Errorf("a small hello: %v", err)
	}
}

func connect(t *testing.T, h *scannertest.Hospital) *ldap.Conn {
	t.Helper()
	d := h.Settings().Directory
	raw, err := dialer(h)(context.Background(), "tcp", strings.TrimPrefix(d.URL, "ldaps://"))
	if err != nil {
		t.Fatal(err)
	}
	secure := tls.Client(raw, &tls.Config{ServerName: d.ServerName, RootCAs: pool(t, h)})
	conn := ldap.NewConn(net.Conn(secure), true)
	conn.Start()
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func bind(t *testing.T, h *scannertest.Hospital) *ldap.Conn {
	t.Helper()
	conn := connect(t, h)
	password, err := os.ReadFile(h.Settings().Directory.PasswordFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Bind(h.Settings().Directory.BindDN, string(password)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func search(t *testing.T, h *scannertest.Hospital, filter string) []*ldap.Entry {
	t.Helper()
	request := ldap.NewSearchRequest(h.Settings().Directory.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, nil, nil)
	found, err := bind(t, h).SearchWithPaging(request, 50)
	if err != nil {
		t.Fatalf("search %s: %v", filter, err)
	}
	return found.Entries
}

func TestDirectoryPeople(t *testing.T) {
	people := search(t, start(t), "(&(objectCategory=person)(objectClass=user))")
	type count struct{ all, disabled, smart int }
	var got count
	logins := map[string]bool{}
	for _, p := range people {
		flags, err := strconv.Atoi(p.GetAttributeValue("userAccountControl"))
		if err != nil {
			t.Fatal(err)
		}
		got.all++
		if flags&0x2 != 0 {
			got.disabled++
		}
		if flags&0x40000 != 0 {
			got.smart++
		}
		login := p.GetAttributeValue("sAMAccountName")
		if logins[login] || strings.ContainsFunc(login, func(r rune) bool { return r > 127 }) {
			t.Errorf("login %q is there twice or has an accent", login)
		}
		logins[login] = true
	}
	if diff := cmp.Diff(count{200, 12, 5}, got, cmp.AllowUnexported(count{})); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func TestDirectoryPrivilege(t *testing.T) {
	h := start(t)
	groups := search(t, h, "(objectClass=group)")
	members := map[string][]string{}
	roots := map[string]bool{}
	for _, g := range groups {
		members[g.DN] = g.GetAttributeValues("member")
		sid := g.GetRawAttributeValue("objectSid")
		if rid := int(sid[len(sid)-4]) | int(sid[len(sid)-3])<<8; rid == 512 || rid == 519 {
			roots[g.DN] = true
		}
	}
	privileged := map[string]bool{}
	var add func(string)
	add = func(dn string) {
		for _, m := range members[dn] {
			privileged[m] = true
			add(m)
		}
	}
	for dn := range roots {
		add(dn)
	}
	enabled, smart := 0, 0
	for _, p := range search(t, h, "(&(objectCategory=person)(objectClass=user))") {
		flags, _ := strconv.Atoi(p.GetAttributeValue("userAccountControl"))
		if flags&0x2 != 0 || !privileged[p.DN] && p.GetAttributeValue("primaryGroupID") != "512" {
			continue
		}
		enabled++
		if flags&0x40000 != 0 {
			smart++
		}
	}
	if len(roots) != 2 || enabled != 8 || smart != 5 {
		t.Errorf("%d privileged groups, %d accounts, %d with a card; want 2, 8, 5", len(roots), enabled, smart)
	}
}

func TestDirectoryRefusesOthers(t *testing.T) {
	h := start(t)
	d := h.Settings().Directory
	for name, try := range map[string]func(*ldap.Conn) error{
		"wrong-password": func(c *ldap.Conn) error { return c.Bind(d.BindDN, "wrong") },
		"other-account":  func(c *ldap.Conn) error { return c.Bind("Administrateur@chu-exemple.test", "wrong") },
		"no-password":    func(c *ldap.Conn) error { return c.UnauthenticatedBind(d.BindDN) },
	} {
		if err := try(connect(t, h)); !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	request := ldap.NewSearchRequest(d.BaseDN, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", nil, nil)
	if _, err := connect(t, h).Search(request); !ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError) {
		t.Errorf("search without a bind: %v", err)
	}
}

func TestDirectorySearches(t *testing.T) {
	h := start(t)
	conn := bind(t, h)
	base := h.Settings().Directory.BaseDN
	for _, test := range []struct {
		name, base string
		scope      int
		limit      int
		filter     string
		code       uint16
		entries    int
	}{
		{"root", "", ldap.ScopeBaseObject, 0, "(objectClass=*)", ldap.LDAPResultSuccess, 1},
		{"base", strings.ToLower(base), ldap.ScopeBaseObject, 0, "(objectClass=*)", ldap.LDAPResultSuccess, 1},
		{"one-level", base, ldap.ScopeSingleLevel, 0, "(objectClass=*)", ldap.LDAPResultSuccess, 7},
		{"or-not", base, ldap.ScopeWholeSubtree, 0, "(|(cn=gg-medecins)(&(objectClass=group)(!(member=*))))", ldap.LDAPResultSuccess, 10},
		{"size-limit", base, ldap.ScopeWholeSubtree, 10, "(objectClass=user)", ldap.LDAPResultSizeLimitExceeded, 10},
		{"no-base", "DC=ailleurs,DC=test", ldap.ScopeWholeSubtree, 0, "(objectClass=*)", ldap.LDAPResultNoSuchObject, 0},
		{"unsupported-filter", base, ldap.ScopeWholeSubtree, 0, "(cn=a*)", ldap.LDAPResultUnwillingToPerform, 0},
	} {
		request := ldap.NewSearchRequest(test.base, test.scope, 0, test.limit, 0, false, test.filter, []string{"objectSid"}, nil)
		found, err := conn.Search(request)
		code := uint16(ldap.LDAPResultSuccess)
		if err != nil {
			code = func() *ldap.Error {
				target := &ldap.Error{}
				_ = errors.As(err, &target)
				return target
			}().ResultCode
		}
		if code != test.code || found != nil && len(found.Entries) != test.entries {
			t.Errorf("%s: %v %v", test.name, found, err)
		}
	}
}

func TestDirectoryIsReadOnly(t *testing.T) {
	conn := bind(t, start(t))
	if err := conn.Del(ldap.NewDelRequest("CN=GG-Medecins,OU=Groupes,DC=chu-exemple,DC=test", nil)); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform) {
		t.Errorf("delete: %v", err)
	}
	if _, err := conn.WhoAmI(nil); !ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform) {
		t.Errorf("who am I: %v", err)
	}
}

func TestDirectoryGivesOnlyWhatIsAsked(t *testing.T) {
	h := start(t)
	request := ldap.NewSearchRequest(h.Settings().Directory.BaseDN, ldap.ScopeWholeSubtree, 0, 1, 0, false,
		"(sAMAccountName=agathe.abadie)", []string{"samaccountname", "title"}, nil)
	found, err := bind(t, h).Search(request)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, a := range found.Entries[0].Attributes {
		got[a.Name] = a.Values
	}
	want := map[string][]string{"sAMAccountName": {"agathe.abadie"}, "title": {"Médecin"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

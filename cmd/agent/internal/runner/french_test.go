// SPDX-License-Identifier: Apache-2.0

package runner

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.yaml.in/yaml/v3"

	"carescan/checks"
	"carescan/cmd/agent/internal/config"
	"carescan/cmd/agent/internal/sources"
	"carescan/cmd/internal/labfile"
	"carescan/reports"
	"carescan/reports/render"
	"carescan/scanner"
	"carescan/scanner/scannertest"
)

// section is a part of a configuration file.
type section = labfile.Section

// TestNoEnglishInFrenchReports scans the lab hospital, and every kind of target
// that cannot be looked at, and reads what a French reader is shown.
func TestNoEnglishInFrenchReports(t *testing.T) {
	var mu sync.Mutex
	seen := map[scanner.CauseCode]bool{}
	worlds := brokenWorlds(t)
	t.Run("worlds", func(t *testing.T) {
		for name, written := range worlds {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run := scanFile(t, written)
				mu.Lock()
				for _, o := range run.Observations {
					for _, c := range o.Causes {
						seen[c.Code] = true
					}
				}
				mu.Unlock()
				checkCauses(t, run)
				checkFrench(t, run)
			})
		}
	})
	for _, code := range []scanner.CauseCode{
		scanner.CauseTimeout, scanner.CauseRefused, scanner.CauseReset, scanner.CauseTLSRefused, scanner.CauseBadAnswer, scanner.CauseNotTLS,
		scanner.CauseBadCertificate, scanner.CauseBadCredentials, scanner.CauseDNSFailure, scanner.CauseRefusedAnswer, scanner.CauseNoAddress,
		scanner.CauseExcluded, scanner.CauseOutOfScope, scanner.CauseQuietHours, scanner.CauseBudget, scanner.CauseFileMissing,
		scanner.CauseFileUnreadable, scanner.CauseFileMalformed, scanner.CauseFileEmpty, scanner.CauseFileEncoding, scanner.CauseRowsRejected,
		scanner.CauseFieldMissing, scanner.CauseFieldWrong, scanner.CauseFieldRepeated, scanner.CauseNoProgram, scanner.CauseStopped,
	} {
		if !seen[code] {
			t.Errorf("no broken target shows the cause %s", code)
		}
	}
}

// checkCauses wants a known cause for whatever was not seen, and nothing of our own
// side of a connection.
func checkCauses(t *testing.T, run scanner.Run) {
	t.Helper()
	for _, o := range run.Observations {
		for _, c := range o.Causes {
			if c.Code == scanner.CauseUnknown || c.Code == scanner.CauseInternal || c.Code == scanner.CauseInDetail {
				t.Errorf("%s of %s: no cause is known for %q", o.Kind, o.Target.ID, o.Error)
			}
		}
		if (o.Status != scanner.StatusCompleted) != (len(o.Causes) > 0) {
			t.Errorf("%s of %s is %s, with the causes %v", o.Kind, o.Target.ID, o.Status, o.Causes)
		}
	}
	raw, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if side := regexp.MustCompile(`(tcp|udp)[46]? \S+-(>|\\u003e)\S+`).Find(raw); side != nil {
		t.Errorf("our own side of a connection is kept: %s", side)
	}
}

// checkFrench reads the reports of a run as a French reader does.
func checkFrench(t *testing.T, run scanner.Run) {
	t.Helper()
	var technical []string
	for _, o := range run.Observations {
		if len(o.Error) > 12 && !slices.Contains(technical, o.Error) {
			technical = append(technical, o.Error)
		}
	}
	for where, text := range shown(t, run) {
		for line := range strings.Lines(text) {
			if english := englishIn(line); english != "" {
				t.Errorf("%s speaks English (%q): %.300s", where, english, strings.TrimSpace(line))
			}
			if slices.ContainsFunc(technical, func(detail string) bool { return strings.Contains(line, detail) }) {
				t.Errorf("%s shows a technical text: %.300s", where, line)
			}
		}
	}
}

// brokenWorlds are configurations of an agent, each with what it cannot see.
func brokenWorlds(t *testing.T) map[string]section {
	t.Helper()
	hospital, err := scannertest.Start(scannertest.Options{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hospital.Close(); err != nil {
			t.Error(err)
		}
	})
	lab := hospital.Settings()
	worlds := map[string]section{
		"hospital": labFile(lab),
		"services": brokenServices(t, labFile(lab)),
		"files":    brokenFiles(t, labFile(lab)),
	}
	for name, handler := range brokenResolvers() {
		worlds["resolver-"+name] = domainFile(startResolver(t, handler))
	}
	quiet := labFile(lab)
	quiet["network"].(section)["quiet_hours"] = []section{{"from": "00:00", "to": "23:59"}}
	quiet["targets"].(section)["domains"] = []string{}
	worlds["quiet"] = quiet
	spent := labFile(lab)
	spent["network"].(section)["budget_per_host"] = 1
	spent["targets"].(section)["domains"] = []string{}
	worlds["spent"] = spent
	stopped := labFile(lab)
	stopped["stop"] = true
	worlds["stopped"] = stopped
	return worlds
}

// labFile is the configuration that looks at the lab hospital, without the program of
// templates.
func labFile(s scannertest.Settings) section {
	file := labfile.Configuration(s, time.Now())
	file["templates"] = section{"program": "/nowhere/carescan-templates", "program_sha256": strings.Repeat("0", 64)}
	return file
}

// brokenServices adds to the lab one name for every way of not answering.
func brokenServices(t *testing.T, file section) section {
	t.Helper()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://www.ailleurs.example/")
		w.WriteHeader(http.StatusFound)
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	garbage := tls.NewListener(startListener(t), secure.TLS)
	go serveEach(garbage, func(conn net.Conn) { _, _ = io.WriteString(conn, "NOT HTTP AT ALL\r\n\r\n") })
	cut := tls.NewListener(startListener(t), secure.TLS)
	go serveEach(cut, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") })
	garbled := tls.NewListener(startListener(t), secure.TLS)
	go serveEach(garbled, func(conn net.Conn) { _, _ = io.WriteString(conn, "HTTP/1.1 two hundred\r\n\r\n") })
	refusing := startListener(t)
	refusing.Close()
	places := map[string]string{
		"muet":      respond(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }),
		"ferme":     refusing.Addr().String(),
		"coupe":     respond(t, func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }),
		"clair":     respond(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 mail.test ESMTP\r\n") }),
		"sans-fin":  respond(t, func(conn net.Conn) { writeFor(conn, bytes.Repeat([]byte("A"), 4096)) }),
		"bizarre":   respond(t, func(conn net.Conn) { _, _ = conn.Write([]byte{22, 3, 3, 0, 4, 2, 0, 0, 0}) }),
		"alerte":    respond(t, func(conn net.Conn) { _, _ = conn.Write([]byte{21, 3, 3, 0, 2, 2, 40}) }),
		"charabia":  garbage.Addr().String(),
		"moitie":    cut.Addr().String(),
		"abime":     garbled.Addr().String(),
		"ailleurs":  secure.Listener.Addr().String(),
		"exclu":     "127.0.0.77:443",
		"annuaire2": respond(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 not TLS\r\n") }),
	}
	network := file["network"].(section)
	redirects := network["redirects"].([]section)
	var sites, services, hosts []string
	for _, name := range slices.Sorted(maps.Keys(places)) {
		host := name + ".chu-exemple.test"
		redirects = append(redirects, section{"from": host + ":443", "to": places[name]}, section{"from": host + ":636", "to": places[name]})
		sites = append(sites, "https://"+host)
		services = append(services, host+":443")
	}
	hosts = append(hosts, "muet.chu-exemple.test", "sans-adresse.chu-exemple.test")
	sites = append(sites, "https://sans-adresse.chu-exemple.test")
	services = append(services, "sans-adresse.chu-exemple.test:443")
	network["redirects"] = redirects
	file["scope"].(section)["excluded"] = []string{"127.0.0.77/32"}
	file["targets"] = section{"sites": sites, "services": services, "hosts": hosts}
	file["ports"] = section{"tcp": []int{443}}
	file["directories"] = brokenDirectories(t, file["directories"].([]section)[0])
	return file
}

func brokenDirectories(t *testing.T, good section) []section {
	t.Helper()
	change := func(id string, values section) section {
		changed := maps.Clone(good)
		maps.Copy(changed, values)
		changed["id"] = id
		return changed
	}
	folder := t.TempDir()
	return []section{
		change("mauvais-mot-de-passe", section{"password_file": place(t, folder, "faux", "wrong")}),
		change("sans-mot-de-passe", section{"password_file": filepath.Join(folder, "absent")}),
		change("mot-de-passe-vide", section{"password_file": place(t, folder, "vide", "\n")}),
		change("autorite-inconnue", section{"ca_file": ""}),
		change("autorite-illisible", section{"ca_file": place(t, folder, "ca.pem", "nothing")}),
		change("mauvais-nom", section{"server_name": "autre.chu-exemple.test"}),
		change("mauvaise-base", section{"base_dn": "DC=ailleurs,DC=test"}),
		change("sans-tls", section{"url": "ldaps://annuaire2.chu-exemple.test:636"}),
		change("ferme", section{"url": "ldaps://ferme.chu-exemple.test:636"}),
		change("muet", section{"url": "ldaps://coupe.chu-exemple.test:636"}),
		change("sans-adresse", section{"url": "ldaps://sans-adresse.chu-exemple.test:636"}),
		change("hors-perimetre", section{"url": "ldaps://annuaire.ailleurs.test:636"}),
	}
}

// brokenFiles replaces what the establishment writes by what cannot be read.
func brokenFiles(t *testing.T, file section) section {
	t.Helper()
	folder := t.TempDir()
	contents := map[string]string{
		"vide":         "",
		"sans-colonne": "nom;prenom\na;b\n",
		"deux-fois":    "login;login;statut;fonction;facteur;2fa_obligatoire\na;b;c;d;e;f\n",
		"guillemet":    "login;statut;fonction;facteur;2fa_obligatoire\n\"a;b;c;d;e\n",
		"binaire":      "login\x00;facteur\n",
		"doutes":       "login;statut;fonction;facteur;2fa_obligatoire\n;actif;x;cps;oui\na;peut-etre;x;cps;oui\n",
	}
	var applications []section
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		applications = append(applications, section{"id": name, "name": name, "file": place(t, folder, name+".csv", contents[name])})
	}
	applications = append(applications,
		section{"id": "absent", "name": "absent", "file": filepath.Join(folder, "absent.csv")},
		section{"id": "dossier", "name": "dossier", "file": folder},
	)
	file["applications"] = applications
	file["targets"], file["directories"] = section{}, []section{}
	file["hosting_register"] = place(t, folder, "registre.yaml", "as_of: 2026-10-01\napplications:\n  - {id: dpi, name: DPI, mode: nuage, health_data: true}\n")
	file["attestations"] = place(t, folder, "attestations.yaml", "attestations:\n  - {topic: pssi-approval, role: RSSI}\n")
	return file
}

// brokenResolvers are the ways a resolver does not answer.
func brokenResolvers() map[string]func(to dns.ResponseWriter, question *dns.Msg) {
	code := func(rcode int) func(dns.ResponseWriter, *dns.Msg) {
		return func(to dns.ResponseWriter, question *dns.Msg) {
			_ = to.WriteMsg(new(dns.Msg).SetRcode(question, rcode)) // the asker may be gone
		}
	}
	return map[string]func(dns.ResponseWriter, *dns.Msg){
		"silent":   func(dns.ResponseWriter, *dns.Msg) {},
		"servfail": code(dns.RcodeServerFailure),
		"refused":  code(dns.RcodeRefused),
		"nxdomain": code(dns.RcodeNameError),
		"garbage":  func(to dns.ResponseWriter, _ *dns.Msg) { _, _ = to.Write([]byte("no DNS")) },
	}
}

// domainFile is the configuration that asks one resolver about one domain.
func domainFile(resolver netip.AddrPort) section {
	file := labFile(scannertest.Settings{
		Establishment: scanner.Establishment{FINESS: "990000028", Name: "CHU Exemple"}, Domains: []string{"chu-exemple.test"},
		ScopeNames: []string{"chu-exemple.test", "*.chu-exemple.test"}, Ranges: []string{"127.0.0.0/8"},
		Resolvers: []string{resolver.String()}, Hosts: []string{"vpn.chu-exemple.test"}, Sites: []string{"https://www.chu-exemple.test"},
		Selectors: []string{"s1"}, Ports: []int{443},
	})
	for _, key := range []string{"directories", "applications", "hosting_register", "attestations"} {
		delete(file, key)
	}
	for _, key := range []string{"private_ca_files", "trust_anchors", "rdap", "certificate_log", "redirects"} {
		delete(file["network"].(section), key)
	}
	return file
}

// scanFile reads a configuration as the agent does, and runs it.
func scanFile(t *testing.T, written section) scanner.Run {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if written["stop"] == true {
		delete(written, "stop")
		cancel()
	}
	raw, err := yaml.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(place(t, t.TempDir(), "agent.yaml", string(raw)), sources.Sections())
	if err != nil {
		t.Fatal(err)
	}
	run, err := Runner{Config: c}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// shown are the texts a French reader is given, by where.
func shown(t *testing.T, run scanner.Run) map[string]string {
	t.Helper()
	papers := map[string]scanner.Papers{}
	for _, check := range checks.All() {
		papers[check.ID] = check.Papers
	}
	document := reports.Document{Run: run, Now: run.Ended, Papers: papers}
	texts := map[string]string{}
	for _, format := range render.All() {
		var out bytes.Buffer
		if err := format.Write(&out, document, scanner.French); err != nil {
			t.Fatal(err)
		}
		texts[format.ID] = out.String()
		switch media, _, _ := mime.ParseMediaType(format.MediaType); media {
		case "text/html":
			texts[format.ID] = readable(out.String())
		case "application/json":
			texts[format.ID] = frenchFields(t, out.String())
		}
	}
	return texts
}

var (
	// notFrench are the parts of a page that say they are not: technical tokens,
	// hashes, and the technical details in English.
	notFrench = regexp.MustCompile(`(?s)<(code|style|script)\b[^>]*>.*?</(code|style|script)>|<span (lang="en"|class="hash")>.*?</span>|<a class="hash"[^>]*>.*?</a>`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
)

func readable(page string) string {
	return tag.ReplaceAllString(notFrench.ReplaceAllString(page, "\n"), "\n")
}

// frenchFields are the fields "fr" of a JSON document, one a line.
func frenchFields(t *testing.T, document string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				if text, ok := inner.(string); ok && key == "fr" {
					lines = append(lines, text)
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// englishWords stand in English sentences and in no French one.
var englishWords = regexp.MustCompile(`(?i)(?:^|[\s(«:;,.\x{a0}])(the|of|not|and|with|without|from|could|was|were|is|are|be|been|have|this|that|which|when|while|` +
	`to|for|at|into|after|before|than|timeout|time-out|connection|answer|answers|answered|server|servers|failed|unknown|unexpected|malformed|missing|` +
	`cannot|unable|wrong|invalid|lookup|dial|read|write|look|looks|found|nothing|declared|inside)(?:$|[\s)»:;,.\x{a0}])`)

// quoted is what a target wrote, and names that are English: the credit of the
// data on addresses asks for its own words.
var quoted = regexp.MustCompile("«[^»]*»|`[^`]*`|IP Geolocation by DB-IP")

// englishIn returns an English word of a line, outside quotations.
func englishIn(line string) string {
	if m := englishWords.FindStringSubmatch(quoted.ReplaceAllString(line, "«»")); m != nil {
		return m[1]
	}
	return ""
}

func TestEnglishIn(t *testing.T) {
	for line, want := range map[string]string{
		"L'observation n'a pas pu être faite : read udp 127.0.0.1:53: i/o timeout.":    "read",
		"L'observation est incomplète : no whole answer from the site.":                "answer",
		"Le serveur répond « the end » à 127.0.0.1:53.":                                "",
		"Aucune réponse n'est venue à temps (ns1.chu.test) ; la connexion est coupée.": "",
	} {
		if got := englishIn(line); got != want {
			t.Errorf("English word of %q is %q, want %q", line, got, want)
		}
	}
}

func place(t *testing.T, folder, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func startListener(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// respond treats every connection alike, and returns where.
func respond(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	listener := startListener(t)
	go serveEach(listener, answer)
	return listener.Addr().String()
}

func serveEach(listener net.Listener, answer func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			answer(conn)
		}()
	}
}

// writeFor writes until the other side leaves.
func writeFor(conn net.Conn, text []byte) {
	for {
		if _, err := conn.Write(text); err != nil {
			return
		}
	}
}

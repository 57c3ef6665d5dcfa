// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"carescan/checks"
	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/jobs"
	"carescan/cmd/aggregator/internal/regiontest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
	"carescan/cmd/aggregator/internal/web"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

const (
	siteA    scanner.FINESS = "690000013"
	siteB    scanner.FINESS = "690000021"
	password                = "une phrase de passe correcte"
)

// site is the pages of a region, and what a visitor needs.
type site struct {
	*regiontest.Region
	Pages *web.Server
	url   string
	t     *testing.T
}

func newSite(t *testing.T) *site {
	t.Helper()
	return newSiteWith(t, func(*site, *web.Settings) {})
}

// newSiteWith is a site with settings of its own.
func newSiteWith(t *testing.T, set func(*site, *web.Settings)) *site {
	t.Helper()
	r := regiontest.New(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// A passkey needs a name: that of this machine.
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	origin := "https://localhost:" + port
	s := &site{Region: r, url: origin, t: t}
	settings := web.Settings{
		Region: "Auvergne-Rhône-Alpes", Language: scanner.French, SilentAfter: 8 * 24 * time.Hour, AgentURL: r.URL, Origin: origin,
		Paper: func(id string) (scanner.Papers, bool) {
			c, ok := checks.ByID(id)
			return c.Papers, ok
		},
		Family: func(name string) (scanner.Text, bool) {
			family, ok := checks.FamilyOf(name)
			return family.Title, ok
		},
		Catalog: func(id string) (scanner.Text, bool) {
			return scanner.Text{FR: "CaRE D1", EN: "CaRE D1"}, id == "care-d1"
		},
		Rounds: []jobs.Round{
			{Name: "try", Title: scanner.Text{FR: "Essayer", EN: "Try"}, Every: time.Hour},
			{Name: "wait", Title: scanner.Text{FR: "Attendre", EN: "Wait"}, Every: time.Hour},
		},
	}
	set(s, &settings)
	s.Pages, err = web.New(r.Store, r.Authority, r.Accounts, regiontest.Quiet(), settings)
	if err != nil {
		t.Fatal(err)
	}
	server := s.Pages.HTTP(r.Authority.ServerCertificate("localhost").Get)
	regiontest.Serve(t, server, web.Guard(listener))
	return s
}

// visitor is one browser: it keeps cookies and follows redirections.
type visitor struct {
	*site
	client   *http.Client
	last     *http.Response
	body     string
	secretOf string // the second factor chosen by signIn
}

func (s *site) visitor() *visitor {
	s.t.Helper()
	client := s.Client(nil)
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client.Jar = jar
	return &visitor{site: s, client: client}
}

func (v *visitor) get(path string) *visitor { return v.send(http.MethodGet, path, nil, nil) }

func (v *visitor) post(path string, form url.Values) *visitor {
	return v.send(http.MethodPost, path, form, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

func (v *visitor) send(method, path string, form url.Values, header http.Header) *visitor {
	v.t.Helper()
	q, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	for name := range header {
		q.Header.Set(name, header.Get(name))
	}
	if v.last, err = v.client.Do(q); err != nil {
		v.t.Fatal(err)
	}
	defer v.last.Body.Close()
	raw, err := io.ReadAll(v.last.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.body = string(raw)
	return v
}

// sees demands a status and some words on the page.
func (v *visitor) sees(status int, words ...string) *visitor {
	v.t.Helper()
	if v.last.StatusCode != status {
		v.t.Fatalf("%s: status %d, want %d:\n%s", v.last.Request.URL.Path, v.last.StatusCode, status, v.body)
	}
	for _, w := range words {
		if !strings.Contains(v.body, w) {
			v.t.Errorf("%s does not show %q:\n%s", v.last.Request.URL.Path, w, v.body)
		}
	}
	return v
}

func (v *visitor) hides(words ...string) *visitor {
	v.t.Helper()
	for _, w := range words {
		if strings.Contains(v.body, w) {
			v.t.Errorf("%s shows %q", v.last.Request.URL.Path, w)
		}
	}
	return v
}

var secretOnPage = regexp.MustCompile(`<code class="secret">([A-Z2-7]+)</code>`)

// signIn invites a person, who opens their link and chooses their secrets.
func (s *site) signIn(p account.Person) *visitor {
	s.t.Helper()
	v, code := s.visitor(), s.invite(p)
	v.get("/welcome/"+code).sees(http.StatusOK, "Première connexion", p.Name)
	v.secretOf = v.secret()
	v.post("/welcome/"+code, url.Values{"password": {password}, "again": {password}, "code": {v.code(v.secretOf, 0)}})
	v.sees(http.StatusOK, "Codes de secours")
	return v.get("/").sees(http.StatusOK)
}

func (s *site) invite(p account.Person) (code string) {
	s.t.Helper()
	code, err := s.Accounts.Invite(s.t.Context(), p)
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

func (v *visitor) secret() string {
	v.t.Helper()
	found := secretOnPage.FindStringSubmatch(v.body)
	if found == nil {
		v.t.Fatalf("no secret on the page:\n%s", v.body)
	}
	return found[1]
}

// code is the one shown some steps from now.
func (v *visitor) code(secret string, steps int) string {
	v.t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		v.t.Fatal(err)
	}
	return code
}

func administrator() account.Person {
	return holder("Camille Administratrice", "camille@arnase.test", access.Administrator, store.PlaceRegion, "")
}

func reader(finess scanner.FINESS) account.Person {
	return holder("Lecteur", strings.ToLower(string(finess))+"@chu.test", access.Reader, store.PlaceSite, string(finess))
}

// holder is somebody with one role.
func holder(name, email string, role access.Role, kind store.PlaceKind, place string) account.Person {
	return account.Person{Name: name, Email: email, Roles: []store.Binding{{
		Role: string(role), Kind: kind, Place: place, ExpiresAt: time.Now().Add(time.Hour),
	}}}
}

// fill gives the region two establishments, one of which has a history.
func (s *site) fill() (fingerprint, bundle string) {
	s.t.Helper()
	s.Establishment(siteB, "CH de la Vallée")
	agent := s.Enrol(s.Establishment(siteA, "CHU de la Montagne").FINESS)
	now := time.Now().UTC()
	for i, outcome := range []scanner.Outcome{scanner.Pass, scanner.Fail, scanner.Inconclusive, scanner.Pass, scanner.Fail} {
		bundle = agent.Deliver(regiontest.Run(s.t, agent.Site, now.Add(time.Duration(i-20)*time.Hour), said(outcome)...))
	}
	return scanner.Fingerprint("exposure.dmarc-policy", scanner.DomainTarget("chu-montagne.test").Key()), bundle
}

func said(dmarc scanner.Outcome) []regiontest.Said {
	domain := scanner.DomainTarget("chu-montagne.test")
	return []regiontest.Said{
		{Check: "exposure.dmarc-policy", Target: domain, Outcome: dmarc, Severity: scanner.High, Message: scanner.Text{
			FR: "La politique DMARC publiée est « p=none » : rien n’est rejeté.", EN: "The DMARC policy is p=none: nothing is rejected.",
		}},
		{Check: "exposure.spf-record", Target: domain, Outcome: scanner.Pass, Severity: scanner.High, Message: scanner.Text{FR: "Un enregistrement SPF strict est publié.", EN: "A strict SPF record is published."}},
		{
			Check: "exposure.hsts", Target: scanner.Target{Kind: scanner.KindSite, ID: "https://www.chu-montagne.test"}, Outcome: scanner.Inconclusive, Severity: scanner.Medium, Look: scanner.StatusError,
			Message: scanner.Text{FR: "L’observation n’a pas pu être faite : délai dépassé.", EN: "The observation could not be made: time-out."},
		},
		{
			Check: "hosting.certificate-in-force", Target: scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}, Outcome: scanner.Fail, Severity: scanner.Critical,
			Message: scanner.Text{FR: "Le certificat HDS de l’hébergeur a expiré.", EN: "The HDS certificate of the host has expired."},
		},
		{
			Check: "mfa.admins-enforced", Target: scanner.Target{Kind: scanner.KindDirectory, ID: "ad"}, Outcome: scanner.NotApplicable, Severity: scanner.High,
			Message: scanner.Text{FR: "Aucun compte d’administration.", EN: "No administration account."},
		},
		{Check: "governance.pssi-approval", Undeclared: true},
		{Check: "governance.crisis-exercise", Undeclared: true},
	}
}

// TestEachSourceIsSaidOnce: two checks that wait for statements are one line, and
// neither rows nor incomplete looks.
func TestEachSourceIsSaidOnce(t *testing.T) { storetest.Each(t, testEachSourceIsSaidOnce) }

func testEachSourceIsSaidOnce(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	at := "/establishments/" + string(siteA)
	const line = "Attestations\u00a0: rien n&#39;est déclaré (2\u00a0vérifications"
	page := admin.get(at).sees(http.StatusOK, line, "Constats 1 à 5 sur 5",
		"1\u00a0source n&#39;est pas déclarée\u00a0: 2\u00a0vérifications sont sans objet", `non concluant</span> <strong>1</strong>`)
	if strings.Contains(page.body, "governance.pssi-approval</code>") {
		t.Errorf("what is not declared is said to be a look that failed:\n%s", page.body)
	}
	admin.get(at+"?family=governance").sees(http.StatusOK, line)
	admin.get("/").sees(http.StatusOK, "data-label=\"Non concluants\">1 <span class=\"sub\">non déclarés, comptés à part\u00a0: 2</span>")
	if page := admin.get(at + "?family=hosting"); strings.Contains(page.body, line) {
		t.Error("a source of another family is said")
	}
}

// TestEveryPage visits every page in both languages, and fails when a template
// was never executed.
func TestEveryPage(t *testing.T) { storetest.Each(t, testEveryPage) }

func testEveryPage(t *testing.T) {
	s := newSite(t)
	shown := map[string]bool{}
	note := func(v *visitor) { shown[pageOf(t, v)] = true }
	v := s.visitor()
	note(v.get("/").sees(http.StatusOK, "Connexion"))
	note(v.get("/welcome/"+s.invite(reader(siteA))).sees(http.StatusOK, "Second facteur"))
	admin := s.signIn(administrator())
	note(admin.sees(http.StatusOK, "Aucun établissement pour l’instant"))
	fingerprint, _ := s.fill()
	for _, lang := range scanner.Langs() {
		q := "?lang=" + string(lang)
		note(admin.get("/"+q).sees(http.StatusOK, "CHU de la Montagne", "CH de la Vallée", `lang="`+string(lang)+`"`))
		note(admin.get("/establishments/"+string(siteA)+q).sees(http.StatusOK, "chu-montagne.test", "D1.DNS"))
		note(admin.get("/establishments/"+string(siteB)+q).sees(http.StatusOK, "CH de la Vallée"))
		note(admin.get("/establishments/"+string(siteA)+"/findings/"+fingerprint+q).sees(http.StatusOK, "p=none", "dns-zone", "application/dns-message"))
		note(admin.get("/agents"+q).sees(http.StatusOK, regiontest.Software))
		note(admin.get("/agents/"+s.firstAgent().ID+q).sees(http.StatusOK, "agent 1", regiontest.Software))
		note(admin.get("/people"+q).sees(http.StatusOK, "camille@arnase.test"))
		note(admin.get(admin.personOf("690000013@chu.test")+q).sees(http.StatusOK, "690000013@chu.test"))
		note(admin.get("/places"+q).sees(http.StatusOK, "CH de la Vallée"))
		note(admin.get("/account"+q).sees(http.StatusOK, "camille@arnase.test"))
		note(admin.post("/account/recovery", nil).sees(http.StatusOK))
		note(admin.post("/account/tokens", url.Values{"name": {"SIEM"}, "at": {"region"}, "until": {time.Now().AddDate(0, 1, 0).Format(time.DateOnly)}}).sees(http.StatusOK, "csa_"))
		note(admin.get("/confirm"+q).sees(http.StatusOK, "one-time-code"))
		note(admin.post("/people", url.Values{"name": {"Ada"}, "email": {string(lang) + "@chu.test"}, "role": {"reader"}, "at": {"site:" + string(siteA)}}).sees(http.StatusOK, "/welcome/"))
		note(admin.get("/audit"+q).sees(http.StatusOK, "camille@arnase.test"))
		note(admin.get("/rounds"+q).sees(http.StatusOK, map[scanner.Lang]string{scanner.French: "Essayer", scanner.English: "Try"}[lang]))
		note(admin.get("/nowhere"+q).sees(http.StatusNotFound, "problem"))
		note(admin.post("/tokens", url.Values{"finess": {string(siteA)}}).sees(http.StatusOK, "cst1."))
	}
	templates, err := filepath.Glob("pages/*/page.html")
	if err != nil || len(templates) == 0 {
		t.Fatalf("no template found: %v", err)
	}
	for _, name := range templates {
		if !shown[path.Base(path.Dir(name))] {
			t.Errorf("template %s was never executed", name)
		}
	}
}

var bodyClass = regexp.MustCompile(`<body class="page-([a-z]+)">`)

func pageOf(t *testing.T, v *visitor) string {
	t.Helper()
	found := bodyClass.FindStringSubmatch(v.body)
	if found == nil {
		t.Fatalf("%s is no page:\n%s", v.last.Request.URL, v.body)
	}
	return found[1]
}

func TestFindingTellsItsLife(t *testing.T) { storetest.Each(t, testFindingTellsItsLife) }

func testFindingTellsItsLife(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	fingerprint, bundle := s.fill()
	admin.get("/establishments/"+string(siteA)+"/findings/"+fingerprint).sees(http.StatusOK,
		"rouvert", "corrigé → <strong>rouvert</strong>", "ouvert → <strong>corrigé</strong>", "Pourquoi c’est important", "/bundles/"+bundle)
}

func TestFilters(t *testing.T) { storetest.Each(t, testFilters) }

func testFilters(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	at := "/establishments/" + string(siteA)
	// A bundle sealed before strengths were tells what it rests on all the same.
	admin.get(at+"?outcome=pass").sees(http.StatusOK, "Constats 1 à 1 sur 1", "SPF strict", `<span class="sub">observé</span>`)
	admin.get(at+"?family=hosting").sees(http.StatusOK, "Constats 1 à 1 sur 1", "certificat HDS")
	admin.get(at+"?check=exposure.hsts&check=exposure.spf-record").sees(http.StatusOK, "Constats 1 à 2 sur 2")
	admin.get(at+"?outcome=nonsense&page=-1").sees(http.StatusOK, "Aucun constat ne correspond")
}

// TestPagesAreTurned follows the links from page to page.
func TestPagesAreTurned(t *testing.T) { storetest.Each(t, testPagesAreTurned) }

func testPagesAreTurned(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	var said []regiontest.Said
	for i := range 120 {
		said = append(said, regiontest.Said{
			Check: "exposure.hsts", Target: scanner.Target{Kind: scanner.KindSite, ID: fmt.Sprintf("https://s%d.chu.test", i)},
			Outcome: scanner.Fail, Severity: scanner.Low,
		})
	}
	agent.Deliver(regiontest.Run(t, agent.Site, time.Now().UTC().Add(-time.Minute), said...))
	admin.get("/establishments/"+string(siteA)+"?outcome=fail").sees(http.StatusOK, "Constats 1 à 50 sur 120")
	turn := func(rel string) *visitor {
		found := regexp.MustCompile(`<a href="([^"#]+)#findings" rel="` + rel + `">`).FindStringSubmatch(admin.body)
		if found == nil {
			t.Fatalf("no link leads to the %s page", rel)
		}
		return admin.get("/establishments/" + string(siteA) + html.UnescapeString(found[1]))
	}
	turn("next").sees(http.StatusOK, "Constats 51 à 100 sur 120")
	turn("next").sees(http.StatusOK, "Constats 101 à 120 sur 120").hides(`rel="next"`)
	turn("prev").sees(http.StatusOK, "Constats 51 à 100 sur 120")
}

func TestDownloadedBundleIsTheOneSealed(t *testing.T) {
	storetest.Each(t, testDownloadedBundleIsTheOneSealed)
}

func testDownloadedBundleIsTheOneSealed(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	_, bundle := s.fill()
	raw, err := s.Store.Sealed(t.Context(), store.Region(), siteA, bundle)
	if err != nil {
		t.Fatal(err)
	}
	admin.get("/establishments/"+string(siteA)+"/bundles/"+bundle).sees(http.StatusOK, string(raw))
	if got := admin.last.Header.Get("Content-Disposition"); got != fmt.Sprintf(`attachment; filename="%s-%s.carescan"`, siteA, bundle) {
		t.Errorf("Content-Disposition %q", got)
	}
	if got := admin.last.Header.Get("Content-Type"); got != wire.MediaBundle {
		t.Errorf("Content-Type %q", got)
	}
}

// TestReaderOfOneEstablishment tries every address of another one.
func TestReaderOfOneEstablishment(t *testing.T) { storetest.Each(t, testReaderOfOneEstablishment) }

func testReaderOfOneEstablishment(t *testing.T) {
	s := newSite(t)
	fingerprint, bundle := s.fill()
	v := s.signIn(reader(siteB))
	v.get("/").sees(http.StatusOK, "CH de la Vallée").hides("CHU de la Montagne", string(siteA))
	v.get("/agents").sees(http.StatusOK).hides("CHU de la Montagne", string(siteA), regiontest.Software)
	other := "/establishments/" + string(siteA)
	for _, path := range []string{other, other + "/findings/" + fingerprint, other + "/bundles/" + bundle} {
		v.get(path).sees(http.StatusNotFound).hides("Montagne", "DMARC")
	}
	agent := "/agents/" + s.firstAgent().ID
	v.get(agent).sees(http.StatusNotFound).hides("Montagne")
	v.get("/audit").sees(http.StatusForbidden)
	v.get("/rounds").sees(http.StatusForbidden)
	v.post("/tokens", url.Values{"finess": {string(siteB)}}).sees(http.StatusForbidden)
	v.post("/tokens/x/cancel", nil).sees(http.StatusForbidden)
	for _, move := range []store.Move{store.Approve, store.Suspend, store.Resume, store.Revoke} {
		v.post(agent+"/"+string(move), nil).sees(http.StatusForbidden)
	}
}

// TestReloadingMakesNoSecondToken: the page that shows a token was come to by a
// redirection, and shows it once.
func TestReloadingMakesNoSecondToken(t *testing.T) {
	storetest.Each(t, testReloadingMakesNoSecondToken)
}

func testReloadingMakesNoSecondToken(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.Establishment(siteA, "CHU")
	admin.post("/tokens", url.Values{"finess": {string(siteA)}}).sees(http.StatusOK, "cst1.")
	if admin.last.Request.Method != http.MethodGet || admin.last.Request.URL.Path != "/tokens/new" {
		t.Errorf("shown by %s %s", admin.last.Request.Method, admin.last.Request.URL.Path)
	}
	admin.get("/tokens/new").sees(http.StatusOK, "Jetons en attente").hides("cst1.")
	waiting, err := s.Store.WaitingTokens(t.Context(), store.Region(), time.Now())
	if err != nil || len(waiting) != 1 {
		t.Errorf("%d tokens wait, want 1: %v", len(waiting), err)
	}
}

// TestDeepLink: whoever follows a link from a mail signs in and comes to it, with what
// narrows it.
func TestDeepLink(t *testing.T) { storetest.Each(t, testDeepLink) }

func testDeepLink(t *testing.T) {
	s := newSite(t)
	s.fill()
	known := s.signIn(administrator())
	secret := known.secretOf
	const asked = "/establishments/690000013?outcome=fail&lang=en"
	v := s.visitor()
	v.get(asked).sees(http.StatusOK)
	next := hiddenNext.FindStringSubmatch(v.body)
	if next == nil {
		t.Fatalf("the sign-in page forgot the way:\n%s", v.body)
	}
	v.post("/sign-in", url.Values{
		"email": {administrator().Email}, "password": {password}, "code": {v.code(secret, 1)}, "next": {html.UnescapeString(next[1])},
	}).sees(http.StatusOK)
	if got := v.last.Request.URL.RequestURI(); got != asked {
		t.Errorf("the sign-in leads to %s, want %s", got, asked)
	}
}

var hiddenNext = regexp.MustCompile(`name="next" value="([^"]*)"`)

// TestLanguageOfTheBrowser is spoken before anything is chosen.
func TestLanguageOfTheBrowser(t *testing.T) { storetest.Each(t, testLanguageOfTheBrowser) }

func testLanguageOfTheBrowser(t *testing.T) {
	s := newSite(t)
	for preferred, want := range map[string]string{
		"": "fr", "en-GB,en;q=0.9": "en", "fr-CA, en;q=0.5": "fr", "de, en;q=0.8": "en", "de": "fr", "*": "fr", "en;q=0, fr": "fr", ";;;": "fr",
	} {
		v := s.visitor()
		v.send(http.MethodGet, "/sign-in", nil, http.Header{"Accept-Language": {preferred}}).sees(http.StatusOK, `lang="`+want+`"`)
	}
	v := s.visitor()
	v.get("/sign-in?lang=fr")
	v.send(http.MethodGet, "/sign-in", nil, http.Header{"Accept-Language": {"en"}}).sees(http.StatusOK, `lang="fr"`)
}

// TestFiltersAreKept by the link to the other language and by the form.
func TestFiltersAreKept(t *testing.T) { storetest.Each(t, testFiltersAreKept) }

func testFiltersAreKept(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	admin.get("/establishments/"+string(siteA)+"?check=exposure.hsts&outcome=fail&page=2").sees(http.StatusOK,
		`href="/establishments/690000013?check=exposure.hsts&amp;lang=en&amp;outcome=fail&amp;page=2"`,
		`<input type="hidden" name="check" value="exposure.hsts">`)
}

// TestCompression shortens pages, and never one that shows a secret.
func TestCompression(t *testing.T) { storetest.Each(t, testCompression) }

func testCompression(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.fill()
	for path, want := range map[string]string{
		"/": "gzip", "/establishments/" + string(siteA): "gzip", "/welcome/" + s.invite(reader(siteA)): "", "/audit": "gzip",
	} {
		if got := admin.send(http.MethodGet, path, nil, http.Header{"Accept-Encoding": {"gzip"}}).last.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%s is sent as %q, want %q", path, got, want)
		}
	}
}

// TestOddNumbersOfAnAgent are said on the page of agents and in the journal.
func TestOddNumbersOfAnAgent(t *testing.T) { storetest.Each(t, testOddNumbersOfAnAgent) }

func testOddNumbersOfAnAgent(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	run := func() scanner.Run { return regiontest.Run(t, agent.Site, time.Now().UTC().Add(-time.Minute)) }
	agent.Deliver(run())
	admin.get("/agents").sees(http.StatusOK).hides("manquants", "reçus deux fois")
	clone := agent.At(s.Region)
	agent.Header() // one that never comes
	agent.Deliver(run())
	admin.get("/agents").sees(http.StatusOK, scanner.Typeset(scanner.French, "dossiers manquants : n° 2"))
	clone.Deliver(run())
	clone.Deliver(run())
	admin.get("/agents").sees(http.StatusOK, scanner.Typeset(scanner.French, "numéros reçus deux fois : 3"), "machine clonée").hides("manquants")
	admin.get("/audit").sees(http.StatusOK, "numéro de dossier reçu une seconde fois", "690000013, 3")
	admin.get("/agents").hides("Ce qui est inhabituel", "désigne comme précédent")
	h := agent.Header()
	h.Previous = scanner.Digest([]byte("nothing"))
	if answer := agent.Put(h.ID, agent.Seal(h, run())); answer.Status != http.StatusCreated {
		t.Fatal(answer.Status)
	}
	admin.get("/agents").sees(http.StatusOK, "Ce qui est inhabituel", "n° 4 désigne comme précédent un dossier inconnu")
	admin.get("/agents?lang=en").sees(http.StatusOK, "What is unusual", "bundle 4 names an unknown bundle")
	admin.get("/audit?lang=fr").sees(http.StatusOK, "désigne un précédent inconnu", "690000013, 4")
}

// TestFreshnessIsSaid has an establishment that was never seen, one whose run failed, one
// whose run is partial and one whose bundle is late: each is said in its own words.
func TestFreshnessIsSaid(t *testing.T) { storetest.Each(t, testFreshnessIsSaid) }

func testFreshnessIsSaid(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	for finess, name := range map[scanner.FINESS]string{"690000013": "A", "690000021": "B", "690000039": "C", "690000047": "D"} {
		s.Establishment(finess, name)
	}
	now := time.Now().UTC()
	for finess, run := range map[scanner.FINESS]struct {
		ended  time.Time
		status scanner.RunStatus
	}{"690000021": {now, scanner.RunFailed}, "690000039": {now, scanner.RunPartial}, "690000047": {now.AddDate(0, 0, -20), scanner.RunComplete}} {
		a := s.Enrol(finess)
		made := regiontest.Run(t, a.Site, run.ended)
		made.Status = run.status
		a.Deliver(made)
	}
	admin.get("/").sees(http.StatusOK, "jamais vu<", "passage en échec<", "passage partiel<", "dossier tardif<", "Établissements jamais vus").hides("silencieux", "à jour")
	admin.get("/establishments/690000013").sees(http.StatusOK, "jamais vu<")
	admin.get("/establishments/690000047").sees(http.StatusOK, "dossier tardif<", "passage terminé le").hides("silencieux")
	admin.get("/establishments/690000021?lang=en").sees(http.StatusOK, "failed run<")
}

func TestTokenFromThePageEnrols(t *testing.T) { storetest.Each(t, testTokenFromThePageEnrols) }

func testTokenFromThePageEnrols(t *testing.T) {
	s := newSite(t)
	admin := s.signIn(administrator())
	s.Establishment(siteA, "CHU")
	admin.post("/tokens", url.Values{"finess": {string(siteA)}}).sees(http.StatusOK)
	word := regexp.MustCompile(`id="token"[^>]*>(cst1\.[\w-]+)<`).FindStringSubmatch(admin.body)
	if word == nil {
		t.Fatal("no token on the page")
	}
	token, err := wire.ParseToken(word[1])
	if err != nil || token.URL != s.URL || token.CAPin != s.Authority.Pin() {
		t.Errorf("token %+v: %v", token, err)
	}
	admin.get("/agents").sees(http.StatusOK, "Jetons en attente").hides(word[1])
	admin.post("/tokens", url.Values{"finess": {"000000000"}}).sees(http.StatusNotFound)
}

// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/federation"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/web"
)

// providerOf builds the identity provider of the tests and starts it as a process of its
// own, for the pages at an address.
func providerOf(t *testing.T, s *site) (issuer string) {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "provider")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "federation", "testdata", "provider")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	certificate, err := s.Authority.ServerCertificate("localhost").Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"cert.pem": chain, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	at := "localhost:" + port
	process := exec.Command(program, "-listen", at, "-cert", filepath.Join(folder, "cert.pem"), "-key", filepath.Join(folder, "key.pem"), "-redirect", s.url+"/sign-in/oidc/back")
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	for start := time.Now(); ; {
		answer, err := s.Client(nil).Get("https://" + at + "/.well-known/openid-configuration")
		if err == nil {
			answer.Body.Close()
			return "https://" + at
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("the provider does not start: %v", err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// newFederatedSite is a region with an identity provider, which says that it saw a one-time
// code unless it is told otherwise.
func newFederatedSite(t *testing.T) *federatedSite {
	t.Helper()
	f := &federatedSite{}
	f.site = newSiteWith(t, func(s *site, settings *web.Settings) {
		f.issuer = providerOf(t, s)
		groups, err := federation.ParseGroups("analystes = analyst @ region; montagne = rssi @ site:" + string(siteA))
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(s.Authority.PEM()))
		settings.Provider = federation.New(federation.Settings{
			Issuer: f.issuer, ClientID: "carescan", Secret: "agreed", Redirect: s.url + "/sign-in/oidc/back", Authorities: roots,
			ACR: []string{"eidas3"}, AMR: []string{"otp", "hwk"}, GroupsClaim: "groups", Groups: groups,
		})
	})
	return f
}

type federatedSite struct {
	*site
	issuer string
}

// tell has the provider behave in some way.
func (f *federatedSite) tell(form url.Values) {
	f.t.Helper()
	answer, err := f.Client(nil).PostForm(f.issuer+"/control", form)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		f.t.Fatal(answer, err)
	}
	answer.Body.Close()
}

// through goes to the provider, signs in there and comes back.
func (f *federatedSite) through(v *visitor, way string) *visitor {
	f.t.Helper()
	v.get(way)
	at := *v.last.Request.URL
	if at.Path != "/login/username" {
		f.t.Fatalf("the way leads to %s:\n%s", &at, v.body)
	}
	id := at.Query().Get("authRequestID")
	mine := v.url
	v.site = &site{f.Region, f.Pages, f.issuer, f.t}
	v.post("/login/username", url.Values{"username": {"test-user@localhost"}, "password": {"verysecure"}, "id": {id}})
	v.site = &site{f.Region, f.Pages, mine, f.t}
	return v
}

var good = url.Values{"amr": {"pwd otp"}, "groups": {"analystes inconnus"}}

func with(key, value string) url.Values {
	form := url.Values{key: {value}}
	for k, v := range good {
		if !form.Has(k) {
			form[k] = v
		}
	}
	return form
}

// TestIdentityProvider signs people in by a real provider, which then misbehaves.
func TestIdentityProvider(t *testing.T) {
	f := newFederatedSite(t)
	f.fill()
	for name, c := range map[string]struct {
		told url.Values
		want string
	}{
		"one_factor":     {with("amr", "pwd"), "n’atteste pas de second facteur"},
		"no_word_of_it":  {with("amr", ""), "n’atteste pas de second facteur"},
		"other_acr":      {url.Values{"acr": {"eidas1"}, "groups": {"analystes"}}, "n’atteste pas de second facteur"},
		"other_audience": {with("audience", "autre-client"), "n’est pas valable ici"},
		"other_nonce":    {with("nonce", "another"), "n’est pas valable ici"},
		"no_group":       {with("groups", "inconnus"), "aucun de vos groupes n’a de rôle"},
	} {
		t.Run(name, func(t *testing.T) {
			f.tell(c.told)
			f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusForbidden, "Connexion refusée", c.want)
		})
	}
	f.tell(good)
	v := f.through(f.visitor(), "/sign-in/oidc?next=%2Fagents").sees(http.StatusOK, "Agents connus", "Test User")
	v.get("/people").sees(http.StatusForbidden)
	f.tell(url.Values{"acr": {"eidas3"}, "groups": {"montagne"}})
	f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusOK, "CHU de la Montagne").hides("CH de la Vallée")
	v.get("/").sees(http.StatusOK).hides("CH de la Vallée") // groups are read again at each sign-in

	// The provider changes its key: the new one is read when a token bears it.
	form := with("rotate", "second")
	f.tell(form)
	v = f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusOK, "CH de la Vallée")

	// Whoever is kept out here is not let in by the provider.
	admin := f.signIn(administrator())
	at := admin.personOf("test-user@zitadel.ch")
	admin.post(at+"/reset", nil).sees(http.StatusUnprocessableEntity, "par le fournisseur d’identité")
	admin.post(at+"/disable", nil).sees(http.StatusOK)
	v.get("/").sees(http.StatusOK, "Mot de passe")
	f.through(v, "/sign-in/oidc").sees(http.StatusForbidden, "a interdit la connexion")
	admin.get("/audit").sees(http.StatusOK, "connexion par le fournisseur d’identité")
}

// TestAddressTakesNoAccountOver: the provider's word on an address is worth nothing, who
// they are is.
func TestAddressTakesNoAccountOver(t *testing.T) {
	f := newFederatedSite(t)
	f.signIn(administrator())
	f.tell(with("email", administrator().Email))
	f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusForbidden, "déjà celle d’un compte local")
	f.signIn(holder("Ada", "ada@chu.test", access.Analyst, store.PlaceRegion, ""))
	f.tell(good)
	f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusOK)
	f.tell(with("email", "ada@chu.test"))
	f.through(f.visitor(), "/sign-in/oidc").sees(http.StatusOK, "Test User")
	u, err := f.Store.UserByIdentity(t.Context(), f.issuer, "id1")
	if err != nil || u.Email != "test-user@zitadel.ch" {
		t.Errorf("the identity is %q: %v", u.Email, err)
	}
}

// TestProviderThatIsDown is told in plain words, and the region serves without it.
func TestProviderThatIsDown(t *testing.T) {
	s := newSiteWith(t, func(s *site, settings *web.Settings) {
		settings.Provider = federation.New(federation.Settings{Issuer: "https://localhost:1", ClientID: "carescan", Redirect: s.url + "/sign-in/oidc/back"})
	})
	for range 2 {
		s.visitor().get("/sign-in/oidc").sees(http.StatusBadGateway, "Le fournisseur d’identité ne répond pas")
	}
	s.signIn(administrator()).get("/agents").sees(http.StatusOK)
}

// TestStrayAnswers come back without what was asked, or to somebody who asked nothing.
func TestStrayAnswers(t *testing.T) {
	f := newFederatedSite(t)
	f.tell(good)
	f.visitor().get("/sign-in/oidc/back?code=x&state=").sees(http.StatusBadRequest, "a été interrompue")
	v := f.visitor()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.get("/sign-in/oidc").sees(http.StatusSeeOther)
	where, err := url.Parse(v.last.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	q := where.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" || !strings.Contains(q.Get("acr_values"), "eidas3") {
		t.Errorf("asked by %s", where)
	}
	cookie := v.last.Header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly; Secure; SameSite=Lax") || strings.Contains(cookie, q.Get("nonce")) {
		t.Errorf("kept as %s", cookie)
	}
	v.get("/sign-in/oidc/back?state="+q.Get("state")+"&error=access_denied").sees(http.StatusForbidden, "vous l’avez interrompue")
	v.get("/sign-in/oidc/back?state="+q.Get("state")+"&code=x").sees(http.StatusBadRequest, "a été interrompue") // asked once
	v.get("/sign-in/oidc")
	again, _ := url.Parse(v.last.Header.Get("Location"))
	v.get("/sign-in/oidc/back?state="+again.Query().Get("state")+"&code=x").sees(http.StatusForbidden, "n’est pas valable ici")
	v.get("/sign-in/oidc")
	again, _ = url.Parse(v.last.Header.Get("Location"))
	v.get("/sign-in/oidc/back?state="+again.Query().Get("state")+"&code=x&iss=https%3A%2F%2Fother.test").sees(http.StatusForbidden, "n’est pas valable ici")
}

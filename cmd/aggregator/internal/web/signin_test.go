// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

func TestPagesAskForSignIn(t *testing.T) { storetest.Each(t, testPagesAskForSignIn) }

func testPagesAskForSignIn(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/agents", "/audit", "/establishments/690000013", "/establishments/690000013/bundles/x"} {
		v := s.visitor().get(path)
		if v.last.Request.URL.Path != "/sign-in" {
			t.Errorf("%s led a stranger to %s", path, v.last.Request.URL.Path)
		}
	}
}

func TestSignInAndOut(t *testing.T) { storetest.Each(t, testSignInAndOut) }

func testSignInAndOut(t *testing.T) {
	s := newSite(t)
	v, code := s.visitor(), s.invite(administrator())
	secret := v.get("/welcome/" + code).secret()
	v.post("/welcome/"+code, url.Values{"password": {password}, "again": {password}, "code": {v.code(secret, -1)}}).sees(http.StatusOK, "Camille")
	v.get("/welcome/"+code).sees(http.StatusNotFound, "plus valable")
	v.post("/sign-out", nil).sees(http.StatusOK, "Connexion")
	v.get("/").sees(http.StatusOK, "Mot de passe")
	proof := url.Values{"email": {" Camille@ARNASE.test "}, "password": {password}, "code": {v.code(secret, 0)}}
	v.post("/sign-in", proof).sees(http.StatusOK, "Vue de la région")
	s.visitor().post("/sign-in", proof).sees(http.StatusUnauthorized, "Connexion refusée") // the code was used
	deeds, err := s.Store.Deeds(t.Context(), store.Region(), 10)
	if err != nil || len(deeds) != 4 {
		t.Errorf("journal %v, want first sign-in, sign-out, sign-in and a refused one: %v", deeds, err)
	}
}

// TestRefusedSignIns hears one sentence whatever is wrong.
func TestRefusedSignIns(t *testing.T) { storetest.Each(t, testRefusedSignIns) }

func testRefusedSignIns(t *testing.T) {
	s := newSite(t)
	v, link := s.visitor(), s.invite(administrator())
	secret := v.get("/welcome/" + link).secret()
	v.post("/welcome/"+link, url.Values{"password": {password}, "again": {password}, "code": {v.code(secret, -1)}}).sees(http.StatusOK)
	s.invite(reader(siteA)) // has chosen nothing yet
	good := v.code(secret, 0)
	for name, form := range map[string]url.Values{
		"password": {"email": {"camille@arnase.test"}, "password": {"wrong password"}, "code": {good}},
		"code":     {"email": {"camille@arnase.test"}, "password": {password}, "code": {"000000"}},
		"no_code":  {"email": {"camille@arnase.test"}, "password": {password}},
		"unknown":  {"email": {"nobody@arnase.test"}, "password": {password}, "code": {good}},
		"invited":  {"email": {"690000013@chu.test"}, "password": {""}, "code": {good}},
		"nothing":  {},
		"long":     {"email": {strings.Repeat("x", 400)}},
	} {
		t.Run(name, func(t *testing.T) {
			s.visitor().post("/sign-in", form).sees(http.StatusUnauthorized, "Connexion refusée. Vérifiez l’adresse, le mot de passe et le code")
		})
	}
}

func TestTooManySignIns(t *testing.T) { storetest.Each(t, testTooManySignIns) }

func testTooManySignIns(t *testing.T) {
	s := newSite(t)
	v := s.visitor()
	form := url.Values{"email": {"camille@arnase.test"}, "password": {"x"}, "code": {"000000"}}
	for range 5 {
		v.post("/sign-in", form).sees(http.StatusUnauthorized)
	}
	v.post("/sign-in", form).sees(http.StatusTooManyRequests, "Trop de tentatives")
	if v.last.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestWelcomeRefuses(t *testing.T) { storetest.Each(t, testWelcomeRefuses) }

func testWelcomeRefuses(t *testing.T) {
	s := newSite(t)
	v, code := s.visitor(), s.invite(administrator())
	secret := v.get("/welcome/" + code).secret()
	good := v.code(secret, 0)
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"short":     {url.Values{"password": {"court"}, "again": {"court"}, "code": {good}}, "trop court"},
		"simple":    {url.Values{"password": {"aaaaaaaaaaaaaa"}, "again": {"aaaaaaaaaaaaaa"}, "code": {good}}, "trop simple"},
		"different": {url.Values{"password": {password}, "again": {"autre phrase de passe"}, "code": {good}}, "identiques"},
		"code":      {url.Values{"password": {password}, "again": {password}, "code": {"12"}}, "n’est pas celui affiché"},
	} {
		t.Run(name, func(t *testing.T) {
			s.visitor().post("/welcome/"+code, c.form).sees(http.StatusUnprocessableEntity, c.want)
		})
	}
	v.get("/welcome/"+code+"/qr.png").sees(http.StatusOK, "PNG")
	v.get("/welcome/unknown/qr.png").sees(http.StatusNotFound)
	v.post("/welcome/unknown", nil).sees(http.StatusNotFound)
}

func TestProtection(t *testing.T) {
	s := newSite(t)
	v := s.visitor().get("/sign-in").sees(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Security-Policy":   "default-src 'none'",
		"Strict-Transport-Security": "max-age=",
		"X-Content-Type-Options":    "nosniff",
		"Referrer-Policy":           "no-referrer",
		"Cache-Control":             "no-store",
	} {
		if got := v.last.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %q in it", name, got, want)
		}
	}
	v.hides("<script>", "style=", "onclick") // the one script is a file of this server, for passkeys
	v.get("/nowhere").hides("<script")
	v.send(http.MethodPost, "/sign-in", url.Values{}, http.Header{"Sec-Fetch-Site": {"cross-site"}}).sees(http.StatusForbidden)
}

func TestSessionCookie(t *testing.T) {
	s := newSite(t)
	v, code := s.visitor(), s.invite(administrator())
	secret := v.get("/welcome/" + code).secret()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.post("/welcome/"+code, url.Values{"password": {password}, "again": {password}, "code": {v.code(secret, 0)}}).sees(http.StatusSeeOther)
	cookie := v.last.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-carescan=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %q", cookie, want)
		}
	}
	_, token, _ := strings.Cut(strings.SplitN(cookie, ";", 2)[0], "=")
	for _, row := range s.Rows("session")["session"] {
		if strings.Contains(row, token) {
			t.Error("the store keeps the token itself")
		}
	}
}

func TestStyleIsServedUnderItsHash(t *testing.T) {
	s := newSite(t)
	v := s.visitor().get("/sign-in")
	_, rest, _ := strings.Cut(v.body, `<link rel="stylesheet" href="`)
	style, _, _ := strings.Cut(rest, `"`)
	v.get(style).sees(http.StatusOK, "--brand")
	if got := v.last.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control %q", got)
	}
	v.get("/static/0000/style.css").sees(http.StatusNotFound)
}

// TestNewSecretsEndOlderSessions resets a person who is signed in elsewhere.
func TestNewSecretsEndOlderSessions(t *testing.T) { storetest.Each(t, testNewSecretsEndOlderSessions) }

func testNewSecretsEndOlderSessions(t *testing.T) {
	s := newSite(t)
	stolen := s.signIn(administrator())
	stolen.get("/audit").sees(http.StatusOK, "Journal")
	code, err := s.Accounts.Reset(t.Context(), administrator().Email)
	if err != nil {
		t.Fatal(err)
	}
	stolen.get("/audit").sees(http.StatusOK, "Journal") // nothing was chosen yet
	v := s.visitor().get("/welcome/" + code)
	v.post("/welcome/"+code, url.Values{"password": {password}, "again": {password}, "code": {v.code(v.secret(), 0)}}).sees(http.StatusOK)
	stolen.get("/audit").sees(http.StatusOK, "Mot de passe")
}

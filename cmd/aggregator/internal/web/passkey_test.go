// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"context"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/store"
	"carescan/cmd/aggregator/internal/storetest"
)

// browser is a headless Chromium with a virtual authenticator, which holds passkeys and
// says that it has verified its holder.
type browser struct {
	ctx  context.Context
	site *site
	id   webauthn.AuthenticatorID
}

func newBrowser(t *testing.T, s *site) *browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("passkeys are tried in Chromium (Debian package chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// The authority is the aggregator's own; the browser does not know it.
		chromedp.Flag("ignore-certificate-errors", true),
	)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(closeTab)
	// A browser that was told to go writes to its folder for a while yet.
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits; it may be gone already
	b := &browser{ctx: ctx, site: s}
	// The browser lives as long as the context of its first action.
	if err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		if err = webauthn.Enable().Do(ctx); err != nil {
			return err
		}
		b.id, err = webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	})); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return b
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var where, body string
		_ = chromedp.Run(b.ctx, chromedp.Location(&where), chromedp.Text("main", &body, chromedp.ByQuery))
		t.Fatalf("%v, at %s:\n%s", err, where, body)
	}
}

func (b *browser) path(t *testing.T) string {
	t.Helper()
	var where string
	b.do(t, chromedp.Location(&where))
	return strings.TrimPrefix(where, b.site.url)
}

func (b *browser) verified(t *testing.T, yes bool) {
	t.Helper()
	b.do(t, webauthn.SetUserVerified(b.id, yes))
}

// TestPasskeys has somebody choose a passkey by their link, sign in with it, prove it
// before a grave deed, add another and take one away, in a real browser.
func TestPasskeys(t *testing.T) {
	s := newSite(t)
	agent := s.Enrol(s.Establishment(siteA, "CHU").FINESS)
	code := s.invite(administrator())
	b := newBrowser(t, s)
	const button = "button.passkey"
	b.do(t,
		chromedp.Navigate(s.url+"/welcome/"+code), chromedp.WaitVisible(button, chromedp.ByQuery),
		chromedp.SendKeys("#password", password, chromedp.ByQuery), chromedp.SendKeys("#again", password, chromedp.ByQuery),
		chromedp.Click(button, chromedp.ByQuery), chromedp.WaitVisible("code.recovery", chromedp.ByQuery),
	)
	if got := b.path(t); got != "/account/recovery" {
		t.Fatalf("the first sign-in leads to %s", got)
	}
	var recovery string
	b.do(t, chromedp.Text("code.recovery", &recovery, chromedp.ByQuery))
	u, err := s.Store.UserByEmail(t.Context(), administrator().Email)
	if err != nil || u.TOTPSealed != "" || u.PasswordHash == "" {
		t.Fatalf("secrets of %+v: %v", u, err)
	}

	// Nobody signs in without having been verified by their device.
	b.do(t, chromedp.Click(".who button", chromedp.ByQuery), chromedp.WaitVisible(button, chromedp.ByQuery))
	b.verified(t, false)
	b.do(t, chromedp.Click(button, chromedp.ByQuery), chromedp.WaitVisible(".passkey-failed", chromedp.ByQuery))
	b.verified(t, true)
	b.do(t, chromedp.Navigate(s.url+"/sign-in?next=%2Fagents%2F"+agent.ID), chromedp.WaitVisible(button, chromedp.ByQuery), chromedp.Click(button, chromedp.ByQuery), chromedp.WaitVisible(".who", chromedp.ByQuery))
	if got := b.path(t); got != "/agents/"+agent.ID {
		t.Fatalf("the sign-in leads to %s", got)
	}

	// A grave deed asks for it again.
	s.Pages.Later(11 * time.Minute)
	revoke := `document.querySelector('form[action="/agents/` + agent.ID + `/revoke"]').submit()`
	b.do(t,
		chromedp.Evaluate(revoke, nil), chromedp.WaitVisible("form[action='/confirm'] "+button, chromedp.ByQuery),
		chromedp.Click(button, chromedp.ByQuery), chromedp.WaitVisible("#lineage", chromedp.ByQuery),
		chromedp.Evaluate(revoke, nil), chromedp.WaitVisible("#lineage", chromedp.ByQuery), chromedp.WaitNotPresent(`form[action="/agents/`+agent.ID+`/revoke"]`, chromedp.ByQuery),
	)

	// The last second factor stays.
	b.do(t, chromedp.Navigate(s.url+"/account"), chromedp.WaitVisible("#passkeys", chromedp.ByQuery), chromedp.Click(`form[action$="/remove"] button`, chromedp.ByQuery), chromedp.WaitVisible(".notice.bad", chromedp.ByQuery))

	// A recovery code works once, with the password.
	proof := url.Values{"email": {u.Email}, "password": {password}, "code": {strings.ToUpper(recovery)}}
	s.visitor().post("/sign-in", url.Values{"email": {u.Email}, "password": {"une autre phrase"}, "code": {recovery}}).sees(http.StatusUnauthorized)
	v := s.visitor()
	v.post("/sign-in", proof).sees(http.StatusOK, "Vue de la région")
	s.visitor().post("/sign-in", proof).sees(http.StatusUnauthorized)
	v.get("/account").sees(http.StatusOK, "Codes de secours qui restent", "9.", "First passkey")
	v.get("/audit").sees(http.StatusOK, "connexion par clé d’accès", "connexion par code de secours")
}

// TestRefusedPasskeys answers with what is no answer to what was asked.
func TestRefusedPasskeys(t *testing.T) {
	s := newSite(t)
	s.signIn(administrator())
	v := s.visitor().get("/sign-in").sees(http.StatusOK, "passkey.js")
	_, rest, _ := strings.Cut(v.body, `name="ceremony" value="`)
	sealed, _, _ := strings.Cut(rest, `"`)
	sealed = strings.ReplaceAll(sealed, "&#43;", "+")
	for name, form := range map[string]url.Values{
		"no_ceremony": {"passkey": {"{}"}},
		"another":     {"passkey": {"{}"}, "ceremony": {"AAAA"}},
		"no_answer":   {"passkey": {"{}"}, "ceremony": {sealed}},
		"again":       {"passkey": {"{}"}, "ceremony": {sealed}},
	} {
		t.Run(name, func(t *testing.T) {
			s.visitor().post("/sign-in", form).sees(http.StatusUnauthorized, "Connexion refusée")
		})
	}
	for path, want := range map[string]string{"/sign-in": "script-src 'self'; require-trusted-types-for 'script'", "/nowhere": "frame-ancestors 'none'; base-uri 'none'"} {
		if got := s.visitor().get(path).last.Header.Get("Content-Security-Policy"); !strings.HasSuffix(got, want) {
			t.Errorf("%s may run %q", path, got)
		}
	}
}

// TestRecoveryCodes are shown once, and replaced by a person who proves who they are.
func TestRecoveryCodes(t *testing.T) { storetest.Each(t, tryRecoveryCodes) }

func tryRecoveryCodes(t *testing.T) {
	s := newSite(t)
	v, link := s.visitor(), s.invite(holder("Ada", "ada@chu.test", access.Analyst, store.PlaceRegion, ""))
	secret := v.get("/welcome/" + link).secret()
	v.post("/welcome/"+link, url.Values{"password": {password}, "again": {password}, "code": {v.code(secret, -1)}}).sees(http.StatusOK, "Codes de secours")
	first := recoveryOn(t, v)
	v.get("/account/recovery").sees(http.StatusOK, "Votre compte").hides(first)
	proof := url.Values{"email": {"ada@chu.test"}, "password": {password}, "code": {first}}
	v.post("/account/recovery", nil).sees(http.StatusOK, "Codes de secours").hides(first)
	s.visitor().post("/sign-in", proof).sees(http.StatusUnauthorized)
	proof.Set("code", recoveryOn(t, v))
	if !account.IsRecoveryCode(proof.Get("code")) {
		t.Errorf("%q is no recovery code", proof.Get("code"))
	}
	s.visitor().post("/sign-in", proof).sees(http.StatusOK, "Vue de la région")
	for _, row := range s.Rows("recovery_code")["recovery_code"] {
		if strings.Contains(row, strings.ReplaceAll(proof.Get("code"), "-", "")) {
			t.Error("the store keeps the code itself")
		}
	}
}

func recoveryOn(t *testing.T, v *visitor) string {
	t.Helper()
	_, rest, found := strings.Cut(v.body, `<code class="recovery">`)
	code, _, _ := strings.Cut(rest, "<")
	if !found {
		t.Fatalf("no recovery code on the page:\n%s", v.body)
	}
	return code
}

// TestPagesOfPeopleFit looks at the pages of people on a telephone and on a screen: none
// is too wide, each has one heading, and every field and link has a name.
func TestPagesOfPeopleFit(t *testing.T) {
	s := newSite(t)
	s.fill()
	code := s.invite(administrator())
	s.invite(reader(siteA))
	b := newBrowser(t, s)
	const inspect = `({
		Wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
		Headings: document.querySelectorAll("h1").length,
		Unnamed: [...document.querySelectorAll("input:not([type=hidden]), select, a, button")]
			.filter((e) => !(e.labels && e.labels.length) && !e.textContent.trim() && !e.querySelector("img[alt]")).length,
	})`
	look := func(paths ...string) {
		for _, path := range paths {
			for _, width := range []int64{360, 1440} {
				var page struct{ Wide, Headings, Unnamed int }
				b.do(t, chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.url+path), chromedp.Evaluate(inspect, &page))
				if page.Wide > 0 || page.Headings != 1 || page.Unnamed > 0 {
					t.Errorf("%s at %d: %+v", path, width, page)
				}
			}
		}
	}
	look("/sign-in", "/welcome/"+code)
	b.do(t, chromedp.SendKeys("#password", password, chromedp.ByQuery), chromedp.SendKeys("#again", password, chromedp.ByQuery),
		chromedp.Click("button.passkey", chromedp.ByQuery), chromedp.WaitVisible("code.recovery", chromedp.ByQuery))
	look("/people", "/people/"+s.user("690000013@chu.test").ID, "/places", "/account", "/confirm?next=%2F")
}

// SPDX-License-Identifier: Apache-2.0

package journey

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"carescan/scanner"
)

// picturesFolder, when set, is where the pictures of the pages are left.
const picturesFolder = "CARESCAN_PICTURES"

// The widths every page is looked at, in CSS pixels.
var widths = []int64{360, 1440}

// TestPages signs in as a first administrator would, in a real browser, and
// looks at every page in both languages and widths.
func TestPages(t *testing.T) {
	config := hospital(t)
	r := newRegion(t)
	r.serve(t)
	r.welcome(t, finess, "CHU Exemple", config)
	r.command(t, "establishment", "add", "--finess", "990000036", "--name", "Clinique sans agent")
	out := filepath.Join(t.TempDir(), "reports")
	run(t, 1, programs.agent, "scan", "--config", config, "--send", "--quiet", "--format", "html,dossier", "--out", out)
	run(t, 1, programs.agent, "scan", "--config", config, "--lang", "en", "--quiet", "--format", "html,dossier", "--out", out+"-en")
	sealed := readBundle(t, out)

	b := newBrowser(t)
	b.signIn(t, r)
	count := sealed.Run.CountFindings()
	b.overviewShows(t, r, count)
	finding := b.establishmentShows(t, r, count)
	b.look(t, "overview", r.url("/"))
	b.look(t, "establishment", r.url("/establishments/"+finess))
	b.look(t, "establishment-failures", r.url("/establishments/"+finess+"?outcome=fail"))
	b.look(t, "establishment-empty", r.url("/establishments/990000036"))
	b.look(t, "finding", r.url(finding))
	b.look(t, "agents", r.url("/agents"))
	b.look(t, "audit", r.url("/audit"))
	b.look(t, "rounds", r.url("/rounds"))
	b.lookAtFiles(t, "report", out+"/rapport.html", out+"-en/report.html")
	b.lookAtFiles(t, "dossier", out+"/dossier-has.html", out+"-en/has-dossier.html")
	b.signOut(t, r)
	b.look(t, "sign-in", r.url("/sign-in"))
}

func (r *region) url(path string) string { return "https://" + r.webListen + path }

// browser is a headless Chromium of its own.
type browser struct{ ctx context.Context }

func newBrowser(t *testing.T) browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("pages are looked at in Chromium (Debian package chromium)")
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
	// The browser lives as long as the context of its first action.
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return browser{ctx}
}

func (b browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

var welcomeLink = regexp.MustCompile(`https://\S+/welcome/\S+`)

// signIn follows the one-time link of the first administrator: a password, a
// second factor, then an ordinary sign-in with both.
func (b browser) signIn(t *testing.T, r *region) {
	t.Helper()
	const password = "une longue phrase de passe 42"
	link := welcomeLink.FindString(r.command(t, "user", "add", "--admin", "--name", "Administratrice", "--email", "admin@example.test"))
	var secret string
	b.do(t,
		chromedp.EmulateViewport(1440, 900), chromedp.Navigate(link), chromedp.Text("code.secret", &secret, chromedp.ByQuery),
	)
	b.picture(t, "welcome-fr-1440")
	secret = strings.ReplaceAll(strings.TrimSpace(secret), " ", "")
	b.do(t,
		chromedp.SendKeys("#password", password, chromedp.ByQuery), chromedp.SendKeys("#again", password, chromedp.ByQuery),
		chromedp.SendKeys("#code", code(t, secret), chromedp.ByQuery), chromedp.Click("main button", chromedp.ByQuery),
		chromedp.WaitNotPresent("#again", chromedp.ByQuery),
	)
	if b.location(t) != r.url("/") {
		// The link only sets the secrets: sign in with them. A code serves once.
		b.do(t,
			chromedp.Navigate(r.url("/sign-in")), chromedp.SendKeys("#email", "admin@example.test", chromedp.ByQuery),
			chromedp.SendKeys("#password", password, chromedp.ByQuery), chromedp.SendKeys("#code", nextCode(t, secret), chromedp.ByQuery),
			chromedp.Click("main button", chromedp.ByQuery), chromedp.WaitNotPresent("#code", chromedp.ByQuery),
		)
	}
	if got := b.location(t); got != r.url("/") {
		t.Fatalf("after signing in the browser is at %s", got)
	}
}

func code(t *testing.T, secret string) string { return codeAt(t, secret, time.Now()) }

// nextCode is the code of the next half minute, accepted by the usual skew.
func nextCode(t *testing.T, secret string) string {
	return codeAt(t, secret, time.Now().Add(30*time.Second))
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	word, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatalf("code of secret %q: %v", secret, err)
	}
	return word
}

func (b browser) location(t *testing.T) string {
	t.Helper()
	var at string
	b.do(t, chromedp.Location(&at))
	return at
}

func (b browser) text(t *testing.T, selector string) string {
	t.Helper()
	var text string
	b.do(t, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// overviewShows checks that the region's page has the numbers of the bundle.
func (b browser) overviewShows(t *testing.T, r *region, count map[scanner.Outcome]int) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(r.url("/")))
	var row []string
	b.do(t, chromedp.Evaluate(fmt.Sprintf(
		`[...document.querySelector('a[href="/establishments/%s"]').closest("tr").cells].map(c => c.innerText)`, finess), &row))
	want := []int{count[scanner.Fail], count[scanner.Inconclusive], count[scanner.Pass]}
	for i, n := range want {
		if got, _, _ := strings.Cut(row[i+2], "\n"); strings.Fields(got)[0] != strconv.Itoa(n) {
			t.Errorf("column %d of the overview shows %q, the bundle %d", i+2, row[i+2], n)
		}
	}
}

// establishmentShows checks the findings of the page and returns the path of
// the first.
func (b browser) establishmentShows(t *testing.T, r *region, count map[scanner.Outcome]int) (finding string) {
	t.Helper()
	var links []string
	for at := r.url("/establishments/" + finess + "?outcome=fail"); at != ""; { // page after page
		var listed []string
		b.do(t, chromedp.Navigate(at),
			chromedp.Evaluate(`[...document.querySelectorAll("#findings ~ table a, section[aria-labelledby=findings] table a")].map(a => a.getAttribute("href"))`, &listed),
			chromedp.Evaluate(`document.querySelector("a[rel=next]")?.href ?? ""`, &at))
		links = append(links, listed...)
		if len(links) > 2*count[scanner.Fail] {
			t.Fatalf("page after page, %d failures are listed, the bundle has %d", len(links), count[scanner.Fail])
		}
	}
	if len(links) != count[scanner.Fail] {
		t.Errorf("the page lists %d failures, the bundle %d", len(links), count[scanner.Fail])
	}
	if len(links) == 0 {
		t.Fatal("no finding to open")
	}
	b.do(t, chromedp.Navigate(r.url(links[0])))
	if page := b.text(t, "main"); !strings.Contains(page, "sha256:") {
		t.Error("the page of a finding must lead to the bytes it rests on")
	}
	return links[0]
}

// look opens a page in every language and width, and checks what no reader
// should have to bear.
func (b browser) look(t *testing.T, name, page string) {
	t.Helper()
	for _, lang := range scanner.Langs() {
		u, err := url.Parse(page)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set("lang", string(lang))
		u.RawQuery = query.Encode()
		b.lookAt(t, name, u.String(), lang)
	}
}

func (b browser) lookAtFiles(t *testing.T, name, french, english string) {
	t.Helper()
	b.lookAt(t, name, "file://"+french, scanner.French)
	b.lookAt(t, name, "file://"+english, scanner.English)
}

func (b browser) lookAt(t *testing.T, name, address string, lang scanner.Lang) {
	t.Helper()
	for _, width := range widths {
		var page struct {
			Lang, Title                     string
			Headings, Unnamed, Wide, Broken int
		}
		b.do(t, chromedp.EmulateViewport(width, 900), chromedp.Navigate(address), chromedp.Evaluate(inspect, &page))
		where := fmt.Sprintf("%s-%s-%d", name, lang, width)
		if page.Lang != string(lang) || page.Title == "" || page.Headings != 1 {
			t.Errorf("%s: language %q, title %q, %d main headings", where, page.Lang, page.Title, page.Headings)
		}
		if page.Wide > 0 || page.Unnamed > 0 || page.Broken > 0 {
			t.Errorf("%s: %d pixels too wide, %d fields or links without a name, %d broken images", where, page.Wide, page.Unnamed, page.Broken)
		}
		b.picture(t, where)
	}
}

// inspect reads what a machine can judge of a page: its language and title, one
// main heading, every field and link named, nothing wider than the screen.
const inspect = `({
  Lang: document.documentElement.lang,
  Title: document.title,
  Headings: document.querySelectorAll("h1").length,
  Unnamed: [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(f => !f.labels.length && !f.ariaLabel).length
    + [...document.querySelectorAll("a[href], button")].filter(a => !a.textContent.trim() && !a.ariaLabel).length,
  Wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  Broken: [...document.images].filter(i => !i.naturalWidth).length,
})`

// highestPicture is as many pixels as Chromium draws in one picture: a page that is
// longer, as the report of a whole hospital, is cut there.
const highestPicture = 16_000

// picture leaves a picture of the first screen and one of the whole page where
// they were asked for.
func (b browser) picture(t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv(picturesFolder)
	if folder == "" {
		return
	}
	var screen, page []byte
	b.do(t, emulation.SetScrollbarsHidden(true), chromedp.CaptureScreenshot(&screen), chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, _, _, _, content, err := cdppage.GetLayoutMetrics().Do(ctx)
		if err != nil {
			return err
		}
		whole := &cdppage.Viewport{Width: content.Width, Height: min(content.Height, highestPicture), Scale: 1}
		page, err = cdppage.CaptureScreenshot().WithCaptureBeyondViewport(true).WithClip(whole).Do(ctx)
		return err
	}))
	for file, png := range map[string][]byte{name + "-screen.png": screen, name + ".png": page} {
		if err := os.WriteFile(filepath.Join(folder, file), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// signOut leaves, and checks that the pages are closed again.
func (b browser) signOut(t *testing.T, r *region) {
	t.Helper()
	b.do(t, chromedp.Navigate(r.url("/")), chromedp.Click(`form[action="/sign-out"] button`, chromedp.ByQuery), chromedp.WaitVisible("#email", chromedp.ByQuery))
	b.do(t, chromedp.Navigate(r.url("/establishments/"+finess)))
	if at := b.location(t); !strings.Contains(at, "/sign-in") {
		t.Errorf("signed out, the establishment's page still answers at %s", at)
	}
}

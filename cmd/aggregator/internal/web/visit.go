// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/account"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/gate"
	"carescan/cmd/aggregator/internal/ingest"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
)

// visit is one request of a person: who asks, in which language, within which
// scope.
type visit struct {
	w http.ResponseWriter
	*http.Request
	server   *Server
	language scanner.Lang
	user     store.User // zero before sign-in
	rights   access.Rights
	held     store.Scope // where the person may do what the route needs
	scripted bool        // the page asks for a passkey
}

// The refusals that a person is told about by a page of their own.
var (
	errNotFound  = errors.New("not found")
	errForbidden = errors.New("not allowed")
	errBusy      = errors.New("too much is asked at once")
)

const (
	keyUser     = "user"
	keySecrets  = "secrets"
	keyProven   = "proven" // when the second factor was last proven, in seconds
	keyLanguage = "language"
	maxForm     = 16 << 10
	busyWait    = "10" // seconds after which to come again
)

// open lets anyone in.
func (s *Server) open(do func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		v := &visit{w: w, Request: r, server: s, language: s.language(w, r)}
		err := errNotFound
		if isText(r) {
			err = do(v)
		}
		if err != nil {
			v.fail(err)
		}
	})
}

// isText tells whether all that is asked is text: nothing here has a name that is not, and
// PostgreSQL takes none.
func isText(r *http.Request) bool {
	r.FormValue("") // reads the form, whatever its kind
	odd := func(s string) bool { return !utf8.ValidString(s) || strings.Contains(s, "\x00") }
	for name, values := range r.Form {
		if odd(name) || slices.ContainsFunc(values, odd) {
			return false
		}
	}
	return !odd(r.URL.Path)
}

// comeIn lets in who signed in, as they stand in the store now, with the rights that they
// hold at this moment. Others are led to the sign-in.
func (v *visit) comeIn() (in bool, err error) {
	user, err := v.known()
	if errors.Is(err, store.ErrNotFound) {
		http.Redirect(v.w, v.Request, signInFor(v.Request), http.StatusSeeOther)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !gate.Known(v.Context(), user.ID) {
		return false, errBusy
	}
	bindings, err := v.server.store.Bindings(v.Context(), user.ID, time.Now())
	if err != nil {
		return false, err
	}
	v.user, v.rights = user, access.Of(bindings)
	v.w.Header().Set("Cache-Control", "no-store")
	return true, nil
}

// known finds the person of the session, who must still have the secrets they
// signed in with: choosing new ones ends every older session, and so does being kept out.
func (v *visit) known() (store.User, error) {
	sessions := v.server.sessions
	user, err := v.server.store.User(v.Context(), sessions.GetString(v.Context(), keyUser))
	if err == nil && (sessions.GetString(v.Context(), keySecrets) != secretsOf(user) || !user.DisabledAt.IsZero()) {
		return user, store.ErrNotFound
	}
	return user, err
}

// secretsOf tells one choice of secrets from the next, and nothing about them.
func secretsOf(u store.User) string {
	return authority.HashSecret(u.PasswordHash + u.TOTPSealed + u.Epoch)
}

// languages tells which of those we speak a browser prefers (RFC 9110 section 12.5.4).
var languages = language.NewMatcher([]language.Tag{language.French, language.English})

// language is the one asked for in the address, else the one kept in a cookie, else
// the one that the browser prefers, else that of the settings.
func (s *Server) language(w http.ResponseWriter, r *http.Request) scanner.Lang {
	if asked := scanner.Lang(r.URL.Query().Get("lang")); spoken(asked) {
		http.SetCookie(w, &http.Cookie{
			Name: keyLanguage, Value: string(asked), Path: "/", MaxAge: 365 * 24 * 3600,
			Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		return asked
	}
	if cookie, err := r.Cookie(keyLanguage); err == nil && spoken(scanner.Lang(cookie.Value)) {
		return scanner.Lang(cookie.Value)
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(wanted) == 0 {
		return s.settings.Language
	}
	if _, index, confidence := languages.Match(wanted...); confidence > language.No {
		return []scanner.Lang{scanner.French, scanner.English}[index]
	}
	return s.settings.Language
}

func spoken(l scanner.Lang) bool { return l == scanner.French || l == scanner.English }

// scope is where the person may do what the route needs.
func (v *visit) scope() store.Scope { return v.held }

func (v *visit) finess() scanner.FINESS { return scanner.FINESS(v.PathValue("finess")) }

func (v *visit) ip() string {
	host, _, err := net.SplitHostPort(v.RemoteAddr)
	if err != nil {
		return v.RemoteAddr
	}
	return host
}

// audit records what a person did.
func (v *visit) audit(actor, action, object string) error {
	return v.server.store.Audit(v.Context(), store.Deed{At: time.Now(), Actor: actor, IP: v.ip(), Action: action, Object: object})
}

// fail turns an error into a page: a sentence for what a person can know, a
// reference for the rest, whose detail is in the log.
func (v *visit) fail(err error) {
	switch {
	case errors.Is(err, errNotFound) || errors.Is(err, store.ErrNotFound):
		v.problem(http.StatusNotFound, "problem.not_found", "")
	case errors.Is(err, errToken):
		v.w.Header().Set("WWW-Authenticate", "Bearer")
		v.problem(http.StatusUnauthorized, "problem.token", "")
	case errors.Is(err, errTooFast):
		v.w.Header().Set("Retry-After", busyWait)
		v.problem(http.StatusTooManyRequests, "problem.too_fast", "")
	case errors.Is(err, errForbidden):
		v.problem(http.StatusForbidden, "problem.forbidden", "")
	case errors.Is(err, errBusy) || errors.Is(err, account.ErrBusy) || errors.Is(err, ingest.ErrCrowded):
		v.w.Header().Set("Retry-After", busyWait)
		v.problem(http.StatusServiceUnavailable, "problem.busy", "")
	default:
		reference := strings.ToUpper(uuid.NewString()[:8])
		v.server.log.Error("page failed", "pattern", v.Pattern, "reference", reference, "error", err)
		v.problem(http.StatusInternalServerError, "problem.internal", reference)
	}
}

// problemBody is the page of an error.
type problemBody struct {
	Key       string // of the sentence
	Reference string
}

func (v *visit) problem(status int, key, reference string) {
	if err := v.render(status, "problem", problemBody{key, reference}); err != nil {
		v.server.log.Error("problem page failed", "error", err)
		http.Error(v.w, http.StatusText(status), status)
	}
}

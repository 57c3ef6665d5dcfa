// SPDX-License-Identifier: Apache-2.0

package web

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
	"carescan/scanner"
	"carescan/scanner/settings"
)

// The bounds of a token of a program.
const (
	apiTokenPrefix  = "csa_" // so that a token that leaked is recognised by whoever searches for some
	maxAPITokenLife = 366 * 24 * time.Hour
	apiTokenEvery   = time.Second // between requests, on average
	apiTokenBurst   = 60
	maxAPITokens    = 20 // of one person
)

var (
	errToken   = errors.New("no such token")
	errTooFast = errors.New("too many requests with one token")
)

// pace holds the pace of each token that is known; strangers have none.
type pace struct {
	mutex sync.Mutex
	of    map[string]*rate.Limiter
}

func (p *pace) allow(token string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	limiter := p.of[token]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(apiTokenEvery), apiTokenBurst)
		p.of[token] = limiter
	}
	return limiter.Allow()
}

// bearer is the token of a request, empty for a browser.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") { // RFC 9110 section 11.1
		return ""
	}
	return strings.TrimSpace(token)
}

// comeInWith lets a program in with the token of a person, as both stand now: it reads
// inside the place of the token what the person may.
func (v *visit) comeInWith(token string, needs access.Capability) error {
	v.w.Header().Set("Cache-Control", "no-store")
	now := time.Now()
	known, err := v.server.store.APIToken(v.Context(), authority.HashSecret(token), now)
	if errors.Is(err, store.ErrNotFound) {
		return errToken
	}
	if err != nil {
		return err
	}
	if !v.server.pace.allow(known.ID) {
		return errTooFast
	}
	user, err := v.server.store.User(v.Context(), known.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		return errToken
	}
	if err != nil {
		return err
	}
	bindings, err := v.server.store.Bindings(v.Context(), user.ID, now)
	if err != nil {
		return err
	}
	place, err := v.server.store.Place(v.Context(), known.Kind, known.Place)
	if err != nil {
		return err
	}
	v.user, v.rights = user, access.Of(bindings).Within(place, needs)
	v.user.Email += " (" + known.Name + ")" // who the journal names
	return v.server.store.UseAPIToken(v.Context(), known, now)
}

// heldToken is a token as a page shows it.
type heldToken struct{ store.APIToken }

// Where is its place in words.
func (t heldToken) Where() scanner.Text {
	return access.PlaceLabel(store.Binding{Kind: t.Kind, Place: t.Place})
}

// Expired tells whether it opens nothing any more.
func (t heldToken) Expired() bool { return !time.Now().Before(t.ExpiresAt) }

// keyAPIToken is a token that was made and not shown yet, concealed.
const keyAPIToken = "api-token"

func (s *Server) apiTokenCreate(v *visit) error {
	t := store.APIToken{ID: uuid.NewString(), UserID: v.user.ID, Name: strings.TrimSpace(v.PostFormValue("name")), CreatedAt: time.Now()}
	day, err := settings.ParseDay(v.PostFormValue("until"))
	if t.ExpiresAt = day.End(); err != nil || t.Name == "" || len(t.Name) > 60 || t.ExpiresAt.Before(t.CreatedAt) || t.ExpiresAt.After(t.CreatedAt.Add(maxAPITokenLife)) {
		return v.showAccount("apitoken.bad")
	}
	if t.Kind, t.Place, err = access.ParsePlace(v.PostFormValue("at")); err != nil {
		return v.showAccount("people.no_place")
	}
	place, err := s.store.Place(v.Context(), t.Kind, t.Place)
	if err != nil {
		return err
	}
	if place.IsNothing() || !v.rights[access.Evidence].Covers(place) {
		return v.showAccount("people.more")
	}
	held, err := s.store.APITokens(v.Context(), v.user.ID)
	if err != nil {
		return err
	}
	if len(held) >= maxAPITokens {
		return v.showAccount("apitoken.many")
	}
	secret, err := authority.Secret()
	if err != nil {
		return err
	}
	t.Hash = authority.HashSecret(apiTokenPrefix + secret)
	if err := s.store.AddAPIToken(v.Context(), t); err != nil {
		return err
	}
	if err := v.audit(v.user.Email, "create-api-token", t.Name); err != nil {
		return err
	}
	if err := v.keepToShow(keyAPIToken, apiTokenPrefix+secret); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, "/account/tokens/new", http.StatusSeeOther)
	return nil
}

// apiTokenShow shows the token that was just made, once.
func (s *Server) apiTokenShow(v *visit) error {
	var token string
	if kept, err := v.takeToShow(keyAPIToken, &token); err != nil || !kept {
		http.Redirect(v.w, v.Request, "/account", http.StatusSeeOther)
		return err
	}
	return v.show("apitoken", token)
}

func (s *Server) apiTokenRevoke(v *visit) error {
	err := s.store.RevokeAPIToken(v.Context(), v.user.ID, v.PathValue("id"), time.Now())
	return v.changedAccount(err, "revoke-api-token", v.user.Name)
}

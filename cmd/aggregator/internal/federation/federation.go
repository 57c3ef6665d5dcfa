// SPDX-License-Identifier: Apache-2.0

// Package federation lets people in whom the identity provider of a region vouches for
// (OpenID Connect Core 1.0, authorization code flow with PKCE), once the provider says that
// it saw a second factor.
package federation

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// Settings is what a region and its provider agreed on.
type Settings struct {
	Issuer      string // exactly as its tokens name it
	ClientID    string
	Secret      string
	Redirect    string            // where the provider sends people back to
	Authorities *x509.CertPool    // whose certificates the provider may show; nil for those of the system
	ACR, AMR    []string          // any of them says that a second factor was seen
	GroupsClaim string            // which claim names the groups of a person
	Groups      map[string][]Role // what the members of a group may do
}

// Role is a role at a place, given to a group.
type Role struct {
	Role  string
	Kind  store.PlaceKind
	Place string
}

// Why somebody is not let in; each is told in a sentence of its own.
var (
	ErrUnreachable = errors.New("the identity provider does not answer")
	ErrDenied      = errors.New("the identity provider let nobody in")
	ErrForgotten   = errors.New("this is no answer to what was asked")
	ErrToken       = errors.New("the identity provider vouched for nobody here")
	ErrFactor      = errors.New("the identity provider saw no second factor")
)

// The bounds of a conversation with a provider.
const (
	patience  = 10 * time.Second
	maxAnswer = 1 << 20
	maxSkew   = time.Minute // between its clock and ours
	askedLife = 10 * time.Minute
	maxGroups = 500
	maxTalks  = 16               // at once: a crowd of strangers makes no crowd at the provider
	again     = 10 * time.Second // after which a provider that did not answer is asked again
)

// Provider is the identity provider of a region. Its keys are read when they are needed,
// and again when a token bears one that is not known.
type Provider struct {
	settings Settings
	client   *http.Client
	places   chan struct{} // of conversations under way
	mutex    sync.Mutex
	found    *oidc.Provider // nil until it answered once
	failed   time.Time      // when it last did not
}

// New speaks to nobody yet: a provider that is down keeps no region from starting.
func New(s Settings) *Provider {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSClientConfig:       &tls.Config{RootCAs: s.Authorities, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:     true,
		ResponseHeaderTimeout: patience,
	}
	return &Provider{settings: s, client: &http.Client{Transport: bounded{transport}, Timeout: patience}, places: make(chan struct{}, maxTalks)}
}

// bounded reads so much of an answer and no more.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	}
	return answer, err
}

// talk takes a place among those who speak with the provider, and waits for one a while.
func (p *Provider) talk(ctx context.Context) (end func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case p.places <- struct{}{}:
		return func() { <-p.places }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: too many wait for it", ErrUnreachable)
	}
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if time.Since(p.failed) < again {
		return nil, ErrUnreachable
	}
	// The keys are read with this context for as long as the region serves.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.settings.Issuer)
	if err != nil {
		p.failed = time.Now()
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) relying(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.Secret, RedirectURL: p.settings.Redirect,
		Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// Asked is what was asked of the provider, which the browser keeps sealed until it comes
// back.
type Asked struct {
	State    string
	Nonce    string
	Verifier string // RFC 7636
	Next     string // the page to come back to
	Until    time.Time
}

// Ask begins a sign-in: where the browser goes, and what it keeps meanwhile. Anew has the
// provider see the second factor once more, though it knows the person already.
func (p *Provider) Ask(ctx context.Context, next string, anew bool) (where string, a Asked, err error) {
	end, err := p.talk(ctx)
	if err != nil {
		return "", a, err
	}
	defer end()
	found, err := p.discover(ctx)
	if err != nil {
		return "", a, err
	}
	for _, drawn := range []*string{&a.State, &a.Nonce} {
		if *drawn, err = authority.Secret(); err != nil {
			return "", a, err
		}
	}
	a.Verifier, a.Next, a.Until = oauth2.GenerateVerifier(), next, time.Now().Add(askedLife)
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if len(p.settings.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(p.settings.ACR, " ")))
	}
	if anew {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", strconv.Itoa(0)))
	}
	return p.relying(found).AuthCodeURL(a.State, options...), a, nil
}

// Person is whom the provider vouches for.
type Person struct {
	Issuer, Subject string // who they are; no address is
	Name, Email     string
	Roles           []store.Binding // those of their groups
	ProvenAt        time.Time       // when the provider saw the second factor; zero when it does not say
}

// Read reads what a browser brought back from the provider.
func (p *Provider) Read(ctx context.Context, a Asked, answer url.Values) (Person, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	if a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.Get("state"))) != 1 || time.Now().After(a.Until) {
		return Person{}, ErrForgotten
	}
	// RFC 9207: who answers says so, when it does, and it is who was asked.
	if issuer := answer.Get("iss"); issuer != "" && issuer != p.settings.Issuer {
		return Person{}, fmt.Errorf("%w: %q answered", ErrToken, issuer)
	}
	if refusal := answer.Get("error"); refusal != "" {
		return Person{}, fmt.Errorf("%w: %q", ErrDenied, refusal)
	}
	end, err := p.talk(ctx)
	if err != nil {
		return Person{}, err
	}
	defer end()
	found, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	token, err := p.relying(found).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		if _, spoke := errors.AsType[*oauth2.RetrieveError](err); spoke {
			return Person{}, fmt.Errorf("%w: %w", ErrToken, err)
		}
		return Person{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	claims, err := p.verify(ctx, found, token, a)
	if err != nil {
		return Person{}, err
	}
	return p.person(ctx, found, token, claims)
}

// claims is what is read of an ID token.
type claims struct {
	Subject  string   `json:"sub"`
	Party    string   `json:"azp"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
}

// verify tells whether a token is for this region, answers this very question, and says
// that a second factor was seen (OpenID Connect Core 1.0 section 3.1.3.7).
func (p *Provider) verify(ctx context.Context, found *oidc.Provider, token *oauth2.Token, a Asked) (c claims, err error) {
	raw, given := token.Extra("id_token").(string)
	if !given {
		return c, fmt.Errorf("%w: it sent no ID token", ErrToken)
	}
	verifier := found.Verifier(&oidc.Config{ClientID: p.settings.ClientID, Now: func() time.Time { return time.Now().Add(-maxSkew) }})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if err := id.Claims(&c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrToken, err)
	}
	now := time.Now()
	switch {
	case len(id.Audience) != 1, c.Party != "" && c.Party != p.settings.ClientID:
		return c, fmt.Errorf("%w: the token was made for %q, %q", ErrToken, id.Audience, c.Party)
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1:
		return c, fmt.Errorf("%w: the token answers another question", ErrToken)
	case id.IssuedAt.After(now.Add(maxSkew)) || id.IssuedAt.Before(now.Add(-askedLife)):
		return c, fmt.Errorf("%w: the token is of %s", ErrToken, id.IssuedAt.UTC().Format(time.RFC3339))
	case c.Subject == "":
		return c, fmt.Errorf("%w: the token names nobody", ErrToken)
	case !slices.Contains(p.settings.ACR, c.ACR) && !slices.ContainsFunc(c.AMR, func(m string) bool { return slices.Contains(p.settings.AMR, m) }):
		return c, fmt.Errorf("%w: acr %q, amr %q", ErrFactor, c.ACR, c.AMR)
	}
	return c, nil
}

// person asks the provider for the name and the groups of whom a token names.
func (p *Provider) person(ctx context.Context, found *oidc.Provider, token *oauth2.Token, c claims) (Person, error) {
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	if info.Subject != c.Subject {
		return Person{}, fmt.Errorf("%w: it tells of somebody else", ErrToken)
	}
	told := map[string]any{}
	if err := info.Claims(&told); err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrToken, err)
	}
	name, _ := told["name"].(string)
	person := Person{Issuer: p.settings.Issuer, Subject: c.Subject, Name: name, Email: info.Email}
	if c.AuthTime > 0 {
		person.ProvenAt = time.Unix(min(c.AuthTime, time.Now().Unix()), 0)
	}
	list, _ := told[p.settings.GroupsClaim].([]any)
	for _, group := range list[:min(len(list), maxGroups)] {
		named, _ := group.(string)
		for _, role := range p.settings.Groups[named] {
			person.Roles = append(person.Roles, store.Binding{Role: role.Role, Kind: role.Kind, Place: role.Place})
		}
	}
	return person, nil
}

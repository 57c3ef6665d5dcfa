// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// Passkeys lets people in by a passkey: a key that their device holds and uses once it
// has verified who holds it, by a finger or a number. It is both factors at once.
type Passkeys struct {
	accounts *Accounts
	party    *webauthn.WebAuthn
}

// NewPasskeys makes the passkeys of the pages at an address; nil when the address is that
// of a machine without a name, which no passkey can be made for (Web Authentication
// section 5.1.2: the identifier of the relying party is a domain).
func NewPasskeys(a *Accounts, origin string) (*Passkeys, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return nil, fmt.Errorf("read the address of the pages: %w", err)
	}
	if net.ParseIP(u.Hostname()) != nil || u.Hostname() == "" {
		return nil, nil // there is nothing to refuse
	}
	verified := protocol.AuthenticatorSelection{
		ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: a.issuer, RPOrigins: []string{strings.TrimSuffix(origin, "/")},
		AuthenticatorSelection: verified, AttestationPreference: protocol.PreferNoAttestation,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare passkeys: %w", err)
	}
	return &Passkeys{a, party}, nil
}

// ceremonyLife is how long a page waits for its passkey; shorter than attemptWindow, for
// which a challenge that was used is remembered.
const ceremonyLife = 10 * time.Minute

// Ceremony is one use of a passkey, as a page carries it: what its script asks of the
// device, and what the form brings back, which nobody else can read or write.
type Ceremony struct {
	Options string // JSON
	Sealed  string
}

// What a ceremony is for.
const (
	forEntry = "entry"
	forNew   = "new"
)

// sealedCeremony is what a form brings back.
type sealedCeremony struct {
	For     string
	Session webauthn.SessionData
	Until   time.Time
}

// holder is a person as package webauthn asks.
type holder struct {
	store.User
	known []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h holder) WebAuthnName() string                       { return h.Email }
func (h holder) WebAuthnDisplayName() string                { return h.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.known }

func (p *Passkeys) holder(ctx context.Context, u store.User) (holder, error) {
	keys, err := p.accounts.store.Passkeys(ctx, u.ID)
	h := holder{User: u}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(k.Credential), &c); err != nil {
			return h, fmt.Errorf("read a passkey of %s: %w", u.ID, err)
		}
		h.known = append(h.known, c)
	}
	return h, err
}

// Ask begins a sign-in: whoever holds a passkey of these pages may answer.
func (p *Passkeys) Ask() (Ceremony, error) {
	options, session, err := p.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin a sign-in by passkey: %w", err)
	}
	return p.seal(forEntry, options.Response, session)
}

// AskOffered begins the making of a passkey for the person of a link.
func (p *Passkeys) AskOffered(ctx context.Context, o Offer) (Ceremony, error) {
	return p.AskNew(ctx, o.user)
}

// AskNew begins the making of a passkey for a person.
func (p *Passkeys) AskNew(ctx context.Context, u store.User) (Ceremony, error) {
	h, err := p.holder(ctx, u)
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := p.party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.known).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin a passkey: %w", err)
	}
	return p.seal(forNew, options.Response, session)
}

func (p *Passkeys) seal(purpose string, options any, session *webauthn.SessionData) (c Ceremony, err error) {
	raw, err := json.Marshal(options)
	if err != nil {
		return c, fmt.Errorf("write what is asked of a passkey: %w", err)
	}
	kept, err := json.Marshal(sealedCeremony{purpose, *session, time.Now().Add(ceremonyLife)})
	if err != nil {
		return c, fmt.Errorf("keep what is asked of a passkey: %w", err)
	}
	return Ceremony{string(raw), p.accounts.Conceal(purpose, string(kept))}, nil
}

// open reads what a form brought back; ErrRefused for what is none of ours or too old.
func (p *Passkeys) open(purpose, sealed string) (s webauthn.SessionData, err error) {
	raw, err := p.accounts.Reveal(purpose, sealed)
	if err != nil {
		return s, ErrRefused
	}
	var c sealedCeremony
	if err := json.Unmarshal([]byte(raw), &c); err != nil || c.For != purpose || time.Now().After(c.Until) {
		return s, ErrRefused
	}
	return c.Session, nil
}

// spend uses a challenge up, so that an answer that was seen on its way serves nobody.
func (p *Passkeys) spend(ctx context.Context, challenge string) error {
	subject := "challenge " + authority.HashSecret(challenge)
	now := time.Now()
	err := p.accounts.store.ReserveSignIn(ctx, store.Attempt{
		ID: uuid.NewString(), At: now, Subjects: []string{subject},
		Bounds: []store.Bound{{Subject: subject, Since: now.Add(-attemptWindow), Most: 1}},
	}, now.Add(-attemptWindow))
	if errors.Is(err, store.ErrTooMany) {
		return ErrRefused
	}
	return err
}

// SignIn tells whose passkey answered: ErrRefused when none of ours did, ErrTooMany when
// too many from that origin did not.
func (p *Passkeys) SignIn(ctx context.Context, sealed, answer, origin string) (u store.User, err error) {
	session, err := p.open(forEntry, sealed)
	if err != nil {
		return u, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return u, ErrRefused
	}
	now := time.Now()
	subject := "passkey " + origin
	attempt := store.Attempt{ID: uuid.NewString(), At: now, Subjects: []string{subject}}
	// A passkey is not guessed: the bound spares the database, and holds nobody up where they
	// usually come from.
	usual, err := p.accounts.store.IsUsual(ctx, string(parsed.Response.UserHandle), origin, now.Add(-usualFor))
	if err != nil {
		return u, err
	}
	if !usual {
		attempt.Bounds = []store.Bound{{Subject: subject, Since: now.Add(-attemptWindow), Most: maxPerOrigin}}
	}
	if err := p.accounts.store.ReserveSignIn(ctx, attempt, now.Add(-attemptWindow)); err != nil {
		return u, asTooMany(err)
	}
	u, err = p.verify(ctx, session, parsed)
	if err != nil {
		return u, err
	}
	return u, p.accounts.enter(ctx, u, origin, attempt.ID)
}

// Confirm has a person who is signed in prove it by a passkey of theirs.
func (p *Passkeys) Confirm(ctx context.Context, u store.User, sealed, answer string) error {
	session, err := p.open(forEntry, sealed)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return ErrRefused
	}
	found, err := p.verify(ctx, session, parsed)
	if err == nil && found.ID != u.ID {
		return ErrRefused
	}
	return err
}

// verify tells whose passkey gave an answer.
func (p *Passkeys) verify(ctx context.Context, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (u store.User, err error) {
	if err := p.spend(ctx, session.Challenge); err != nil {
		return u, err
	}
	var broken error // of ours, as against an answer that is refused
	credential, err := p.party.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		u, broken = p.accounts.store.User(ctx, string(handle))
		if errors.Is(broken, store.ErrNotFound) {
			broken = nil
			return nil, ErrRefused
		}
		if broken != nil {
			return nil, broken
		}
		var h holder
		h, broken = p.holder(ctx, u)
		return h, broken
	}, session, parsed)
	switch {
	case broken != nil:
		return u, broken
	case err != nil || credential.Authenticator.CloneWarning || !u.DisabledAt.IsZero():
		return store.User{}, ErrRefused
	}
	kept, err := json.Marshal(credential)
	if err != nil {
		return u, fmt.Errorf("write a passkey: %w", err)
	}
	return u, p.accounts.store.UsePasskey(ctx, base64.RawURLEncoding.EncodeToString(credential.ID), string(kept), time.Now())
}

// MadeForOffer reads the passkey that the person of a link made.
func (p *Passkeys) MadeForOffer(ctx context.Context, o Offer, name, sealed, answer string) (store.Passkey, error) {
	return p.Made(ctx, o.user, name, sealed, answer)
}

// Made reads the passkey that a person made, which is not kept yet.
func (p *Passkeys) Made(ctx context.Context, u store.User, name, sealed, answer string) (k store.Passkey, err error) {
	session, err := p.open(forNew, sealed)
	if err != nil {
		return k, err
	}
	if err := p.spend(ctx, session.Challenge); err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return k, ErrRefused
	}
	h, err := p.holder(ctx, u)
	if err != nil {
		return k, err
	}
	credential, err := p.party.CreateCredential(h, session, parsed)
	if err != nil {
		return k, ErrRefused
	}
	kept, err := json.Marshal(credential)
	if err != nil {
		return k, fmt.Errorf("write a passkey: %w", err)
	}
	return store.Passkey{
		ID: base64.RawURLEncoding.EncodeToString(credential.ID), UserID: u.ID, Name: shorten(name),
		Credential: string(kept), CreatedAt: time.Now(),
	}, nil
}

// maxPasskeyName bounds the name of a passkey, in characters.
const maxPasskeyName = 60

func shorten(name string) string {
	letters := []rune(strings.TrimSpace(name))
	return string(letters[:min(len(letters), maxPasskeyName)])
}

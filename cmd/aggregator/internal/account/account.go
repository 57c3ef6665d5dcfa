// SPDX-License-Identifier: Apache-2.0

// Package account is about the people who sign in: how they are invited,
// choose a password, enrol a second factor and prove who they are. There is no
// default password and no account without a second factor.
package account

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/authority"
	"carescan/cmd/aggregator/internal/store"
)

// The refusals a person is told about. Which of their secrets was wrong is
// never among them.
var (
	ErrRefused  = errors.New("sign-in refused")
	ErrTooMany  = errors.New("too many sign-ins")
	ErrBusy     = errors.New("too many passwords are being read")
	ErrLink     = errors.New("the link cannot be used any more")
	ErrPassword = errors.New("the password is too short or too simple")
	ErrAddress  = errors.New("a person needs a name and a plain e-mail address")
	ErrCode     = errors.New("the code is not the one shown now")
)

// LinkLife is how long a one-time link waits.
const LinkLife = 72 * time.Hour

// Accounts invites people and lets them in.
type Accounts struct {
	store   *store.Store
	sealer  cipher.AEAD
	issuer  string
	hashing *hashing
}

// New makes the accounts of a store; secret encrypts second factors at rest,
// and the issuer is what an authenticator application shows.
func New(s *store.Store, secret []byte, issuer string) (*Accounts, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("read account key: %w", err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("read account key: %w", err)
	}
	return &Accounts{s, sealer, issuer, newHashing()}, nil
}

// Person is who is invited.
type Person struct {
	Name      string
	Email     string
	Roles     []store.Binding // the role, the place and the end of each
	GrantedBy string
	Emergency bool // an account to keep in a safe
}

// Invite makes a person known and returns the code of their one-time link.
func (a *Accounts) Invite(ctx context.Context, p Person) (code string, err error) {
	address, err := mail.ParseAddress(p.Email)
	if err != nil || address.Name != "" {
		return "", fmt.Errorf("%w: %q is not a plain e-mail address", ErrAddress, p.Email)
	}
	if strings.TrimSpace(p.Name) == "" {
		return "", ErrAddress
	}
	u, err := newUser(p.Name, address.Address)
	if err != nil {
		return "", err
	}
	u.Emergency = p.Emergency
	roles, err := bind(p.Roles, u.ID, store.ByPerson, p.GrantedBy)
	if err != nil {
		return "", err
	}
	code, link, err := a.newLink(u.ID)
	if err != nil {
		return "", err
	}
	return code, a.store.AddUser(ctx, u, roles, link)
}

func newUser(name, email string) (u store.User, err error) {
	id, err := uuid.NewV7()
	if err != nil {
		return u, fmt.Errorf("name user: %w", err)
	}
	return store.User{
		ID: id.String(), Name: strings.TrimSpace(name), Email: strings.ToLower(email), CreatedAt: time.Now(), Epoch: uuid.NewString(),
	}, nil
}

// bind makes roles those of a person, when each may be held where it is.
func bind(roles []store.Binding, user, origin, by string) (bound []store.Binding, err error) {
	for _, b := range roles {
		if err := access.Check(b); err != nil {
			return nil, err
		}
		b.ID, b.UserID, b.Origin, b.GrantedBy, b.GrantedAt = uuid.NewString(), user, origin, by, time.Now()
		bound = append(bound, b)
	}
	return bound, nil
}

// Grant gives a person one more role.
func (a *Accounts) Grant(ctx context.Context, user string, role store.Binding, by string) error {
	bound, err := bind([]store.Binding{role}, user, store.ByPerson, by)
	if err != nil {
		return err
	}
	return a.store.Grant(ctx, bound[0])
}

// Disable keeps a person out, and ends their sessions at once.
func (a *Accounts) Disable(ctx context.Context, user string) error {
	return a.store.DisableUser(ctx, user, time.Now(), uuid.NewString())
}

// Enable lets a person in again.
func (a *Accounts) Enable(ctx context.Context, user string) error {
	return a.store.DisableUser(ctx, user, time.Time{}, uuid.NewString())
}

// Reset gives a known person a new one-time link. Their present secrets hold
// until it is used.
func (a *Accounts) Reset(ctx context.Context, email string) (code string, err error) {
	u, err := a.store.UserByEmail(ctx, strings.ToLower(email))
	if err != nil {
		return "", err
	}
	federated, err := a.store.IsFederated(ctx, u.ID)
	if err == nil && federated {
		err = ErrFederated
	}
	if err != nil {
		return "", err
	}
	code, link, err := a.newLink(u.ID)
	if err != nil {
		return "", err
	}
	return code, a.store.AddLink(ctx, link)
}

func (a *Accounts) newLink(user string) (code string, l store.Link, err error) {
	code, err = authority.Secret()
	if err != nil {
		return "", l, err
	}
	sealed, err := a.newFactor(user)
	now := time.Now()
	return code, store.Link{
		CodeHash: authority.HashSecret(code), UserID: user, TOTPSealed: sealed, CreatedAt: now, ExpiresAt: now.Add(LinkLife),
	}, err
}

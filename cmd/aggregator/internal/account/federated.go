// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"carescan/cmd/aggregator/internal/store"
)

// Why somebody whom the identity provider vouches for is not let in.
var (
	ErrNoRole    = errors.New("none of their groups has a role here")
	ErrAddressed = errors.New("their address is that of another account")
	ErrFederated = errors.New("they sign in by the identity provider")
)

// Vouched is somebody whom the identity provider vouches for.
type Vouched struct {
	Issuer, Subject string // who they are
	Name, Email     string // how they are called
	Roles           []store.Binding
	Origin          string
}

// EnterVouched lets in whom the identity provider vouches for, with the roles of their
// groups until those are read again. Who comes for the first time becomes known, unless
// an account has their address already: an address proves nothing, and whoever writes
// it at the provider would take the account over.
func (a *Accounts) EnterVouched(ctx context.Context, v Vouched, life time.Duration) (store.User, error) {
	u, err := a.store.UserByIdentity(ctx, v.Issuer, v.Subject)
	if errors.Is(err, store.ErrNotFound) {
		u, err = a.meet(ctx, v)
	}
	if err != nil {
		return u, err
	}
	if !u.DisabledAt.IsZero() {
		return u, ErrRefused
	}
	for i := range v.Roles {
		v.Roles[i].ExpiresAt = time.Now().Add(life)
	}
	roles, err := bind(v.Roles, u.ID, store.ByGroup, v.Issuer)
	if err != nil {
		return u, err
	}
	if err := a.store.RegroupUser(ctx, u.ID, roles); err != nil {
		return u, err
	}
	return u, a.enter(ctx, u, v.Origin, "")
}

// meet makes somebody known who comes for the first time.
func (a *Accounts) meet(ctx context.Context, v Vouched) (u store.User, err error) {
	if len(v.Roles) == 0 {
		return u, ErrNoRole
	}
	address, err := mail.ParseAddress(v.Email)
	if err != nil || address.Name != "" || len(v.Email) > maxEmailLength {
		return u, fmt.Errorf("%w: the identity provider gives %q", ErrAddress, v.Email)
	}
	name := strings.TrimSpace(v.Name)
	if name == "" {
		name = address.Address
	}
	if u, err = newUser(shorten(name), address.Address); err != nil {
		return u, err
	}
	err = a.store.AddFederatedUser(ctx, u, v.Issuer, v.Subject)
	if errors.Is(err, store.ErrExists) {
		return u, ErrAddressed
	}
	return u, err
}

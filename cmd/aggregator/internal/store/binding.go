// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"

	"carescan/scanner"
)

// PlaceKind is a level of the tree that roles are held in: the region, its GHTs, their
// legal entities, and the sites of those. What is held at one is held below it.
type PlaceKind string

// The levels of the tree.
const (
	PlaceRegion PlaceKind = "region"
	PlaceGHT    PlaceKind = "ght"
	PlaceLegal  PlaceKind = "legal"
	PlaceSite   PlaceKind = "site"
)

// Where a binding comes from.
const (
	ByPerson = "person"
	ByGroup  = "group" // of an identity provider, read at each sign-in
)

// Binding is a role that a person holds at a place, for a time.
type Binding struct {
	ID        string
	UserID    string
	Role      string
	Kind      PlaceKind
	Place     string // empty for the region
	Origin    string
	GrantedBy string
	GrantedAt time.Time
	ExpiresAt time.Time // zero for never
	Scope     Scope     // what the place holds now
}

// Expired tells whether a binding gives nothing any more.
func (b Binding) Expired() bool { return !b.ExpiresAt.IsZero() && !time.Now().Before(b.ExpiresAt) }

const selectBinding = `
	SELECT id, user_id, role, place_kind, place_id, origin, granted_by, granted_at, expires_at FROM role_binding WHERE `

// Bindings lists what a person holds at a moment. What has expired is not among it.
func (s *Store) Bindings(ctx context.Context, user string, at time.Time) ([]Binding, error) {
	list, err := many(ctx, s.view(Scope{}), scanBinding, selectBinding+`
		user_id = $1 AND (expires_at = 0 OR expires_at > $2) ORDER BY granted_at, id`, user, stamp(at))
	for i := range list {
		if err != nil {
			break
		}
		list[i].Scope, err = s.Place(ctx, list[i].Kind, list[i].Place)
	}
	return list, wrap(err, "list roles of user %s", user)
}

// AllBindings lists what everybody holds, and held until it expired.
func (s *Store) AllBindings(ctx context.Context) ([]Binding, error) {
	list, err := many(ctx, s.view(Scope{}), scanBinding, selectBinding+`1 = 1 ORDER BY user_id, granted_at, id`)
	return list, wrap(err, "list roles")
}

// Binding finds a role that somebody holds.
func (s *Store) Binding(ctx context.Context, id string) (Binding, error) {
	b, err := one(ctx, s.view(Scope{}), scanBinding, selectBinding+`id = $1`, id)
	if err == nil {
		b.Scope, err = s.Place(ctx, b.Kind, b.Place)
	}
	return b, wrap(err, "find role")
}

// Place tells what a place holds now.
func (s *Store) Place(ctx context.Context, kind PlaceKind, place string) (Scope, error) {
	column := map[PlaceKind]string{PlaceGHT: "ght", PlaceLegal: "legal_finess", PlaceSite: "finess"}[kind]
	switch {
	case kind == PlaceRegion && place == "":
		return Region(), nil
	case column == "" || place == "":
		return Scope{}, nil
	}
	list, err := many(ctx, s.view(Region()), scanString, `SELECT finess FROM establishment WHERE `+column+` = $1`, place)
	numbers := make([]scanner.FINESS, 0, len(list))
	for _, number := range list {
		numbers = append(numbers, scanner.FINESS(number))
	}
	return Sites(numbers...), wrap(err, "find what %s %s holds", kind, place)
}

// Grant gives a role.
func (s *Store) Grant(ctx context.Context, b Binding) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error { return insertBinding(ctx, tx, b) })
	return wrap(err, "give a role to user %s", b.UserID)
}

func insertBinding(ctx context.Context, q querier, b Binding) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO role_binding (id, user_id, role, place_kind, place_id, origin, granted_by, granted_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		b.ID, b.UserID, b.Role, b.Kind, b.Place, b.Origin, b.GrantedBy, stamp(b.GrantedAt), stamp(b.ExpiresAt))
	return err
}

// Withdraw takes a role back.
func (s *Store) Withdraw(ctx context.Context, id string) error {
	return wrap(changedOne(s.change(ctx, Scope{}, `DELETE FROM role_binding WHERE id = $1`, id)), "withdraw role")
}

// RegroupUser gives a person the roles of the groups they belong to now, in place of
// those they belonged to.
func (s *Store) RegroupUser(ctx context.Context, user string, bindings []Binding) error {
	err := s.write(ctx, Scope{}, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM role_binding WHERE user_id = $1 AND origin = 'group'`, user)
		for _, b := range bindings {
			err = errors.Join(err, insertBinding(ctx, tx, b))
		}
		return err
	})
	return wrap(err, "give user %s the roles of their groups", user)
}

func scanBinding(r row) (b Binding, err error) {
	err = r.Scan(&b.ID, &b.UserID, &b.Role, &b.Kind, &b.Place, &b.Origin, &b.GrantedBy, (*moment)(&b.GrantedAt), (*moment)(&b.ExpiresAt))
	return b, err
}

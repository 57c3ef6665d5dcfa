// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carescan/scanner"
)

// ErrExists says that something already bears that name.
var ErrExists = errors.New("already exists")

// AddEstablishment makes an establishment known to the region.
func (s *Store) AddEstablishment(ctx context.Context, e scanner.Establishment, at time.Time) error {
	err := changedOne(s.change(ctx, Region(), `
		INSERT INTO establishment (finess, legal_finess, name, region, created_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (finess) DO NOTHING`,
		e.FINESS, e.LegalFINESS, e.Name, e.Region, stamp(at)))
	if errors.Is(err, ErrNotFound) {
		err = ErrExists
	}
	return wrap(err, "add establishment %s", e.FINESS)
}

var selectEstablishment = `SELECT finess, legal_finess, name, region FROM establishment WHERE ` + within("finess")

// Establishments lists the establishments by name.
func (s *Store) Establishments(ctx context.Context, scope Scope) ([]scanner.Establishment, error) {
	list, err := many(ctx, s.view(scope), scanEstablishment, selectEstablishment+` ORDER BY name, finess`, scope.sees)
	return list, wrap(err, "list establishments")
}

// Establishment finds an establishment.
func (s *Store) Establishment(ctx context.Context, scope Scope, finess scanner.FINESS) (scanner.Establishment, error) {
	e, err := one(ctx, s.view(scope), scanEstablishment, selectEstablishment+` AND finess = $2`, scope.sees, finess)
	return e, wrap(err, "find establishment %s", finess)
}

func scanEstablishment(r row) (e scanner.Establishment, err error) {
	err = r.Scan(&e.FINESS, &e.LegalFINESS, &e.Name, &e.Region)
	return e, err
}

// Home is where an establishment belongs in the tree of the region.
type Home struct {
	scanner.Establishment
	GHT string // empty for none
}

// Homes lists where establishments belong, by GHT, legal entity and name.
func (s *Store) Homes(ctx context.Context, scope Scope) ([]Home, error) {
	list, err := many(ctx, s.view(scope), scanHome, `
		SELECT finess, legal_finess, name, region, ght FROM establishment
		WHERE `+within("finess")+` ORDER BY ght, legal_finess, name, finess`, scope.sees)
	return list, wrap(err, "list where establishments belong")
}

func scanHome(r row) (h Home, err error) {
	err = r.Scan(&h.FINESS, &h.LegalFINESS, &h.Name, &h.Region, &h.GHT)
	return h, err
}

// PlaceEstablishment says where an establishment belongs: to a legal entity and a GHT,
// either of which may be none. A legal entity is in one GHT, with all its sites.
func (s *Store) PlaceEstablishment(ctx context.Context, finess, legal scanner.FINESS, ght string) error {
	err := s.write(ctx, Region(), func(tx *transaction) error {
		if err := changedOne(tx.ExecContext(ctx, `
			UPDATE establishment SET legal_finess = $2, ght = $3 WHERE finess = $1`, finess, legal, ght)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE establishment SET ght = $2 WHERE legal_finess = $1 AND legal_finess <> ''`, legal, ght)
		return err
	})
	return wrap(err, "place establishment %s", finess)
}

// ProfileOf is the profile that the region judges an establishment by; empty for the
// one that its bundles name.
func (s *Store) ProfileOf(ctx context.Context, scope Scope, finess scanner.FINESS) (string, error) {
	profile, err := one(ctx, s.view(scope), scanString, `SELECT profile FROM establishment WHERE `+within("finess")+` AND finess = $2`, scope.sees, finess)
	return profile, wrap(err, "find the profile of establishment %s", finess)
}

// GiveProfile gives an establishment the profile it is judged by from now on.
func (s *Store) GiveProfile(ctx context.Context, finess scanner.FINESS, profile string) error {
	err := changedOne(s.change(ctx, Region(), `UPDATE establishment SET profile = $2 WHERE finess = $1`, finess, profile))
	return wrap(err, "give a profile to establishment %s", finess)
}

// wrap says what was being done when an error came up, if one did.
func wrap(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(doing, args...), err)
}

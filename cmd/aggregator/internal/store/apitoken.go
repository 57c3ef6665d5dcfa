// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// APIToken lets a program of a person read evidence inside a place, until a day.
type APIToken struct {
	ID        string
	UserID    string
	Name      string // that the person gave it
	Hash      string // of the token, which is kept nowhere
	Kind      PlaceKind
	Place     string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}

//nolint:gosec // a query, whose columns are named after what they hold
const selectAPIToken = `
	SELECT id, user_id, name, token_hash, place_kind, place_id, created_at, expires_at, used_at FROM api_token WHERE `

// AddAPIToken records a token.
func (s *Store) AddAPIToken(ctx context.Context, t APIToken) error {
	_, err := s.change(ctx, Scope{}, `
		INSERT INTO api_token (id, user_id, name, token_hash, place_kind, place_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.UserID, t.Name, t.Hash, t.Kind, t.Place, stamp(t.CreatedAt), stamp(t.ExpiresAt))
	return wrap(err, "add token")
}

// APITokens lists the tokens of a person that were not revoked, those that expired too.
func (s *Store) APITokens(ctx context.Context, user string) ([]APIToken, error) {
	list, err := many(ctx, s.view(Scope{}), scanAPIToken, selectAPIToken+`user_id = $1 AND revoked_at = 0 ORDER BY created_at, id`, user)
	return list, wrap(err, "list tokens of user %s", user)
}

// APIToken finds a token that may be used at a moment.
func (s *Store) APIToken(ctx context.Context, hash string, at time.Time) (APIToken, error) {
	t, err := one(ctx, s.view(Scope{}), scanAPIToken, selectAPIToken+`token_hash = $1 AND revoked_at = 0 AND expires_at > $2`, hash, stamp(at))
	return t, wrap(err, "find token")
}

// RevokeAPIToken ends a token of a person.
func (s *Store) RevokeAPIToken(ctx context.Context, user, id string, at time.Time) error {
	err := changedOne(s.change(ctx, Scope{}, `
		UPDATE api_token SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at = 0`, id, user, stamp(at)))
	return wrap(err, "revoke token")
}

// usedStep is how much later a token must be used before that is written.
const usedStep = time.Hour

// UseAPIToken remembers that a token was used, to the hour.
func (s *Store) UseAPIToken(ctx context.Context, t APIToken, at time.Time) error {
	if at.Sub(t.UsedAt) < usedStep {
		return nil
	}
	_, err := s.change(ctx, Scope{}, `UPDATE api_token SET used_at = $2 WHERE id = $1`, t.ID, stamp(at))
	return wrap(err, "use token")
}

func scanAPIToken(r row) (t APIToken, err error) {
	err = r.Scan(&t.ID, &t.UserID, &t.Name, &t.Hash, &t.Kind, &t.Place, (*moment)(&t.CreatedAt), (*moment)(&t.ExpiresAt), (*moment)(&t.UsedAt))
	return t, err
}
